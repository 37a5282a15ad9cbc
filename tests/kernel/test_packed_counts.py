"""Counts share words without touching each other."""

from __future__ import annotations

import numpy as np
import pytest

from headwater.kernel.packed_counts import add_at, bits_for, words_for


@pytest.mark.parametrize(
    ("rows", "bits"), [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3), (2**20 - 1, 20), (2**40, 41)]
)
def test_a_count_has_room_for_all_rows(rows: int, bits: int) -> None:
    assert bits_for(rows) == bits


@pytest.mark.parametrize(
    ("counts", "bits", "words"), [(0, 5, 0), (63, 1, 1), (64, 1, 2), (12, 5, 1), (13, 5, 2)]
)
def test_words_hold_whole_counts_only(counts: int, bits: int, words: int) -> None:
    assert words_for(counts, bits) == words


def test_full_counts_stand_beside_each_other() -> None:
    state = np.zeros(1 + words_for(13, 5), np.int64)
    for place in range(13):
        add_at(state, 1, 5, place, 31)
    assert state.tolist() == [0, 2**60 - 1, 31]
    add_at(state, 1, 5, 11, -31)
    assert state.tolist() == [0, 2**55 - 1, 31]
