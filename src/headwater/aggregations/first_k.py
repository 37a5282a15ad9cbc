"""FirstK: the oldest values, as a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headwater.aggregations.last_k import LastK
from headwater.kernel.nearest_rows import listed_rows, oldest_rows


@dataclass(frozen=True, slots=True)
class FirstK(LastK):
    """The values of the `k` oldest visible rows, the oldest first; fewer where there are.

    Nulls are skipped, NaN is a value; empty input gives null, not an empty list; order is that of
    event time. A value in the list whose row ties with one of another value stops the build (HW404)
    until the source declares a `sequence`, also where the other is left out.

    Args:
        k: How many, 1 to 1000.

    >>> FirstK("price", 3).label
    ('3',)
    """

    merge = staticmethod(oldest_rows)

    @staticmethod
    def result(state: Any, x: Any, parameters: Any, scale: int, into: Any) -> tuple[int, int]:
        """The rows of the state."""
        return listed_rows(state, into, False)
