"""What the plan asks of a model beyond its training set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.models import check_model

MOMENTS = [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 11)]
ROWS = hw.Source(
    "rows",
    hw.Frame(pl.DataFrame({"at": MOMENTS, "who": ["a"] * 10, "x": range(10), "y": range(10)})),
    event_time="at",
    known_time="at",
)


def training_set(validation: float = 0.0, **changes: Any) -> hw.TrainingSet:
    given: dict[str, Any] = {
        "spine": hw.Spine(ROWS, as_of=pl.col("at"), keep=["x"]),
        "features": [],
        "label": hw.Label("odd", pl.col("y") % 2 == 1),
        "split": hw.SplitByTime(train=0.5, validation=validation, test=0.5 - validation),
    }
    return hw.TrainingSet("ten", **(given | changes))


def view(column: str) -> hw.FeatureView:
    features = [hw.Mean(column, name="mean").within("2d"), hw.Count(name="count").within("2d")]
    return hw.FeatureView("v", ROWS, entity="who", features=features)


def faults_of(model: hw.Model) -> list[SpecError]:
    faults = Faults()
    check_model(model, faults)
    return faults.found


@pytest.mark.parametrize(
    ("validation", "calibrate", "codes"),
    [(0.0, "platt", ["HW211"]), (0.2, "platt", []), (0.0, None, [])],
)
def test_a_calibrator_needs_rows_to_learn_from(
    validation: float, calibrate: Any, codes: list[str]
) -> None:
    found = faults_of(hw.Model("guess", training_set(validation), calibrate=calibrate))
    assert [fault.code for fault in found] == codes
    for fault in found:
        assert "the split has none" in fault.message
        assert "model 'guess'" in str(fault.place)


def test_what_is_no_training_set_is_refused_beside_the_faults_of_the_model_itself() -> None:
    wrong: Any = ROWS
    found = faults_of(hw.Model("a/b", wrong, estimator="forest"))
    assert [fault.code for fault in found] == ["HW211", "HW211", "HW211"]
    assert "found 'forest'" in found[0].message
    assert found[1].message == "'a/b' cannot name a folder"
    assert found[2].message == "data of model 'a/b' is a Source, not a TrainingSet"


def test_faults_of_the_training_set_are_told_and_nothing_is_asked_of_what_it_cannot_give() -> None:
    wrong: Any = "odd"
    found = faults_of(hw.Model("guess", training_set(label=wrong), rule=pl.col("nowhere")))
    assert found != []
    assert all("nowhere" not in str(fault) for fault in found)


def test_a_rule_reads_keys_kept_columns_features_and_as_of() -> None:
    rule = pl.col("x") + pl.col("v__mean_2d") + pl.col("as_of").dt.day()
    data = training_set(features=[view("x")])
    assert faults_of(hw.Model("guess", data, rule=rule, groups=pl.col("who"))) == []


@pytest.mark.parametrize("column", ["y", "odd"])
@pytest.mark.parametrize("argument", ["rule", "groups"])
def test_a_rule_cannot_read_the_label_or_what_is_not_an_input(argument: str, column: str) -> None:
    given: dict[str, Any] = {argument: pl.col(column) > 1}
    (fault,) = faults_of(hw.Model("guess", training_set(), **given))
    assert fault.code == "HW201"
    assert f"column {column!r} is not in training set 'ten'" in fault.message
    assert "model 'guess'" in str(fault.place)


def test_a_feature_at_fault_is_told_once_and_not_again_of_the_rule_that_reads_it() -> None:
    data = training_set(features=[view("nowhere")])
    (fault,) = faults_of(hw.Model("guess", data, rule=pl.col("v__mean_2d") * 2))
    assert (fault.code, "'nowhere'" in fault.message) == ("HW201", True)
    both = faults_of(hw.Model("guess", data, rule=pl.col("v__mean_2d") * pl.col("amuont")))
    assert [fault.code for fault in both] == ["HW201", "HW201"]
    assert "'amuont'" in both[1].message


def test_a_model_that_was_made_nowhere_has_its_faults_told_all_the_same() -> None:
    (fault,) = faults_of(hw.Model("guess", training_set(), calibrate="platt", place=None))
    assert (fault.code, fault.place) == ("HW211", None)
