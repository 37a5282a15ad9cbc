"""Tests of candidate features: windows that fit, columns that say something, tables that relate."""

from __future__ import annotations

from itertools import islice
from typing import Any

import polars as pl

import headwater as hw
from headwater.plan.candidates import Table, candidates
from headwater.plan.faults import Faults
from headwater.plan.sources import plan_source
from headwater.plan.views import plan_view

DAY = 86_400_000_000
TIME = pl.Datetime("us", "UTC")


def table(name: str, schema: dict[str, Any], *, step: int = DAY, **given: Any) -> Table:
    frame = pl.DataFrame(schema=schema)
    faults = Faults()
    default: dict[str, Any] = {} if "static" in given else {"event_time": "at"}
    plan = plan_source(hw.Source(name, hw.Frame(frame), **default | given), faults)
    faults.raise_all()
    assert plan is not None
    return Table(plan, step, 60 * DAY)


ORDERS = {
    "who": pl.String, "shop": pl.String, "number": pl.Int64, "amount": pl.Float64,
    "is_paid": pl.Boolean, "note": pl.String, "took": pl.Duration("us"), "items": pl.List(pl.Int64),
    "at": TIME, "paid_at": TIME,
}  # fmt: skip


def columns(tables: list[Table], depth: int = 2, entity: Any = "who") -> list[str]:
    found = []
    for view in candidates(entity, tables, depth=depth):
        faults = Faults()
        plan = plan_view(view, faults)
        faults.raise_all()
        assert plan is not None
        found += [feature.column for feature in plan.features]
    return found


def test_each_column_that_says_something_is_asked_for_in_windows_that_fit() -> None:
    orders = table("orders", ORDERS, known_time="paid_at", sequence="number", identity=["number"])
    found = columns([orders])
    for wanted in (
        "orders_by_who__count_7d", "orders_by_who__count_30d", "orders_by_who__count_all",
        "orders_by_who__amount_mean_7d", "orders_by_who__amount_last_all",
        "orders_by_who__is_paid_mean_30d", "orders_by_who__note_count_distinct_7d",
        "orders_by_who__took_max_30d", "orders_by_who__shop_last_all",
    ):  # fmt: skip
        assert wanted in found
    assert len(found) == len(set(found))
    said = " ".join(found)
    for silent in ("number_", "items_", "paid_at_", "__at_", "who__who", "_1d", "_90d", "_1h"):
        assert silent not in said


def test_windows_are_longer_than_the_rows_are_apart_and_than_they_are_late() -> None:
    assert table("t", {"who": pl.String, "at": TIME}).windows == ("7d", "30d")
    assert table("t", {"who": pl.String, "at": TIME}, step=0).windows == ("1h", "6h", "1d")
    assert table("t", {"who": pl.String, "at": TIME}, delay="8d").windows == ("30d",)
    found = columns([table("t", {"who": pl.String, "x": pl.Int64, "at": TIME}, step=90 * DAY)])
    assert "t_by_who__count_all" in found
    assert "t_by_who__x_mean_all" in found
    assert all(name.endswith("_all") for name in found)


def test_a_related_table_is_looked_up_by_a_column_that_both_have() -> None:
    orders = table("orders", ORDERS)
    visits = table("visits", {"shop": pl.String, "length": pl.Int64, "mood": pl.String, "at": TIME})
    places = table("places", {"shop": pl.String, "size": pl.Int64}, static="they do not move")
    found = columns([orders, visits, places])
    assert "orders_by_who_visits_by_shop__visits_by_shop__length_mean_30d_mean_7d" in found
    assert "orders_by_who_visits_by_shop__visits_by_shop__mood_last_all_last_all" in found
    assert "orders_by_who_places_by_shop__places_by_shop__size_mean_30d" in found
    assert not [name for name in columns([orders, visits, places], depth=1) if "visits" in name]


def test_what_has_nothing_to_say_or_is_not_related_is_left_out() -> None:
    orders = table("orders", ORDERS)
    empty = table("empty", {"shop": pl.String}, static="they do not move")
    other = table("other", {"town": pl.String, "x": pl.Int64, "at": TIME})
    assert columns([orders, empty, other]) == columns([orders])
    assert columns([other]) == []
    assert columns([empty], entity="shop") == []


def test_an_entity_of_several_columns_is_one_key() -> None:
    found = columns([table("orders", ORDERS)], entity=["who", "shop"])
    assert "orders_by_who_shop__amount_mean_7d" in found


def test_money_in_decimals_is_a_number_here_and_in_related_tables() -> None:
    price = pl.Decimal(10, 2)
    orders = table("orders", {"who": pl.String, "shop": pl.String, "price": price, "at": TIME})
    visits = table("visits", {"shop": pl.String, "tip": price, "at": TIME})
    found = columns([orders, visits])
    assert "orders_by_who__price_mean_7d" in found
    assert "orders_by_who__price_lag_2_all" in found
    seen = "orders_by_who_visits_by_shop__visits_by_shop__tip"
    assert f"{seen}_sum_30d_mean_7d" in found
    assert f"{seen}_last_all_mean_7d" in found


def test_lags_reach_as_far_back_as_an_entity_may_have_rows() -> None:
    schema = {"who": pl.String, "x": pl.Int64, "at": TIME}
    often = [name for name in columns([table("t", schema)]) if "_lag_" in name]
    assert often == [f"t_by_who__x_lag_{k}_all" for k in (1, 2, 3, 6, 7)]
    seldom = [name for name in columns([table("t", schema, step=20 * DAY)]) if "_lag_" in name]
    assert seldom == ["t_by_who__x_lag_1_all", "t_by_who__x_lag_2_all"]


def test_what_a_static_table_says_of_the_entity_is_asked_column_by_column() -> None:
    people = table("people", {"who": pl.String, "age": pl.Int64, "town": pl.String}, static="fixed")
    assert columns([people]) == ["people_by_who__age", "people_by_who__town"]


def test_sources_take_turns_and_nothing_is_made_before_it_is_asked_for() -> None:
    wide = {"who": pl.String, "at": TIME} | {f"x{i}": pl.Float64 for i in range(500)}
    narrow = {"who": pl.String, "at": TIME, "y": pl.Float64}
    tables = [table("wide", wide), table("narrow", narrow)]
    first = [view.name for view in islice(candidates("who", tables, depth=2), 6)]
    assert first == ["wide_by_who", "narrow_by_who"] * 3
