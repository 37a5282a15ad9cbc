"""Unique: combinations that repeat, exactly."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater as hw
from headwater.engines.checking import check_rows

NAN = float("nan")
VALUES = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.5, NAN, float("inf")]))
WORDS = st.one_of(st.none(), st.sampled_from(["", "a", "ä", "日本"]))


def broken(values: dict[str, list[Any]], **types: Any) -> int:
    rows = pl.DataFrame(values, schema_overrides=types)
    return check_rows(hw.Unique(*values), rows, source="s").broken


def test_all_but_one_of_equal_rows_are_counted() -> None:
    assert broken({"date": [1, 1, 1, 2, 2, 3], "flight": [7, 7, 7, 7, 7, 7]}) == 3


def test_parts_are_compared_together_not_one_by_one() -> None:
    assert broken({"a": [1, 1, 2], "b": [1, 2, 1]}) == 0


def test_a_null_in_any_part_is_not_compared() -> None:
    assert broken({"a": [None, None, 1, 1], "b": [1, 1, None, None]}) == 0


def test_nan_equals_nan_and_both_zeros_are_one() -> None:
    assert broken({"a": [NAN, NAN]}) == 1
    assert broken({"a": [0.0, -0.0]}) == 1
    assert broken({"a": [0.0, -0.0], "b": ["x", "x"]}) == 1


def test_integers_beyond_what_floats_hold_are_told_apart() -> None:
    assert broken({"a": [2**53, 2**53 + 1]}) == 0


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["b", "a"]), pl.String])
def test_text_of_any_type_is_compared(dtype: Any) -> None:
    assert broken({"a": ["a", "b", "a"]}, a=dtype) == 1


def test_lists_and_structs_are_compared() -> None:
    assert broken({"a": [[1, 2], [1, 2], [2, 1]]}) == 1
    assert broken({"a": [{"x": 1}, {"x": 1}, {"x": 2}]}) == 1


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(VALUES, WORDS), max_size=12))
def test_it_counts_what_a_set_of_the_rows_lacks(rows: list[tuple[Any, Any]]) -> None:
    whole = [row for row in rows if None not in row]
    keys = {("nan" if a != a else a + 0.0, b) for a, b in whole}  # -0.0 + 0.0 is 0.0
    values = {"a": [a for a, _ in rows], "b": [b for _, b in rows]}
    assert broken(values, a=pl.Float64, b=pl.String) == len(whole) - len(keys)
