"""Registers, the larger of two, and what they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.kernel.hashing import hash_words
from headwater.kernel.hyperloglog import (
    HELD,
    MOST,
    ROOM,
    count_rank,
    distinct_hashes,
    distinct_of_ranks,
    empty_share,
    greatest_rank,
    larger_registers,
    lift_hash,
    prepare_ranks,
    prepare_registers,
)

RANKS = st.lists(st.integers(0, MOST), min_size=HELD, max_size=HELD)


def packed(ranks: list[int]) -> np.ndarray:
    return np.array([sum(rank << (ROOM * k) for k, rank in enumerate(ranks))], np.int64)


@given(RANKS, RANKS)
@settings(derandomize=True, deadline=None)
def test_of_each_two_registers_the_larger_is_kept(left: list[int], right: list[int]) -> None:
    into = np.zeros(1, np.int64)
    larger_registers(into, packed(left), packed(right), None, None)
    assert into[0] == packed(list(map(max, left, right)))[0]


def test_a_register_keeps_the_place_of_the_first_one() -> None:
    x = np.array([0b1_0101, 0b100_0101, 5, -(2**63) + 5])
    found = []
    for i in range(4):
        state = np.zeros(2, np.int64)
        lift_hash(state, x, i, 4)
        found.append(state.tolist())
    assert found == [[1 << 30, 0], [3 << 30, 0], [31 << 30, 0], [31 << 30, 0]]


def test_the_words_of_a_state_hold_ten_registers_each() -> None:
    words = [prepare_registers(None, np.array([float(p)]), None, 0, 9)[1] for p in (4, 8, 14)]
    assert words == [2, 26, 1_639]


@pytest.mark.parametrize("number", [0, 1, 2, 10, 100, 1_000, 20_000])
def test_the_estimate_is_within_two_standard_errors(number: int) -> None:
    scale, words = prepare_registers(None, np.array([8.0]), None, 0, number)
    x, state, one = hash_words(np.arange(number)), np.zeros(words, np.int64), None
    for i in range(number):
        one = np.zeros(words, np.int64)
        lift_hash(one, x, i, scale)
        larger_registers(state, state, one, x, None)
    status, found = distinct_hashes(state, x, scale)
    assert status == 1
    assert abs(found - number) <= 2 * 0.065 * number


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30), st.integers(0, 30))
@settings(derandomize=True, deadline=None)
def test_counts_of_ranks_forget_and_give_what_registers_give(hashes: list[int], left: int) -> None:
    x, parameters = np.array(hashes, np.int64), np.array([4.0])
    scale, words = prepare_ranks(x, parameters, None, 0, len(x))
    counts = np.zeros(words, np.int64)
    for i in range(len(x)):
        count_rank(counts, x, i, scale, 1)
    for i in range(min(left, len(x))):
        count_rank(counts, x, i, scale, -1)
    registers = np.zeros(2, np.int64)
    for i in range(left, len(x)):
        one = np.zeros(2, np.int64)
        lift_hash(one, x, i, 4)
        larger_registers(registers, registers, one, x, None)
    assert distinct_of_ranks(counts, x, scale) == distinct_hashes(registers, x, 4)


def test_the_greatest_rank_is_found_in_any_word() -> None:
    for rank in range(1, MOST + 1):
        x = np.array([1 << (rank + 3)], np.int64)
        scale, words = prepare_ranks(x, np.array([4.0]), None, 0, 5_000)
        counts = np.zeros(words, np.int64)
        count_rank(counts, x, 0, scale, 1)
        assert greatest_rank(counts, 0, words // 16, 13) == rank
        assert greatest_rank(counts, words // 16, words // 16, 13) == 0


def test_what_no_hash_has_met_is_a_series() -> None:
    assert empty_share(0.0) == 0.0
    assert empty_share(0.5) == sum(0.5 ** (2**k) * 2.0 ** (k - 1) for k in range(1, 9)) + 0.5
