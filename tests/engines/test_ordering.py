"""Positions sorted by whole numbers of any size, few rows and many alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.engines import ordering
from headwater.engines.ordering import order_of, rows_of

KEYS = st.sampled_from([0, 1, 2, -5, 1_700_000_000_000_000, 2**40, -(2**62), 2**62, 2**63 - 1])
ROWS = st.lists(st.tuples(KEYS, KEYS, KEYS), max_size=30)
EMPTY = np.zeros(0, np.int64)


@pytest.fixture(params=["few", "many"])
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "many":
        monkeypatch.setattr(ordering, "_MANY", 1)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(rows=ROWS, many=st.sampled_from([1, 100]))
def test_rows_are_sorted_by_the_first_key_then_the_second_and_stay_in_order(
    rows: list[tuple[int, int, int]], many: int
) -> None:
    keys = [np.array([row[i] for row in rows], np.int64) for i in range(3)]
    expected = sorted(range(len(rows)), key=lambda i: rows[i])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "_MANY", many)
        assert order_of(*keys).tolist() == expected


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("width", [2**31 - 1, 2**31, 2**31 + 1, 2**32])
def test_keys_that_barely_fit_one_number_and_those_that_do_not_sort_alike(width: int) -> None:
    first = np.array([width - 1, 0, width - 1, 0, 5], np.int64)
    second = np.array([0, width - 1, -1, 0, width - 2], np.int64)
    assert order_of(first, second).tolist() == [3, 1, 4, 2, 0]


@pytest.mark.parametrize("span", [2**36, 2**37, 2**38, 2**62, 2**63 - 1])
def test_two_keys_that_leave_too_much_to_sort_in_a_bucket_are_compared(
    span: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "_MANY", 1)
    first = np.array([2**36, 0, 2**36, 0, 7], np.int64)
    second = np.array([5, span, -1, 5, 0], np.int64)
    assert order_of(first, second).tolist() == [3, 1, 4, 2, 0]
    rows, seconds = rows_of(first - 1, second)
    assert rows.tolist() == [4, 2, 0]
    assert seconds.tolist() == [0, -1, 5]


@pytest.mark.parametrize("threads", [1, 3])
def test_many_rows_are_sorted_in_buckets_as_few_are(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(3)
    keys = (
        random.integers(-50, 50, 3_000),
        random.choice([-(2**40), 0, 7, 2**40], 3_000),
        random.integers(0, 3, 3_000),
        np.zeros(3_000, np.int64),
    )
    expected = order_of(*keys).tolist()
    monkeypatch.setattr(ordering, "_MANY", 0)
    assert order_of(*keys, threads=threads).tolist() == expected
    assert order_of(*keys[:1]).tolist() == np.argsort(keys[0], kind="stable").tolist()
    assert order_of(np.zeros(3, np.int64)).tolist() == [0, 1, 2]


@pytest.mark.usefixtures("both")
def test_keys_that_differ_in_all_of_their_bits_are_sorted_to_an_end() -> None:
    first = np.arange(10_000) % 20 * 100
    second = np.random.default_rng(5).integers(0, 1 << 60, 10_000)  # as codes of floats are
    assert order_of(first, second).tolist() == np.lexsort([second, first]).tolist()


@pytest.mark.usefixtures("both")
def test_rows_without_a_code_are_left_out() -> None:
    codes, times = np.array([1, -1, 0, 1, -1]), np.array([7, 0, 9, -3, 2])
    rows, sorted_times = rows_of(codes, times)
    assert rows.tolist() == [2, 3, 0]
    assert sorted_times.tolist() == [9, -3, 7]
    none = rows_of(np.array([-1, -1]), np.array([1, 2]))
    assert [one.tolist() for one in none] == [[], []]


@pytest.mark.parametrize("many", [0, 100])
def test_no_rows_have_no_order(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "_MANY", many)
    assert order_of(EMPTY, EMPTY).tolist() == []
    found: Any = rows_of(EMPTY, EMPTY)
    assert [len(one) for one in found] == [0, 0]
