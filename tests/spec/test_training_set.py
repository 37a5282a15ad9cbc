"""TrainingSet: spine, features, label, split and recipe, by name."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.spec.plain import fingerprint

ORDERS = hw.Source("orders", hw.Parquet("orders.parquet"), event_time="at", known_time="at")


def view(name: str) -> hw.FeatureView:
    return hw.FeatureView(name, ORDERS, entity="user", features=[hw.Count().within("7d")])


def training_set(**changes: Any) -> hw.TrainingSet:
    given: dict[str, Any] = {
        "spine": hw.Spine(ORDERS, as_of="at"),
        "features": [view("one")],
        "label": hw.Label("large", pl.col("amount") > 9),
        "split": hw.SplitByTime(train=0.7, validation=0.15, test=0.15),
        "recipe": hw.Recipe(hw.ImputeMedian(hw.numeric())),
    }
    given |= changes
    return hw.TrainingSet(given.pop("name", "sizes"), **given)


def test_the_definition_is_plain_and_whole() -> None:
    found = training_set().definition()
    assert json.loads(json.dumps(found)) == found
    assert set(found) == {"name", "spine", "features", "label", "split", "recipe"}
    assert training_set(recipe=None).definition()["recipe"] is None


@pytest.mark.parametrize(
    "prose",
    [{"description": "x"}, {"owner": "x"}, {"tags": ["x"]}, {"version": "2"}, {"place": None}],
)
def test_prose_and_place_are_no_part_of_it(prose: Any) -> None:
    assert fingerprint(training_set(**prose)) == fingerprint(training_set())


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"spine": hw.Spine(ORDERS, as_of="at", keep=["amount"])},
        {"features": []},
        {"features": [view("one"), view("two")]},
        {"label": hw.Label("large", pl.col("amount") > 8)},
        {"split": hw.SplitByTime(train=0.8, validation=0.1, test=0.1)},
        {"recipe": None},
        {"recipe": hw.Recipe()},
    ],
)
def test_every_field_that_changes_a_value_is(change: Any) -> None:
    assert fingerprint(training_set(**change)) != fingerprint(training_set())


def test_a_training_set_knows_its_line() -> None:
    assert "test_training_set.py" in str(training_set().place)
