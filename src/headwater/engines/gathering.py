"""Values by their positions, for arrays whose gathering is worth several threads."""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.kernel.pool import for_ranges


def gathered(values: Any, positions: Any, threads: int = 1) -> Any:
    """`values[positions]`.

    Args:
        values: Of one dimension; not empty, unless no position is asked.
        positions: Int64, of one dimension or two; one outside stands for the nearest end.
        threads: How many to use.
    """
    found = np.empty(positions.shape, values.dtype)
    for own, into in zip(np.atleast_2d(positions), np.atleast_2d(found), strict=True):
        gather(values, own, into, threads)
    return found


def gather(values: Any, positions: Any, into: Any, threads: int = 1) -> None:
    """The same for one row of positions along the first axis, written into an array."""

    def part(start: int, stop: int) -> None:
        values.take(positions[start:stop], axis=0, out=into[start:stop], mode="clip")

    for_ranges(part, len(positions), threads)
