"""The order of the kernel: by entity, then time, then sequence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.engines.arrangement import order_of

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


def test_no_rows_have_no_order() -> None:
    empty = np.zeros(0, np.int64)
    assert order_of(empty, empty).tolist() == []
