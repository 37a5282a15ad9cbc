"""Pins: a model's features are held against the definitions, and a refusal says what changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan import pins as module
from headwater.plan.faults import Faults
from headwater.plan.pins import changes, check_pins, pins
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set

AT = datetime(2024, 3, 1, tzinfo=UTC)
ROWS = pl.DataFrame({"user": ["a"], "n": [1], "m": [2.0], "is_large": [True], "at": [AT]})
MEAN, COUNT = "spend__n_mean_7d", "spend__count_1d"
BOTH = (hw.Mean("n").within("7d"), hw.Count().within("1d"))


def declared(*features: Any, keep: tuple[str, ...] = ("m",), **more: Any) -> hw.TrainingSet:
    orders = hw.Source("orders", hw.Frame(ROWS), event_time="at", known_time="at", **more)
    view = hw.FeatureView("spend", orders, entity="user", features=list(features or BOTH))
    return hw.TrainingSet(
        "orders",
        spine=hw.Spine(orders, as_of="at", keep=keep),
        features=[view, hw.Derived("twice", pl.col(COUNT) * 2)],
        label=hw.Label("large", pl.col("is_large")),
        split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
    )


def planned(training_set: hw.TrainingSet) -> TrainingSetPlan:
    faults = Faults()
    plan = plan_training_set(training_set, faults)
    faults.raise_all()
    assert plan is not None
    return plan


@pytest.fixture
def pinned() -> Any:
    """What a model pins, as it comes back from a file."""
    return json.loads(json.dumps(pins(planned(declared()))))


def refused(pinned: Any, training_set: hw.TrainingSet) -> list[SpecError]:
    faults = Faults()
    check_pins(hw.Model("large_model", training_set), planned(training_set), pinned, faults)
    return faults.found


def test_definitions_as_they_were_are_not_refused(pinned: Any) -> None:
    assert set(pinned["features"]) == {"m", MEAN, COUNT, "twice"}
    assert refused(pinned, declared()) == []


def test_a_feature_that_came_since_does_not_matter(pinned: Any) -> None:
    assert refused(pinned, declared(*BOTH, hw.Max("n").within("3d"))) == []


def test_a_changed_feature_is_refused_by_name_with_what_was_and_what_is(pinned: Any) -> None:
    (fault,) = refused(pinned, declared(hw.Mean("m", name="n_mean").within("7d"), BOTH[1]))
    assert fault.code == "HW705"
    assert fault.message == (
        f"feature {MEAN!r} is not what model 'large_model' learned from: "
        'value was col("n"), is col("m")'
    )
    assert str(fault.place).endswith("feature view 'spend', Mean")
    assert fault.hint == "declare it as it was, or train the model again"


def test_a_window_that_changed_is_found_under_its_new_name(pinned: Any) -> None:
    (fault,) = refused(pinned, declared(hw.Mean("n").within("14d"), BOTH[1]))
    assert fault.message.endswith(
        "is not defined any more; of 'spend__n_mean_14d' window was 7d, is 14d"
    )
    assert fault.hint is not None
    assert "did you mean 'spend__n_mean_14d'" in fault.hint


def test_an_input_that_is_gone_is_refused_where_the_training_set_is_declared(pinned: Any) -> None:
    training_set = declared(hw.Median("m").within("3d"), BOTH[1], keep=())
    found = refused(pinned, training_set)
    assert [one.message.partition(" is not what")[0] for one in found] == [
        "feature 'm'", f"feature {MEAN!r}",
    ]  # fmt: skip
    assert all(one.message.endswith("is not defined any more") for one in found)
    assert {str(one.place) for one in found} == {str(training_set.place)}


def test_a_clock_that_changed_is_refused_for_each_feature_that_waits_for_it(pinned: Any) -> None:
    found = refused(pinned, declared(known_times={"n": pl.col("at") + pl.duration(hours=1)}))
    assert [one.message.partition(": ")[2] for one in found] == [
        "known at was at, is at + 1h",
    ]


def test_another_version_of_polars_is_no_change_of_a_definition(
    pinned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kept in pinned["features"].values():
        kept["digests"] = dict.fromkeys(kept["digests"], "of other bytes")
    assert set(changes(pinned, planned(declared()))) == {MEAN, COUNT, "twice"}
    monkeypatch.setattr(module, "pl", type("Other", (), {"__version__": "0.0.1"}))
    assert changes(pinned, planned(declared())) == {}
    others = planned(declared(hw.Mean("m", name="n_mean").within("7d"), BOTH[1]))
    assert changes(pinned, others) == {MEAN: 'value was col("n"), is col("m")'}
