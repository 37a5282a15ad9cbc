"""Inspection: calibration by part, importance by view and by input, on validation only."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.models.calibrators import calibrator
from headwater.models.metrics import metrics
from headwater.runtime import inspection
from headwater.runtime.build import Session
from headwater.runtime.train import Trained, labels, train_in

INPUTS = {
    *("distance", "weight", "depot", "courier__minutes_late_mean_6h"),
    *("courier__minutes_late_mean_1d", "courier__late_share_6h"),
    *("courier__minutes_late_count_1d", "depot__minutes_late_mean_1d"),
}


def test_every_view_and_every_input_is_shuffled_on_validation(ran: Any) -> None:
    found = ran.result["importance"]
    assert found["part"] == "validation"
    assert found["rows"] == ran.result["training_set"]["parts"]["validation"]["rows"]
    assert found["roc_auc"] == pytest.approx(ran.result["metrics"]["validation"]["roc_auc"])
    by_kind = {
        kind: {one["name"]: one for one in found["drops"] if one["kind"] == kind}
        for kind in ("view", "input")
    }
    assert set(by_kind["view"]) == {"courier", "depot"}
    assert set(by_kind["input"]) == INPUTS
    assert by_kind["view"]["courier"]["columns"] == 4
    drops = [one["drop"] for one in found["drops"]]
    assert drops == sorted(drops, reverse=True)
    assert by_kind["view"]["courier"]["drop"] > by_kind["view"]["depot"]["drop"]
    for one in found["drops"]:
        assert one["low"] <= one["high"]


def test_each_measured_part_has_a_calibration_of_its_brier_score(ran: Any) -> None:
    found = ran.result["calibration"]
    assert list(found) == ["validation", "test"]
    for part, scores in ran.result["metrics"].items():
        assert found[part]["brier"] == pytest.approx(scores["brier"])
        assert (
            sum(one["rows"] for one in found[part]["bins"])
            == (ran.result["training_set"]["parts"][part]["rows"])
        )


def test_the_gain_on_rule_and_baseline_is_paired(ran: Any) -> None:
    for part in ("validation", "test"):
        for other in ("rule", "baseline"):
            for metric, gain in ran.result["against"][part][other].items():
                own = ran.result["metrics"][part][metric]
                assert gain["difference"] == own - ran.result[other][part][metric]
                assert gain["low"] <= gain["difference"] <= gain["high"]


def test_without_validation_there_is_no_importance_and_a_reason(make_project: Any) -> None:
    text = {"validation=0.2, test=0.2": "validation=0, test=0.4"}
    project = make_project(replace=text)
    trained = train_in(project.of(hw.Model)["late_model"], Session(project.home, 7))
    assert trained.result["importance"] == {"undefined": "there is no validation part"}
    assert list(trained.result["calibration"]) == ["test"]


def test_of_too_many_inputs_whole_views_are_shuffled_only(
    make_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "MOST_INPUTS", 3)
    project = make_project()
    trained = train_in(project.of(hw.Model)["late_model"], Session(project.home, 7))
    found = trained.result["importance"]
    assert {one["name"] for one in found["drops"]} == {"courier", "depot"}
    assert found["left_out"] == 8


def test_what_a_run_draws_is_kept_with_it(ran: Any) -> None:
    assert {one["name"] for one in ran.result["distributions"]} == INPUTS
    masked = next(one for one in ran.result["distributions"] if one["name"] == "weight")
    assert masked["parts"]["train"]["nulls"] > 0
    counted = sum(bucket["rows"] for bucket in ran.result["timeline"]["buckets"])
    assert counted == ran.result["training_set"]["rows"]
    assert (
        sum(ran.result["training_set"]["purged"].values())
        == (ran.result["training_set"]["excluded"]["purged"])
    )


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_a_calibrator_learns_from_validation_and_changes_test_only(
    ran: Any, make_project: Any, method: str
) -> None:
    line = "groups=pl.col"
    project = make_project(replace={line: f'calibrate="{method}", {line}'})
    trained = train_in(project.of(hw.Model)["late_model"], Session(project.home, 7))
    plain, found = ran.result, trained.result
    assert found["model"]["calibrate"] == method
    assert found["metrics"]["validation"] == plain["metrics"]["validation"]
    assert found["calibration"]["validation"] == plain["calibration"]["validation"]
    assert found["uncalibrated"] == {"test": plain["calibration"]["test"]}
    assert found["metrics"]["test"]["brier"] != plain["metrics"]["test"]["brier"]
    assert found["calibration"]["test"]["brier"] == pytest.approx(found["metrics"]["test"]["brier"])
    assert plain["uncalibrated"] is None


def scored(trained: Trained, part: str) -> Any:
    return trained.scores.filter(pl.col("part") == part)["score"].to_numpy()


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_a_calibrated_score_is_what_validation_rows_alone_make_of_the_models_score(
    ran: Any, make_project: Any, method: str
) -> None:
    line = "groups=pl.col"
    project = make_project(replace={line: f'calibrate="{method}", {line}'})
    trained = train_in(project.of(hw.Model)["late_model"], Session(project.home, 7))
    plain = train_in(ran.project.of(hw.Model)["late_model"], Session(ran.project.home, 7))
    of_test = scored(plain, "test")
    made = {
        part: calibrator(method, labels(plain.artifact, part), scored(plain, part))(of_test)
        for part in ("validation", "test")
    }
    assert scored(trained, "test").tolist() == made["validation"].tolist()
    assert made["validation"].tolist() != made["test"].tolist()
    assert scored(trained, "validation").tolist() == scored(plain, "validation").tolist()
    found = trained.result["metrics"]["test"]
    expected = metrics(labels(plain.artifact, "test"), made["validation"])
    assert {name: found[name] for name in expected} == expected


def test_a_calibrator_without_test_rows_changes_nothing(make_project: Any) -> None:
    text = {
        "groups=pl.col": 'calibrate="platt", groups=pl.col',
        "validation=0.2, test=0.2": "validation=0.4, test=0",
    }
    project = make_project(replace=text)
    trained = train_in(project.of(hw.Model)["late_model"], Session(project.home, 7))
    assert trained.result["uncalibrated"] is None


def test_a_calibrator_without_validation_rows_is_refused_by_the_plan(make_project: Any) -> None:
    text = {
        "groups=pl.col": 'calibrate="platt", groups=pl.col',
        "validation=0.2, test=0.2": "validation=0, test=0.4",
    }
    project = make_project(replace=text)
    with pytest.raises(SpecError, match="the split has none") as caught:
        train_in(project.of(hw.Model)["late_model"], Session(project.home, 7))
    assert caught.value.code == "HW211"
    assert not project.home.artifacts.exists()
