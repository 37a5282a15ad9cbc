"""What decides the room of weights that halve: rows that count, and how far they lie apart."""

from __future__ import annotations

import numpy as np
import pytest

from headwater.kernel.halvings import DEEPEST, depth_of


@pytest.mark.parametrize(
    ("times", "depth"),
    [
        ([], 0),
        ([5], 0),
        ([0, 29], 0),
        ([29, 30], 1),
        ([-1, 0], 1),
        ([-300, 30], DEEPEST),
        ([0, 30 * DEEPEST], DEEPEST),
    ],
)
def test_the_depth_is_the_blocks_between_the_oldest_and_the_newest(
    times: list[int], depth: int
) -> None:
    """A block is thirty half-lives, here of a microsecond; a row that does not count has none."""
    time = np.array([-(2**60), *times, 2**60], np.int64)
    valid = np.array([False, *(True for _ in times), False])
    assert depth_of(time, np.array([1.0]), valid, 0, len(time)) == depth
