"""FeatureView: the features of one entity from one source."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.spec.plain import fingerprint

ORDERS = hw.Source("orders", hw.Parquet("orders.parquet"), event_time="at", known_time="at")


def view(**changes: Any) -> hw.FeatureView:
    given: dict[str, Any] = {"entity": "user", "features": [hw.Mean("amount").within("7d")]}
    given |= changes
    return hw.FeatureView(given.pop("name", "spend"), given.pop("source", ORDERS), **given)


def test_an_entity_is_one_column_or_several() -> None:
    assert view().keys == ("user",)
    assert view(entity=["user", "shop"]).keys == ("user", "shop")


def test_the_definition_is_plain() -> None:
    found = view().definition()
    assert json.loads(json.dumps(found)) == found
    assert found["entity"] == ["user"]
    assert found["features"][0]["windows"] == ["7d"]


@pytest.mark.parametrize(
    "prose",
    [{"description": "x"}, {"owner": "x"}, {"tags": ["x"]}, {"version": "2"}, {"place": None}],
)
def test_prose_and_place_are_no_part_of_it(prose: Any) -> None:
    assert fingerprint(view(**prose)) == fingerprint(view())


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"entity": "shop"},
        {"entity": ["user", "shop"]},
        {"features": [hw.Mean("amount").within("8d")]},
        {"features": [hw.Mean("amount").within("7d", "8d")]},
        {"features": [hw.Mean("amount").over_all()]},
        {"features": [hw.Sum("amount").within("7d")]},
        {"features": [hw.Mean("price").within("7d")]},
        {"features": [hw.Mean("amount", name="m").within("7d")]},
        {"features": [hw.Mean("amount").within("7d", hop="1h")]},
        {"features": [hw.Mean("amount").over_rows(7)]},
        {"features": [hw.Mean("amount").so_far("week")]},
        {"features": [hw.Mean("amount").over_session("7d")]},
        {"ttl": "7d"},
        {"features": [hw.Mean("amount", where=pl.col("amount") > 1).within("7d")]},
        {"source": hw.Source("orders", hw.Parquet("orders.parquet"), event_time="at")},
    ],
)
def test_every_field_that_changes_a_value_is(change: Any) -> None:
    assert fingerprint(view(**change)) != fingerprint(view())


def test_a_window_may_be_a_timedelta() -> None:
    week = view(features=[hw.Mean("amount").within(timedelta(days=7))])
    assert fingerprint(week) == fingerprint(view())


def test_a_ttl_may_be_a_timedelta() -> None:
    assert fingerprint(view(ttl=timedelta(days=7))) == fingerprint(view(ttl="7d"))


def test_a_view_and_each_feature_know_their_lines() -> None:
    made = view()
    assert "test_feature_view.py" in str(made.place)
    feature: Any = made.features[0]
    assert "test_feature_view.py" in str(feature.aggregation.place)
