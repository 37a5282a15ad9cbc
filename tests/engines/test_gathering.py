"""Gathering with threads is indexing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from headwater.engines.gathering import gather, gathered


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("shape", [(0,), (3,), (200_000,), (2, 70_000)])
def test_values_come_in_the_order_of_their_positions(threads: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(7)
    values, positions = random.normal(size=1_000), random.integers(0, 1_000, shape)
    assert np.array_equal(gathered(values, positions, threads), values[positions])


def test_a_position_outside_stands_for_the_nearest_end() -> None:
    values: Any = np.array([10, 11, 12])
    assert gathered(values, np.array([-1, 3, 1])).tolist() == [10, 12, 11]


def test_rows_of_items_are_gathered_whole() -> None:
    values, positions = np.arange(12).reshape(4, 3), np.array([3, 0])
    into = np.empty((2, 3), np.int64)
    gather(values, positions, into)
    assert into.tolist() == [[9, 10, 11], [0, 1, 2]]
