"""Training: one look per computation of a test metric, and one root seed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError, SpecError, SpecErrors
from headwater.models.metrics import metrics
from headwater.runtime.build import Session
from headwater.runtime.project import Project
from headwater.runtime.train import Trained, train_in, zeros_and_ones
from headwater.stores import ledger

ESTIMATOR = '"sklearn.linear_model.LogisticRegression"'
WEAKER = {f"estimator={ESTIMATOR},": f'estimator={ESTIMATOR}, params={{"C": 0.01}},'}


def train(project: Project, name: str = "late_model", *, seed: int | None = None) -> Trained:
    session = Session(project.home, project.seed if seed is None else seed)
    return train_in(project.of(hw.Model)[name], session)


def looks(project: Project) -> list[dict[str, Any]]:
    return ledger.read(project.home.ledger)


def numbers(trained: Trained, part: str = "test") -> dict[str, float]:
    found = trained.result["metrics"][part]
    return {name: found[name] for name in ("roc_auc", "pr_auc", "brier", "log_loss")}


def test_metrics_stand_beside_baseline_and_rule_with_intervals(ran: Any) -> None:
    trained = train(ran.project)
    assert set(trained.result["metrics"]) == {"validation", "test"}
    for name in ("metrics", "baseline", "rule"):
        for part in ("validation", "test"):
            found = trained.result[name][part]
            assert set(found["intervals"]) == {
                "roc_auc",
                "pr_auc",
                "prevalence",
                "brier",
                "log_loss",
            }
            for metric, interval in found["intervals"].items():
                low, high = interval
                assert low <= found[metric] <= high, (name, part, metric)
    prevalence = trained.artifact.manifest["parts"]["train"]["prevalence"]
    labels = trained.artifact.to_polars("test")["late"].cast(pl.Int64).to_numpy()
    expected = metrics(labels, np.full(len(labels), prevalence))
    baseline = trained.result["baseline"]["test"]
    assert {name: baseline[name] for name in expected} == expected
    assert baseline["roc_auc"] == 0.5
    assert baseline["pr_auc"] == trained.result["metrics"]["test"]["prevalence"]
    rule = trained.artifact.to_polars("test")["courier__late_share_6h"].fill_null(0.3).to_numpy()
    assert trained.result["rule"]["test"]["roc_auc"] == metrics(labels, rule)["roc_auc"]


def test_the_metrics_are_of_the_estimator_on_the_prepared_rows(ran: Any) -> None:
    trained = train(ran.project)
    scores = trained.scores.filter(pl.col("part") == "validation")["score"].to_numpy()
    labels = trained.artifact.to_polars("validation")["late"].cast(pl.Int64).to_numpy()
    expected = metrics(labels, scores)
    found = trained.result["metrics"]["validation"]
    assert {name: found[name] for name in expected} == expected


def test_a_model_without_a_rule_has_none(make_project: Any) -> None:
    text = {'rule=pl.col("courier__late_share_6h").fill_null(0.3),': ""}
    assert train(make_project(replace=text)).result["rule"] is None


@pytest.mark.parametrize(("late", "only"), [(0, 0), (100, 1)])
def test_areas_of_a_part_of_one_class_are_undefined_in_words(
    make_project: Any, parcels: pl.DataFrame, late: int, only: int
) -> None:
    in_test = pl.col("sent_at") >= parcels["sent_at"].sort()[1_550]
    rows = parcels.with_columns(
        minutes_late=pl.when(in_test & pl.col("minutes_late").is_not_null())
        .then(pl.lit(late))
        .otherwise("minutes_late")
    )
    project = make_project(rows=rows)
    result = train(project).result
    for name in ("metrics", "baseline", "rule"):
        found = result[name]["test"]
        assert (found["roc_auc"], found["pr_auc"], found["prevalence"]) == (None, None, only)
        assert [found["intervals"][area] for area in ("roc_auc", "pr_auc")] == [None, None]
        assert found["undefined"] == dict.fromkeys(("roc_auc", "pr_auc"), f"every label is {only}")
    for gain in (result["against"]["test"][other]["pr_auc"] for other in ("rule", "baseline")):
        assert gain == {"difference": None, "low": None, "high": None}
    (look,) = looks(project)
    assert look["metrics"].keys() == {"prevalence", "brier", "log_loss"}
    assert look["undefined"] == result["metrics"]["test"]["undefined"]
    json.dumps(result, allow_nan=False)


# looks


def test_each_computation_of_a_test_metric_is_one_look_and_a_kept_answer_is_none(
    make_project: Any,
) -> None:
    project = make_project()
    first = train(project)
    assert not first.cached
    assert first.result["looks"] == 1
    (look,) = looks(project)
    assert (look["model"], look["part"], look["look"]) == ("late_model", "test", 1)
    assert look["fingerprint"] == first.artifact.fingerprint
    assert look["metrics"]["roc_auc"] == first.result["metrics"]["test"]["roc_auc"]
    again = train(project)
    assert again.cached
    assert again.result == first.result
    assert again.scores.equals(first.scores)
    assert len(looks(project)) == 1


def test_changed_parameters_and_a_damaged_answer_are_looked_at_again(make_project: Any) -> None:
    project = make_project()
    train(project)
    other = train(make_project(replace=WEAKER))
    assert other.result["looks"] == 2
    for path in project.home.models.rglob("manifest.json"):
        path.write_bytes(path.read_bytes()[:-3])
    again = train(make_project())
    assert not again.cached
    assert again.result["looks"] == 3
    assert [look["look"] for look in looks(project)] == [1, 2, 3]


def test_a_training_set_without_a_test_part_is_never_looked_at(make_project: Any) -> None:
    text = {"train=0.6, validation=0.2, test=0.2": "train=0.7, validation=0.3, test=0.0"}
    project = make_project(replace=text)
    trained = train(project)
    assert set(trained.result["metrics"]) == {"validation"}
    assert trained.result["looks"] == 0
    assert looks(project) == []


def test_a_look_is_entered_before_its_answer_is_kept(
    make_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    project = make_project()
    train(project)
    other = make_project(replace=WEAKER)
    monkeypatch.setattr("headwater.stores.cache.Cache.keep", stop)
    with pytest.raises(KeyboardInterrupt):
        train(other)
    assert len(looks(project)) == 2


# one root seed


TREES = '"sklearn.ensemble.RandomForestClassifier", params={"n_estimators": 5}'
FOREST = {ESTIMATOR: TREES}
SECOND = FOREST | {
    "clocks = hw": f'second = hw.Model("second", late, estimator={TREES})\nclocks = hw',
}


def test_another_model_beside_it_changes_no_number_of_a_model(make_project: Any) -> None:
    alone = train(make_project("alone", replace=FOREST))
    project = make_project("both", replace=SECOND)
    second = train(project, "second")
    beside = train(project)
    assert beside.scores.equals(alone.scores)
    assert beside.result["metrics"] == alone.result["metrics"]
    assert numbers(second) != numbers(beside)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(make_project: Any) -> None:
    one = train(make_project("one", replace=FOREST))
    same = train(make_project("same", replace=FOREST))
    other = train(make_project("other", replace=FOREST, settings='name = "parcels"\nseed = 8\n'))
    assert same.result == one.result
    assert numbers(other) != numbers(one)


# what stands in


def test_a_boosting_library_that_cannot_be_loaded_is_stood_in_for_and_said(
    make_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    text = {ESTIMATOR: '"lightgbm.LGBMClassifier", params={"n_estimators": 5}'}
    project = make_project(replace=text)
    trained = train(project)
    assert trained.result["model"]["estimator"] == "HistGradientBoostingClassifier"
    assert "stands in for lightgbm.LGBMClassifier" in trained.result["model"]["note"]
    assert train(project).cached
    monkeypatch.undo()
    real = train(project)
    assert not real.cached
    assert real.result["model"] == {
        "name": "late_model", "estimator": "LGBMClassifier", "note": "", "calibrate": None,
    }  # fmt: skip
    assert real.result["looks"] == 2


# what is refused


def test_an_estimator_that_does_not_exist_is_refused_before_anything_is_built(
    make_project: Any,
) -> None:
    project = make_project(replace={ESTIMATOR: '"sklearn.linear_model.LogisticRegresion"'})
    with pytest.raises(SpecError) as caught:
        train(project)
    assert caught.value.code == "HW701"
    assert "definitions.py" in str(caught.value.place)
    assert not project.home.artifacts.exists()
    assert looks(project) == []


def test_faults_of_model_and_training_set_come_together(make_project: Any) -> None:
    text = {
        '"courier__late_share_6h"': '"courier__late_shar_6h"',
        '"distance", "weight"': '"distanc", "weight"',
    }
    with pytest.raises(SpecErrors) as caught:
        train(make_project(replace=text | {ESTIMATOR: '"nodots"'}))
    assert sorted(fault.code for fault in caught.value.faults) == ["HW201", "HW211"]
    assert "'distanc'" in str(caught.value)


def test_a_part_of_a_single_class_is_refused(make_project: Any, parcels: pl.DataFrame) -> None:
    rows = parcels.with_columns(minutes_late=pl.col("minutes_late") * 0)
    with pytest.raises(DataError) as caught:
        train(make_project(rows=rows))
    assert caught.value.code == "HW702"


@pytest.mark.parametrize("name", ["a/b", "..", ""])
def test_a_model_whose_name_is_no_folder_is_refused(make_project: Any, name: str) -> None:
    project = make_project(replace={'hw.Model(\n    "late_model"': f'hw.Model(\n    "{name}"'})
    with pytest.raises(SpecError, match="cannot name a folder") as caught:
        train(project, name)
    assert caught.value.code == "HW211"


def test_a_label_that_is_a_number_is_not_cut_down_to_a_class(make_project: Any) -> None:
    text = {'"late", pl.col("minutes_late") > 15': '"late", (pl.col("minutes_late") > 15) * 0.7'}
    project = make_project(replace=text)
    with pytest.raises(DataError, match="label 'late' holds other values than 0 and 1") as caught:
        train(project)
    assert caught.value.code == "HW703"
    assert looks(project) == []


@pytest.mark.parametrize(
    "label", [[True, False], [1, 0], [1.0, 0.0], pl.Series([1, 0], dtype=pl.UInt8)]
)
def test_zeros_and_ones_of_every_type_are_a_label(label: Any) -> None:
    assert zeros_and_ones(pl.Series(label)).tolist() == [1, 0]


@pytest.mark.parametrize("label", [[2, 0], [0.5, 1.0], [float("nan"), 1.0], [-1, 1]])
def test_other_values_are_none(label: Any) -> None:
    with pytest.raises(DataError, match="HW703"):
        zeros_and_ones(pl.Series(label))


# the other ways in


def test_train_takes_the_projects_folder_and_says_plain_values(make_project: Any) -> None:
    project = make_project()
    result = hw.train(project.of(hw.Model)["late_model"], seed=7)
    assert Path(project.home.ledger).is_file()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert set(result) == {
        *("training_set", "model", "metrics", "baseline", "rule", "against", "pinned"),
        *("calibration", "uncalibrated", "importance", "looks", "cached"),
    }  # fmt: skip
    assert result["training_set"]["fingerprint"] == train(project).artifact.fingerprint


def test_a_changed_estimator_of_the_users_own_is_trained_again(
    make_project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own_estimators.py"
    text = "from sklearn.linear_model import LogisticRegression as Mine  # C = 1\n"
    own.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_estimators", raising=False)
    project = make_project(replace={ESTIMATOR: '"own_estimators.Mine"'})
    assert not train(project).cached
    assert train(project).cached
    own.write_text(text + "Mine = type('Mine', (Mine,), {})\n", encoding="utf-8")
    again = train(project)
    assert not again.cached
    assert again.artifact.cached


def test_a_misspelt_parameter_is_refused_before_anything_is_built(make_project: Any) -> None:
    misspelt = 'estimator="lightgbm.LGBMClassifier", params={"num_leafs": 7},'
    project = make_project(replace={f"estimator={ESTIMATOR},": misspelt})
    with pytest.raises(SpecError, match="takes no parameter 'num_leafs'") as caught:
        train(project)
    assert str(caught.value.hint).startswith("did you mean 'num_leaves'?")
    assert not project.home.artifacts.exists()
