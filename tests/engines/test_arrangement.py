"""The order of the kernel: by entity, then time, then sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.engines import arrangement
from headwater.engines.arrangement import entity_codes, order_of

KEYS = st.sampled_from([0, 1, 2, -5, 1_700_000_000_000_000, 2**40, -(2**62), 2**62, 2**63 - 1])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(rows=st.lists(st.tuples(KEYS, KEYS, KEYS), max_size=30))
def test_rows_are_sorted_by_the_first_key_then_the_second_and_stay_in_order(
    rows: list[tuple[int, int, int]],
) -> None:
    keys = [np.array([row[i] for row in rows], np.int64) for i in range(3)]
    expected = sorted(range(len(rows)), key=lambda i: rows[i])
    assert order_of(*keys).tolist() == expected


@pytest.mark.parametrize("width", [2**31 - 1, 2**31, 2**31 + 1, 2**32])
def test_keys_that_barely_fit_one_number_and_those_that_do_not_sort_alike(width: int) -> None:
    first = np.array([width - 1, 0, width - 1, 0, 5], np.int64)
    second = np.array([0, width - 1, -1, 0, width - 2], np.int64)
    assert order_of(first, second).tolist() == [3, 1, 4, 2, 0]


def test_many_rows_are_sorted_digit_by_digit_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    keys = random.integers(-50, 50, 3_000), random.choice([-(2**40), 0, 7, 2**40], 3_000)
    expected = order_of(*keys, np.zeros(3_000, np.int64)).tolist()
    monkeypatch.setattr(arrangement, "_RADIX_FROM", 0)
    assert order_of(*keys, np.zeros(3_000, np.int64)).tolist() == expected
    assert order_of(np.zeros(3, np.int64)).tolist() == [0, 1, 2]


def together(history: pl.Series, spine: pl.Series) -> tuple[list[int], list[int]]:
    """Codes of both; the same code means the same entity."""
    one, other = history.to_frame("k"), spine.to_frame("k")
    events, asked = entity_codes(one, other, ["k"])
    return events.tolist(), asked.tolist()


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Int32, pl.UInt8, pl.Int128, pl.UInt64])
def test_keys_close_together_and_far_apart_get_the_same_codes(dtype: Any) -> None:
    history = pl.Series([7, None, 3, 9, 200, 0], dtype=dtype)
    spine = pl.Series([9, 7, None, 7, 4], dtype=pl.Int64)
    events, asked = together(history, spine)
    assert asked[2] == -1
    assert asked[1] == asked[3] == events[0]
    assert asked[0] == events[3]
    assert len({asked[0], asked[1], asked[4]}) == 3
    assert {asked[0], asked[1], asked[4]} == {0, 1, 2}
    assert [events[i] for i in (1, 2, 4, 5)] == [-1] * 4


def test_keys_of_every_size_are_told_apart() -> None:
    far = pl.Series([-(2**63), 2**63 - 1, 0])
    assert together(far, far) == ([0, 1, 2], [0, 1, 2])
    edge = pl.Series([2**63 - 1, 2**63 - 2])
    assert together(pl.Series([-(2**63), -(2**63) + 1, 0, 2**63 - 1]), edge)[0][:3] == [-1] * 3
    none = pl.Series([None], dtype=pl.Int64)
    assert together(far, none) == ([-1] * 3, [-1])
    assert together(far.clear(), far.clear()) == ([], [])


def test_no_rows_have_no_order() -> None:
    empty = np.zeros(0, np.int64)
    assert order_of(empty, empty).tolist() == []
