"""Tests of proposals over customers, their orders and the items of these, as of a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.plan.prediction import FoldCost, UnitCosts

ORDERS, CUSTOMERS = 3_000, 150
START = datetime(2025, 1, 1, tzinfo=UTC)
KINDS: Any = ("sums", "newest", "choices", "states", "values", "tree of sums", "tree of states")
FREE = UnitCosts(
    start=0.0, task=0.0, digest_byte=0.0, read_cell=0.0, read_text=0.0, arrange_row=0.0,
    arrange_text=0.0, version_row=0.0, ask_row=0.0, limit_row=0.0, limit_answer=0.0,
    folds=dict.fromkeys(KINDS, FoldCost(0.0, 0.0)), spine_row=0.0, write_cell=0.0,
    recipe_cell=0.0, compile_pass=0.0, quick_from=1_000, process_bytes=0,
)  # fmt: skip
Rows = dict[str, list[dict[str, Any]]]


@cache
def rows() -> Rows:
    """A return follows what the customer's order before was worth, and the customer's age."""
    random = np.random.default_rng(4)
    ages = random.integers(18, 90, CUSTOMERS).tolist()
    at = np.sort(random.uniform(0, 300, ORDERS)).tolist()
    orders: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    totals: dict[int, float] = {}
    for number, day in enumerate(at):
        who, ordered = int(random.integers(CUSTOMERS)), START + timedelta(days=day)
        prices = random.lognormal(2, 1, int(random.integers(1, 6))).round(2).tolist()
        odds = -2 + 1.5 * (totals.get(who, 0.0) > 30) + 2.0 * (ages[who] > 60)
        is_back = bool(random.random() < 1 / (1 + np.exp(-odds)))
        orders.append(
            {"order": f"o{number}", "number": number, "customer": who, "at": ordered}
            | {"is_back": is_back}
        )
        for k, price in enumerate(prices):
            added = ordered - timedelta(minutes=5 + 7 * k)
            items.append({"order": f"o{number}", "price": price, "added_at": added})
        totals[who] = sum(prices)
    people = [{"customer": who, "age": age} for who, age in enumerate(ages)]
    return {"customers": people, "orders": orders, "items": items}


def sources(given: Rows) -> dict[str, hw.Source]:
    frames = {name: hw.Frame(pl.DataFrame(listed)) for name, listed in given.items()}
    late = {"is_back": pl.col("at") + pl.duration(days=3)}
    return {
        "customers": hw.Source("customers", frames["customers"], static="asked once, at signup"),
        "orders": hw.Source(
            "orders", frames["orders"], event_time="at", known_times=late, delay="0s",
            sequence="number",
        ),
        "items": hw.Source("items", frames["items"], event_time="added_at", delay="0s"),
    }  # fmt: skip


@cache
def proposals() -> Any:
    made = sources(rows())
    training_set = hw.TrainingSet(
        "back",
        spine=hw.Spine(made["orders"], as_of="at"),
        features=[],
        label=hw.Label("is_back", pl.col("is_back")),
        split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
    )
    return hw.synthesize(
        "customer", list(made.values()), training_set=training_set, costs=FREE, rows=3_000
    )


TOTAL = "orders_by_customer_items_by_order__items_by_order__price_sum_6h_last_all"
AGE = "customers_by_customer__age"
AS_OF = START + timedelta(days=200)
SPINE = [(who, AS_OF) for who in range(CUSTOMERS)]


def enriched(given: Rows) -> pl.DataFrame:
    """What the proposed program gives each customer, run with these rows."""
    names: dict[str, Any] = {"hw": hw, **sources(given)}
    exec(proposals().code(), names)
    views = [names["customers_by_customer"], names["orders_by_customer_items_by_order"]]
    spine = pl.DataFrame(SPINE, schema=["customer", "t"], orient="row")
    found: pl.DataFrame = hw.enrich(spine, views, as_of="t")
    return found


def by_hand(who: int, as_of: datetime, given: Rows) -> float | None:
    """What the items of the customer's last order before a moment cost together."""
    before = [one for one in given["orders"] if one["customer"] == who and one["at"] < as_of]
    if not before:
        return None
    last = max(before, key=lambda one: one["at"])
    since = last["at"] - timedelta(hours=6)
    items = [one for one in given["items"] if one["order"] == last["order"]]
    seen = [one["price"] for one in items if since <= one["added_at"] < last["at"]]
    return sum(seen) if seen else None


def test_totals_of_orders_and_what_the_customer_said_are_found_and_nothing_else() -> None:
    found = proposals()
    assert {one.gain.name for one in found.proposals} == {AGE, TOTAL}
    assert all(one.gain.low > 0 for one in found.proposals)


def test_a_feature_over_two_tables_is_what_loops_over_their_rows_give() -> None:
    found = enriched(rows())
    assert found[TOTAL].to_list() == pytest.approx([by_hand(*one, rows()) for one in SPINE])
    assert found[AGE].to_list() == [one["age"] for one in rows()["customers"]]


def test_rows_after_the_cutoff_move_nothing_and_rows_before_it_do() -> None:
    def moved(clock: str, one: dict[str, Any], *, is_later: bool) -> dict[str, Any]:
        hit = (one[clock] >= AS_OF) == is_later
        return one | {"price": 1e6} if hit and "price" in one else one

    orders = [one | {"customer": 0} if one["at"] >= AS_OF else one for one in rows()["orders"]]
    later = [moved("added_at", one, is_later=True) for one in rows()["items"]]
    added = [{"order": orders[0]["order"], "price": 1e6, "added_at": AS_OF}]
    changed = rows() | {"orders": orders, "items": later + added}
    assert enriched(changed).equals(enriched(rows()))
    earlier = [moved("added_at", one, is_later=False) for one in rows()["items"]]
    assert not enriched(rows() | {"items": earlier}).equals(enriched(rows()))
