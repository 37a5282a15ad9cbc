"""Sorting in buckets equals a stable sort by comparing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from headwater.engines.ordering import SORT, dealt
from headwater.kernel.compile import compiled
from headwater.kernel.sorting import FEW, sort_buckets


def sorted_in_buckets(
    high: Any, low: Any, least: int, bits: int, *, threads: int = 1
) -> tuple[list[int], list[int]]:
    """Positions and lower numbers of the rows from `least` on, by that many bits of buckets."""
    lowest, low_bits = int(low.min()), int(low.max() - low.min()).bit_length()
    high_bits = int(high.max() - least).bit_length()
    bits = min(bits, high_bits + low_bits)
    about = np.array([least, lowest, low_bits, high_bits + low_bits - bits])
    keys, order, stops = dealt(high, low, about, buckets=1 << bits, threads=threads)
    starts = np.concatenate([[0], stops[:-1]])
    buckets = np.stack([starts, stops, np.arange(len(stops))], axis=1)
    compiled(sort_buckets, SORT)(about, keys, order, buckets)
    return order[: stops[-1]].tolist(), keys[: stops[-1]].tolist()


@pytest.mark.parametrize("bits", [0, 1, 3, 9, 12])
@pytest.mark.parametrize("size", [1, 2, FEW, 700])
def test_rows_are_sorted_by_both_numbers_and_equal_ones_keep_their_order(
    size: int, bits: int
) -> None:
    random = np.random.default_rng(size + bits)
    high = random.choice([-3, 4, 5, 11], size)
    low = random.choice([-(2**40), 7, 8, 300, *random.integers(0, 1 << 45, 20)], size)
    high[0] = 5
    expected = [i for i in np.lexsort([low, high]).tolist() if high[i] >= 4]
    for threads in (1, 2, 3):
        order, lower = sorted_in_buckets(high, low, 4, bits, threads=threads)
        assert order == expected
        assert lower == low[expected].tolist()


def test_rows_that_are_sorted_already_stay_where_they_are() -> None:
    high, low = np.repeat(np.arange(3), 50), np.tile(np.arange(50), 3)
    assert sorted_in_buckets(high, low, 0, 1) == (list(range(150)), low.tolist())


def test_an_odd_and_an_even_number_of_digits_end_in_the_same_arrays() -> None:
    falling, high = np.arange(100)[::-1].copy(), np.zeros(100, np.int64)
    for spread in (1, 1 << 10, 1 << 20):
        order, lower = sorted_in_buckets(high, falling * spread, 0, 0)
        assert order == list(range(99, -1, -1))
        assert lower == (np.arange(100) * spread).tolist()
