"""Between: bounds of every kind, both included."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater as hw
from headwater.engines.checking import check_rows

NAN, INF = float("nan"), float("inf")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EARLIER_ZONE = timezone(timedelta(hours=-5))


def broken(values: list[Any], dtype: Any, low: Any = None, high: Any = None) -> int:
    rows = pl.DataFrame({"x": pl.Series(values, dtype=dtype)})
    return check_rows(hw.Between("x", low, high), rows, source="s").broken


def faults(dtype: pl.DataType, low: Any = None, high: Any = None) -> list[str]:
    return hw.Between("x", low, high).faults({"x": dtype})  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("values", "dtype", "low", "high", "expected"),
    [
        ([1, 2, 3, None], pl.Int64, 1, 3, 0),
        ([0, 1, 3, 4], pl.Int64, 1, 3, 2),
        ([0, 255], pl.UInt8, -5, 300, 0),
        ([2**53 + 1], pl.Int64, None, 2.0**53, 1),
        ([2**63 - 1], pl.Int64, 2.0**63, None, 1),
        ([2**64 - 1], pl.UInt64, None, 2**63, 1),
        ([-1, 0, 1], pl.Int64, 0.5, None, 2),
        ([-1, 1], pl.Int64, -(2**200), 2**200, 0),
        ([1.0, 1.5, NAN, INF, None], pl.Float64, None, 1.5, 2),
        ([1.0, 0.5, NAN, -INF, None], pl.Float64, 1, None, 3),
        ([NAN], pl.Float64, -INF, INF, 1),
        ([INF, -INF, 1e300], pl.Float64, -INF, INF, 0),
        ([-0.0, 0.0], pl.Float64, 0, 0, 0),
        ([0.1], pl.Float32, 0.1, 0.1, 0),
    ],
)
def test_numbers(values: list[Any], dtype: Any, low: Any, high: Any, expected: int) -> None:
    assert faults(dtype(), low, high) == []
    assert broken(values, dtype, low, high) == expected


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["ä", "a", "B", "b"])])
def test_text_is_ordered_by_code_points_whatever_its_type(dtype: Any) -> None:
    assert broken(["a", "b", "B", "ä", None], dtype, "a", "b") == 2


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_of_a_zone_are_compared_as_moments(unit: Any) -> None:
    dtype = pl.Datetime(unit, "Europe/Zurich")
    bound = datetime(2024, 3, 1, 7, tzinfo=EARLIER_ZONE)
    assert faults(dtype, bound, bound) == []
    assert broken([NOON, None], dtype, bound, bound) == 0
    assert broken([NOON], dtype, None, bound - MICROSECOND) == 1
    assert broken([NOON], dtype, bound + MICROSECOND) == 1


def test_times_without_a_zone_are_compared_as_written() -> None:
    noon = datetime(2024, 3, 1, 12)
    assert faults(pl.Datetime("ms"), noon) == []
    assert broken([noon], pl.Datetime("ms"), noon, noon) == 0
    assert broken([noon], pl.Datetime("ms"), noon + MICROSECOND) == 1


def test_dates_and_durations_have_bounds_of_their_own_kind() -> None:
    days = [date(2024, 2, 29), date(2024, 3, 1)]
    assert broken(days, pl.Date, date(2024, 3, 1)) == 1
    hours = [timedelta(hours=1), timedelta(hours=3)]
    assert broken(hours, pl.Duration("ms"), None, timedelta(hours=2)) == 1
    assert broken(hours, pl.Duration("ms"), hours[0] + MICROSECOND) == 1
    assert faults(pl.Duration("us"), timedelta(0)) == []
    assert faults(pl.Date(), days[0]) == []


@pytest.mark.parametrize(
    ("dtype", "bound", "takes"),
    [
        (pl.Int64(), "1", "a number"),
        (pl.Int64(), True, "a number"),
        (pl.Float64(), NAN, "a number"),
        (pl.Float64(), 2**1024, "a number"),
        (pl.Float64(), NOON, "a number"),
        (pl.Float64(), pl.col("y"), "a number"),
        (pl.String(), 1, "text"),
        (pl.Date(), NOON, "a date"),
        (pl.Datetime("us", "UTC"), datetime(2024, 3, 1), "a datetime with a zone"),
        (pl.Datetime("us", "UTC"), date(2024, 3, 1), "a datetime with a zone"),
        (pl.Datetime("us"), NOON, "a datetime without a zone"),
        (pl.Duration("us"), 5, "a timedelta"),
    ],
)
def test_a_bound_of_another_kind_is_a_fault(dtype: Any, bound: Any, takes: str) -> None:
    (fault,) = faults(dtype, bound)
    assert fault == f"low= {bound!r} is no bound for {dtype}: give {takes}"
    assert faults(dtype, None, bound)[0].startswith("high= ")


def test_wrong_bounds_are_all_told_and_not_compared() -> None:
    assert len(faults(pl.Int64(), "b", "a")) == 2


def test_bounds_that_hold_no_value_are_a_fault() -> None:
    assert faults(pl.Int64(), 2, 1) == ["low= 2 is above high= 1"]
    assert faults(pl.Int64()) == ["it has neither low= nor high="]
    assert faults(pl.Int64(), 1, 1) == []


def test_a_type_without_an_order_is_a_fault() -> None:
    (fault,) = faults(pl.List(pl.Int64()), 1)
    assert fault == "column 'x' holds List(Int64), which has no bounds"
    assert len(faults(pl.Boolean(), 0, 1)) == 1


@settings(derandomize=True, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats()), max_size=9),
    st.one_of(st.integers(-3, 3), st.floats(allow_nan=False)),
    st.one_of(st.none(), st.floats(allow_nan=False)),
)
def test_it_counts_what_a_loop_counts(values: list[Any], low: Any, high: Any) -> None:
    most = INF if high is None else high
    outside = [v for v in values if v is not None and not low <= v <= most]
    assert broken(values, pl.Float64, low, high) == len(outside)
