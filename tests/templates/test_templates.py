"""Tests of templates: what each gives over rows that can be counted by hand."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import templates
from headwater.errors import HeadwaterError

AT = datetime(2026, 3, 20, 12, tzinfo=UTC)


def before(days: float) -> datetime:
    return AT - timedelta(days=days)


VISITS = hw.Source(
    "visits",
    hw.Frame(
        pl.DataFrame(
            {
                "who": "anna",
                "price": [8, 10, 10, 40, 20, 2],
                "shop": ["north", "north", "south", "south", "east", "east"],
                "status": ["new", "good", "good", "late", "late", None],
                "at": [before(days) for days in (20, 12, 8, 4, 1, 0.25)],
            }
        )
    ),
    event_time="at",
    known_time="at",
)
WHO = pl.DataFrame({"who": ["anna", "nobody"], "t": [AT, AT]})


def values(features: Any) -> dict[str, tuple[Any, Any]]:
    """What anna and what nobody gets, by the feature's name."""
    view = hw.FeatureView("v", VISITS, entity="who", features=features)
    found = hw.enrich(WHO, [view], as_of="t")
    columns = [name for name in found.columns if name not in ("who", "t")]
    return {name.removeprefix("v__"): tuple(found[name]) for name in columns}


def days(number: float) -> timedelta:
    return timedelta(days=number)


AMOUNTS = {
    "price_sum_10d": (72, None), "price_mean_10d": (18.0, None), "price_max_10d": (40, None),
}  # fmt: skip
RECENCY = {"time_since_last_all": (days(0.25), None), "time_since_first_all": (days(20), None)}
CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "recency": (hw.templates.recency(), RECENCY),
    "frequency": (hw.templates.frequency("10d", "1d"), {"count_10d": (4, 0), "count_1d": (2, 0)}),
    "monetary": (hw.templates.monetary("price", "10d"), AMOUNTS),
    "rfm": (hw.templates.rfm("price", "10d"), RECENCY | {"count_10d": (4, 0)} | AMOUNTS),
    "velocity": (
        hw.templates.velocity("10d"),
        {"count_10d": (4, 0), "count_relative_change_10d": (1.0, None)},
    ),
    "trend": (
        hw.templates.trend("price", "13d"),
        {"price_slope_13d": (pytest.approx(33.6 / 97.55), None),
         "price_z_score_13d": (pytest.approx(-18 / 200**0.5), None)},
    ),
    "week_over_week": (
        hw.templates.week_over_week("price"),
        {"price_sum_change_7d": (42, None), "price_sum_relative_change_7d": (2.1, None)},
    ),
    "condition_share": (
        hw.templates.condition_share(pl.col("price") > 9, "10d", name="dear"),
        {"dear_10d": (0.75, None)},
    ),
    "streak": (
        hw.templates.streak("status", "13d"),
        {"status_streak_all": (2, 0), "status_change_count_13d": (1, 0)},
    ),
    "rhythm": (
        hw.templates.rhythm("5d"),
        {"time_between_mean_5d": (days(1.875), None),
         "time_between_std_5d": (days(1.125 * 2**0.5), None)},
    ),
    "variety": (
        hw.templates.variety("shop", "5d"),
        {"shop_count_distinct_5d": (2, 0),
         "shop_entropy_5d": (pytest.approx(0.9182958), None)},
    ),
    "day_so_far": (
        hw.templates.day_so_far("price", zone="UTC"),
        {"count_day_so_far": (1, 0), "price_sum_day_so_far": (2, None)},
    ),
    "last_known": (
        hw.templates.last_known("status", "shop", ttl="3d"),
        {"status_last_3d": ("late", None), "shop_last_3d": ("east", None)},
    ),
    "lags": (
        hw.templates.lags("price", 1, 5, 6),
        {"price_last_all": (2, None), "price_lag_1_all": (20, None), "price_lag_5_all": (8, None),
         "price_lag_6_all": (None, None)},
    ),
    "spread": (
        hw.templates.spread("price", "5d"),
        {"price_std_5d": (pytest.approx((1084 / 3) ** 0.5), None), "price_min_5d": (2, None),
         "price_max_5d": (40, None)},
    ),
}  # fmt: skip
ROW = pl.DataFrame(
    {
        "who": ["anna"] * 3, "t": [AT] * 3, "a": [6, 6, None], "b": [4, 0, 1],
        "c": ["x", "y", None], "d": [True, None, False],
    }
)  # fmt: skip
DERIVED = {
    "product": (hw.templates.product("a", "b"), "a_times_b", [24.0, 0.0, None]),
    "quotient": (hw.templates.quotient("a", "b"), "a_per_b", [1.5, None, None]),
    "cross": (hw.templates.cross("c", "d"), "c_and_d", ["x & true", None, None]),
}


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize("name", CASES)
def test_a_template_gives_what_can_be_counted_by_hand(name: str) -> None:
    features, expected = CASES[name]
    assert values(features) == expected


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_template_gives_what_can_be_counted_by_hand(name: str) -> None:
    derived, column, expected = DERIVED[name]
    frequency = hw.FeatureView("v", VISITS, entity="who", features=[hw.Count().over_all()])
    found = hw.enrich(ROW, [frequency, derived], as_of="t")
    assert found[column].to_list() == expected


def test_every_template_is_tried_here_and_there_are_more_than_ten() -> None:
    assert {*CASES, *DERIVED} == {*templates.__all__}
    assert len(CASES) >= 10


@pytest.mark.parametrize("name", templates.__all__)
def test_a_file_and_its_template_have_one_name_and_the_name_is_the_template(name: str) -> None:
    module = importlib.import_module(f"headwater.templates.{name}")
    assert getattr(module, name) is getattr(hw.templates, name)
    assert getattr(module, name).__doc__


def test_a_template_that_is_none_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="did you mean 'recency'"):
        _ = hw.templates.recencies


def test_a_fault_is_told_at_the_line_where_the_template_was_called() -> None:
    with pytest.raises(HeadwaterError, match="'prize' is not") as found:
        values(hw.templates.monetary("prize", "10d"))
    assert "test_templates.py" in str(found.value)


def test_the_time_since_the_first_event_is_null_with_an_indicator_of_it() -> None:
    since = values(hw.templates.recency())["time_since_last_all"]
    frame = pl.DataFrame({"since": since, "label": [0, 1]})
    recipe = hw.Recipe(
        hw.FlagMissing(hw.columns("since")), hw.ImputeConstant(hw.numeric(), value=0)
    )
    prepared = recipe.fit(frame, label="label").apply(frame)
    assert prepared["since_missing"].to_list() == [0.0, 1.0]
    assert prepared["since"].to_list() == [days(0.25) / timedelta(microseconds=1), 0.0]
