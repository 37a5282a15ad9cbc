"""What the reference makes of values, by cases computed by hand."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import DataError, SpecError
from headwater.testing.reference import Feature, Value, enrich
from headwater.testing.reference_values import AGGREGATIONS

LARGEST = 1.7976931348623157e308


def bits(value: Any) -> str:
    """Tells NaN, -0.0, 0, 0.0 and False apart, and equals itself."""
    return repr(value)


def answer(aggregation: str, values: list[Any]) -> Value:
    """The aggregation over all history, of rows at 0, 1, 2, ... with these values."""
    rows = [{"id": "a", "e": i, "v": value} for i, value in enumerate(values)]
    (value,) = enrich(
        [{"id": "a", "t": 1_000}],
        rows,
        entity=("id",),
        as_of="t",
        event_time="e",
        sequence=None,
        feature=Feature(aggregation, "v", None, ()),
    )
    return value


@pytest.mark.parametrize("aggregation", sorted(AGGREGATIONS))
def test_no_rows_and_only_nulls_give_the_empty_result(aggregation: str) -> None:
    expected = 0 if aggregation in ("count", "count_distinct") else None
    assert answer(aggregation, []) == expected
    assert answer(aggregation, [None, None]) == expected


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("aggregation", "values", "expected"),
    [
        ("count", [1.0, None, NAN], 2),
        ("count", ["a", "", None], 2),
        ("count_distinct", ["a", "", None, "a"], 2),
        ("count_distinct", [1.5, NAN, -NAN, None, 1.5], 2),
        ("count_distinct", [0.0, -0.0], 1),
        ("count_distinct", [2**53, 2**53 + 1], 2),
        ("count_distinct", ["Zürich", "Zu\u0308rich"], 2),
        ("count_distinct", [True, False, True], 2),
        ("count_distinct", [INF, -INF, INF], 2),
        ("sum", [1, 2, None, 3], 6),
        ("sum", [True, False, True], 2),
        ("sum", [2**53, 1, 1], 2**53 + 2),
        ("sum", [2**63 - 1, 5, -5], 2**63 - 1),
        ("sum", [-(2**63)], -(2**63)),
        ("sum", [1e16, 1.0, -1e16], 1.0),
        ("sum", [0.1] * 10, 1.0),
        ("sum", [0.1, 0.2, 0.3], 0.6),
        ("sum", [1e300, 1e-300, -1e300], 1e-300),
        ("sum", [5e-324, 5e-324], 1e-323),
        ("sum", [-0.0], 0.0),
        ("sum", [3.5, -3.5], 0.0),
        ("sum", [1e308, 1e308], INF),
        ("sum", [-1e308, -1e308], -INF),
        ("sum", [1.7e308, 1.7e308, -1.7e308], 1.7e308),
        ("sum", [LARGEST, 2.0**969], LARGEST),
        ("sum", [LARGEST, 2.0**970], INF),
        ("sum", [1.0, NAN], NAN),
        ("sum", [1e308, 1e308, -INF], -INF),
        ("sum", [INF, INF], INF),
        ("sum", [INF, -INF], NAN),
        ("mean", [1, 2], 1.5),
        ("mean", [True, False, False, True], 0.5),
        ("mean", [2**63 - 1, 2**63 - 1], 2.0**63),
        ("mean", [1e308, 1.5e308], 1.25e308),
        ("mean", [1e16, 1.0, -1e16, 0.0], 0.25),
        ("mean", [5e-324, 1e-323], 1e-323),
        ("mean", [-5e-324, 0.0], 0.0),
        ("mean", [1.0, INF], INF),
        ("mean", [-INF, INF], NAN),
        ("mean", [NAN], NAN),
        ("variance", [1.0], None),
        ("variance", [NAN], None),
        ("variance", [1.0, None, 3.0], 2.0),
        ("variance", [7.0, 7.0, 7.0], 0.0),
        ("variance", [1, 2, 3, 4], 5 / 3),
        ("variance", [1e8 + 1, 1e8 + 2, 1e8 + 3], 1.0),
        ("variance", [1e15, 1e15 + 0.5], 0.125),
        ("variance", [1e300, -1e300], INF),
        ("variance", [1e-300, -1e-300], 0.0),
        ("variance", [1.0, INF], NAN),
        ("variance", [1.0, NAN], NAN),
        ("std", [1.0], None),
        ("std", [1.0, 3.0], 1.4142135623730951),
        ("std", [1e8 + 1, 1e8 + 2, 1e8 + 3], 1.0),
        ("std", [1e8, 1e8 + 0.5], 0.3535533905932738),
        ("std", [1e300, -1e300], 1.4142135623730951e300),
        ("std", [3e-300, 1e-300, -1e-300, -3e-300, 0.0], 2.23606797749979e-300),
        ("std", [0.0, 5e-324], 5e-324),
        ("std", [2**53 + 1, 2**53 + 3, 2**53 + 5], 2.0),
        ("std", [-(2**53 + 1), 0, 2**53 + 1], 2.0**53),  # half-way between floats: to even
        ("std", [-(2**53 + 1), 1e-30, 2**53 + 1], 2.0**53 + 2),  # a hair above half-way
        ("std", [True, False], 0.7071067811865476),
        ("std", [4.0, 4.0], 0.0),
        ("std", [-INF, 1.0], NAN),
        ("min", [3, None, -2], -2),
        ("min", [2.0, NAN, 1.0], NAN),
        ("min", [0.0, -0.0], -0.0),
        ("min", [INF, 4.0], 4.0),
        ("min", ["b", "a", "é"], "a"),
        ("max", [2**53 + 1, 2**53], 2**53 + 1),
        ("max", [NAN, 5.0], NAN),
        ("max", [-0.0, 0.0], 0.0),
        ("max", [INF, 4.0], INF),
        ("max", ["b", "é", "z"], "é"),
        ("max", [False, True], True),
        ("last", [1.0, 2.0, None], 2.0),
        ("last", ["a", ""], ""),
        ("last", [1.0, NAN], NAN),
        ("last", [3.0, -0.0], -0.0),
        ("last", [True, False], False),
    ],
)
def test_an_aggregation_has_the_value_computed_by_hand(
    aggregation: str, values: list[Any], expected: Value
) -> None:
    assert bits(answer(aggregation, values)) == bits(expected)
    if aggregation != "last":
        assert bits(answer(aggregation, values[::-1])) == bits(expected)


@pytest.mark.parametrize("values", [[2**63 - 1, 1], [-(2**63), -1]])
def test_an_integer_sum_that_leaves_64_bits_is_an_error(values: list[int]) -> None:
    with pytest.raises(DataError) as caught:
        answer("sum", values)
    assert caught.value.code == "HW407"


@pytest.mark.parametrize("aggregation", ["sum", "mean", "std", "variance"])
def test_numbers_are_demanded_where_text_has_no_meaning(aggregation: str) -> None:
    with pytest.raises(SpecError, match="type str") as caught:
        answer(aggregation, ["1", "2"])
    assert caught.value.code == "HW205"


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(FINITE.map(lambda x: x / 1024), min_size=1, max_size=12))
def test_a_sum_agrees_with_the_exact_sum_of_the_standard_library(values: list[float]) -> None:
    assert answer("sum", values) == math.fsum(values)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=8))
def test_a_standard_deviation_brackets_the_exact_root(values: list[float]) -> None:
    """No float is nearer: the exact variance lies between the squares of the half-way points."""
    std = answer("std", values)
    assert isinstance(std, float)
    exact = statistics.variance(map(Fraction, values))
    above = (Fraction(std) + Fraction(math.nextafter(std, INF))) / 2
    below = (Fraction(std) + Fraction(math.nextafter(std, -INF))) / 2
    assert max(below, Fraction(0)) ** 2 <= exact <= above**2
