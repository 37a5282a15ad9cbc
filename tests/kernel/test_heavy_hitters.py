"""Cells, what is read off them, and the list of what was found."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.kernel.hashing import hash_words
from headwater.kernel.heavy_hitters import (
    estimate,
    lift_hash,
    majority,
    most_frequent_hashes,
    offer,
    prepare_cells,
)


def folded(x: np.ndarray, k: int, width: int) -> tuple[int, list[tuple[int, int]], int]:
    """The status, hashes with counts, and the words of the state."""
    parameters, index = np.array([float(width)]), np.unique(x, return_index=True)[1]
    valid = np.ones(len(x), np.bool_)
    scale, words = prepare_cells(x, parameters, index, valid, 0, len(x))
    state, into = np.zeros(words, np.int64), np.zeros(2 * k, np.int64)
    for i in range(len(x)):
        one = np.zeros(words, np.int64)
        lift_hash(one, x, parameters, index, i, scale)
        state += one
    for hashed in set(x.tolist()):
        assert estimate(state, np.int64(hashed), scale) >= (x == hashed).sum()
    status, found = most_frequent_hashes(state, x, parameters, index, scale, into)
    items = zip(x[into[: 2 * found : 2]], into[1 : 2 * found : 2], strict=True)
    return int(status), [(int(hashed), int(count)) for hashed, count in items], words


def test_frequent_hashes_are_found_with_their_counts() -> None:
    x = hash_words(np.repeat(np.arange(9), [50, 1, 40, 2, 30, 3, 20, 4, 5]))
    first, second, third = hash_words(np.array([0, 2, 4])).tolist()
    assert folded(x, 3, 16)[:2] == (1, [(first, 50), (second, 40), (third, 30)])
    assert folded(x, 1, 16)[:2] == (1, [(first, 50)])


def test_of_no_row_there_is_no_result() -> None:
    assert folded(np.zeros(0, np.int64), 3, 4) == (0, [], 1 + 3 * 4)


def test_two_that_outweigh_each_other_everywhere_are_not_found() -> None:
    both = np.array([0, 1 << 24], np.int64)  # the same cells, one bit apart
    assert folded(both, 3, 4)[:2] == (1, [])
    assert folded(np.repeat(both, [2, 1]), 3, 4)[:2] == (1, [(0, 2)])


def test_what_is_read_off_is_only_taken_where_it_belongs() -> None:
    # 0 outweighs the other in two lines; in the third, the other one is alone in a cell
    x = np.repeat(np.array([0, 3 | 1 << 30], np.int64), [3, 2])
    assert folded(x, 3, 4)[1] == [(0, 3), (3 | 1 << 30, 2)]


def test_the_sign_of_a_hash_is_read_too() -> None:
    x = np.array([-(2**63), 2**63 - 1, -1], np.int64)
    for hashed in x:
        assert folded(np.array([hashed]), 1, 4)[1] == [(int(hashed), 1)]
    assert majority(np.zeros(1, np.int64), 0, 1) == (False, 0)


def test_the_same_upper_bits_in_another_cell_are_another_value() -> None:
    x = np.array([1 << 40, (1 << 40) + 1, (1 << 40) + 1], np.int64)
    assert folded(x, 3, 4)[1] == [((1 << 40) + 1, 2), (1 << 40, 1)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), max_size=25), st.integers(1, 5))
@settings(derandomize=True, deadline=None)
def test_the_best_that_were_offered_are_kept_in_order(
    offers: list[tuple[int, int]], most: int
) -> None:
    first: dict[int, int] = {}
    into, found, x = np.zeros(2 * most, np.int64), 0, np.arange(10)[::-1].copy()
    for row, count in offers:
        count = first.setdefault(row, count)
        found = offer(into, found, x, row, count)
    expected = sorted(first.items(), key=lambda pair: (-pair[1], int(x[pair[0]])))[:most]
    pairs = zip(into[: 2 * found : 2].tolist(), into[1 : 2 * found : 2].tolist(), strict=True)
    assert list(pairs) == expected
