"""Model: a definition that costs nothing, serializes, and names all its faults."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from headwater.spec.model import ClockComparison, Model
from headwater.spec.training_set import TrainingSet

LATE = cast(TrainingSet, SimpleNamespace(name="late_arrival"))
RULE = pl.col("carrier__late_share_7d").fill_null(0.2)


def test_a_definition_is_plain_json_with_expressions_by_their_digest() -> None:
    model = Model("late_gbm", LATE, params={"num_leaves": 31, "metric": ("auc",)}, rule=RULE)
    found = json.loads(json.dumps(model.definition()))
    digest = found.pop("rule")["expression"]
    assert found == {
        "name": "late_gbm",
        "training_set": "late_arrival",
        "estimator": "lightgbm.LGBMClassifier",
        "params": {"num_leaves": 31, "metric": ["auc"]},
        "groups": None,
        "calibrate": None,
    }
    assert len(digest) == 64


def test_the_same_expression_has_the_same_digest_and_another_has_another() -> None:
    first, again, other = (
        Model("m", LATE, rule=rule, owner=owner).definition()
        for rule, owner in ((RULE, "a"), (RULE + 0, "b"), (RULE, "c"))
    )
    assert first == other
    assert first != again


def test_a_model_remembers_the_line_where_it_was_made() -> None:
    model = Model("m", LATE)
    assert model.place is not None
    assert Path(model.place.file) == Path(__file__)


def test_a_model_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Model("m", LATE).name = "other"  # type: ignore[misc]


def test_a_sound_model_has_no_faults() -> None:
    model = Model(
        "m", LATE, params={"a": [1, {"b": None}], "c": (1, 2)}, rule=RULE, groups=pl.col("day")
    )
    assert model.faults() == []


def test_all_faults_are_found_at_once_with_their_place() -> None:
    given: dict[str, Any] = {"estimator": "LGBMClassifier", "rule": "x", "groups": "day"}
    faults = Model("m", LATE, params={"a": {1, 2}}, **given).faults()
    assert [fault.code for fault in faults] == ["HW211"] * 4
    assert [fault.message for fault in faults] == [
        "estimator= takes module and class, found 'LGBMClassifier'",
        "params= must hold plain JSON values: Object of type set is not JSON serializable",
        "rule= takes a Polars expression, found str",
        "groups= takes a Polars expression, found str",
    ]
    assert all("model 'm'" in str(fault.place) for fault in faults)


@pytest.mark.parametrize("params", [{"a": float("nan")}, {1: 2}, {"a": {2: 3}}, {"f": len}])
def test_params_that_do_not_come_back_from_json_are_a_fault(params: dict[str, Any]) -> None:
    assert len(Model("m", LATE, params=params).faults()) == 1


def test_a_calibrator_is_one_of_two() -> None:
    for method in ("isotonic", "platt", None):
        assert Model("m", LATE, calibrate=method).faults() == []
    (fault,) = Model("m", LATE, calibrate="beta").faults()  # type: ignore[arg-type]
    assert fault.message == "calibrate= takes 'isotonic' or 'platt', found 'beta'"


def test_a_clock_comparison_names_its_model_and_its_variant() -> None:
    comparison = ClockComparison("clocks", Model("m", LATE), at_event="at_departure")
    assert comparison.definition() == {"name": "clocks", "model": "m", "at_event": "at_departure"}
    assert comparison.place is not None
