"""An aggregation against the same one over the window before."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw

DAYS = pl.datetime_range(
    pl.datetime(2024, 1, 1, time_zone="UTC"),
    pl.datetime(2024, 1, 8, time_zone="UTC"),
    "1d",
    eager=True,
)
ROWS = pl.DataFrame(
    {
        "shop": ["a"] * 8,
        "at": DAYS,
        "price": [1.0, 2.0, None, 4.0, 8.0, 0.0, 0.0, math.nan],
        "items": [1, 2, 4, 5, 8, 16, 16, 2**62],
        "wait": [timedelta(hours=hours) for hours in (1, 2, 4, 5, 8, 16, 16, 3)],
    }
)


def enriched(feature: Any, *days: int, shop: str = "a", rows: pl.DataFrame = ROWS) -> pl.Series:
    """The feature at midnight of these days of January."""
    shops = hw.Source("shops", hw.Frame(rows), event_time="at", known_time="at")
    view = hw.FeatureView("v", shops, entity="shop", features=[feature])
    asked = [DAYS[0] + timedelta(days=day - 1) for day in days]
    spine = pl.DataFrame({"shop": [shop] * len(days), "as_of": asked})
    found: pl.DataFrame = hw.enrich(spine, [view], as_of="as_of")
    return found.to_series(-1)


def test_change_is_the_later_window_minus_the_earlier_one() -> None:
    found = enriched(hw.Change(hw.Mean("price")).within("2d"), 5, 6, 7, 1)
    assert found.name == "v__price_mean_change_2d"
    assert found.to_list() == [4.0 - 1.5, 6.0 - 2.0, 4.0 - 4.0, None]


def test_change_of_whole_numbers_and_durations_keeps_their_type() -> None:
    items = enriched(hw.Change(hw.Sum("items")).within("2d"), 5, 7)
    assert items.dtype == pl.Int64
    assert items.to_list() == [9 - 3, 24 - 9]
    waits = enriched(hw.Change(hw.Last("wait", name="wait")).within("2d"), 5, 7)
    assert waits.dtype == pl.Duration("us")
    assert waits.to_list() == [timedelta(hours=3), timedelta(hours=11)]


def test_change_of_a_count_is_zero_over_empty_input_and_that_of_a_mean_is_null() -> None:
    assert enriched(hw.Change(hw.Count()).within("2d"), 1, 2, 4, shop="a").to_list() == [0, 1, 1]
    assert enriched(hw.Change(hw.Count()).within("2d"), 4, shop="none").to_list() == [0]
    assert enriched(hw.Change(hw.Mean("price")).within("2d"), 4, shop="none").to_list() == [None]


def test_relative_change_is_by_the_size_of_the_earlier_result_and_null_where_that_is_zero() -> None:
    found = enriched(hw.RelativeChange(hw.Sum("price")).within("1d"), 3, 4, 5, 6, 7, 8, 9)
    assert found.to_list()[:6] == [1.0, None, None, 1.0, -1.0, None]
    assert found.to_list()[6] is None
    assert math.isnan(enriched(hw.RelativeChange(hw.Sum("price")).within("3d"), 9)[0])


def test_the_condition_belongs_to_what_is_compared() -> None:
    cheap = hw.Count(where=pl.col("price") < 3, name="cheap")
    assert enriched(hw.Change(cheap).within("2d"), 5, 8).to_list() == [0 - 2, 2 - 0]


def test_a_late_row_counts_in_the_earlier_window_once_it_is_known() -> None:
    rows = ROWS.head(2).tail(1).with_columns(known=pl.col("at") + pl.duration(hours=36))
    shops = hw.Source("shops", hw.Frame(rows), event_time="at", known_time="known")
    features = [hw.Change(hw.Count("items", name="n")).within("1d")]
    view = hw.FeatureView("v", shops, entity="shop", features=features)
    asked = [DAYS[1] + timedelta(hours=hours) for hours in (12, 30, 42, 54)]
    spine = pl.DataFrame({"shop": ["a"] * 4, "as_of": asked})
    found = hw.enrich(spine, [view], as_of="as_of")["v__n_change_1d"]
    assert found.to_list() == [0, 0, -1, 0]


@pytest.mark.parametrize(
    ("later", "earlier", "change"),
    [
        (1.7e308, -1.7e308, 2.0),
        (-math.inf, 2.0, -math.inf),
        (1.0, math.inf, math.nan),
        (5, -4, 2.25),
        (0.0, -3.0, 1.0),
    ],
)
def test_relative_change_of_results_far_apart(later: float, earlier: float, change: float) -> None:
    no = np.array([False])
    found, missing = hw.RelativeChange.combine(
        np.array([later]), np.array([earlier]), no, no, np.array([])
    )
    assert not missing[0]
    assert found[0] == pytest.approx(change, rel=0, abs=0, nan_ok=True)


def test_a_change_that_does_not_fit_64_bits_is_an_error_where_both_are_there() -> None:
    no, yes = np.array([False]), np.array([True])
    later, earlier = np.array([2**62]), np.array([-(2**62)])
    with pytest.raises(hw.DataError, match="HW407"):
        hw.Change.combine(later, earlier, no, no, np.array([]))
    assert hw.Change.combine(later, earlier, yes, no, np.array([]))[1].tolist() == [True]
    assert hw.Change.combine(later, earlier + 1, no, no, np.array([]))[0].tolist() == [2**63 - 1]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_durations_of_any_unit_are_compared_in_microseconds(unit: Any) -> None:
    rows = ROWS.with_columns(pl.col("wait").cast(pl.Duration(unit)))
    for feature in (hw.Change(hw.Last("wait")).within("2d"), hw.Difference("wait", 2).over_all()):
        assert enriched(feature, 5, rows=rows).to_list() == [timedelta(hours=3)]


def test_a_change_of_nanoseconds_is_rounded_once() -> None:
    waits = pl.Series([999] * 3 + [1_400] * 5).cast(pl.Duration("ns"))
    rows = ROWS.with_columns(wait=waits)
    found = enriched(hw.Change(hw.Last("wait")).within("2d"), 5, rows=rows)
    assert found.dtype == pl.Duration("us")
    assert found.to_physical().to_list() == [0]


def test_decimals_keep_their_scale_and_every_digit() -> None:
    due = pl.Series([Decimal("90071992547409.93")] * 4 + [Decimal("0.01")] * 4)
    rows = ROWS.with_columns(due=due.cast(pl.Decimal(18, 2)))
    found = enriched(hw.Change(hw.Max("due")).within("2d"), 7, rows=rows)
    assert found.to_list() == [Decimal("-90071992547409.92")]


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (hw.Change(hw.Max("items")).within("2d"), "a change of integers does not fit"),
        (hw.Difference("items").over_all(), "the difference 'v__items_difference_all' of"),
        (
            hw.Change(hw.Max("huge")).within("2d"),
            "results of type UInt64 in 'v__huge",
        ),
    ],
    ids=["change", "difference", "unsigned"],
)
def test_what_does_not_fit_64_bits_names_the_feature_and_its_line(
    feature: Any, message: str
) -> None:
    items = [0, 0, 0, -(2**62), -(2**62), -(2**62), 2**63 - 1, 2**63 - 1]
    huge = pl.Series([2**64 - 1] * 8, dtype=pl.UInt64)
    rows = ROWS.with_columns(items=pl.Series(items), huge=huge)
    with pytest.raises(hw.DataError, match=message) as caught:
        enriched(feature, 8, rows=rows)
    assert caught.value.code == "HW407"
    assert "test_change.py" in str(caught.value.place)


@pytest.mark.parametrize(
    ("feature", "code", "message"),
    [
        (hw.Change("price").within("2d"), "HW211", "aggregation= is one such as"),
        (hw.RelativeChange().within("2d"), "HW211", "found NoneType"),
        (hw.Change(hw.Change(hw.Mean("price"))).within("2d"), "HW211", "found Change"),
        (hw.Change(hw.Mean("price").within("2d")).within("2d"), "HW211", "found Windowed"),
        (hw.Change(hw.Mean("price")).over_all(), "HW202", "no earlier window"),
        (hw.Change(hw.LastK("price", 2)).within("2d"), "HW205", "LastK, which gives List"),
        (hw.Change(hw.Last("shop")).within("2d"), "HW205", "Last, which gives String"),
        (hw.Change(hw.Lag("price", 0)).within("2d"), "HW211", "Lag: k=0 is not within 1 and 1000"),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_a_fault_of_the_plan(
    feature: Any, code: str, message: str
) -> None:
    with pytest.raises(hw.SpecError, match=message) as caught:
        enriched(feature, 5)
    assert caught.value.code == code
