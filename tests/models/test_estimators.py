"""Estimators by import path: repeatable, replaceable, and clear about what they refuse."""

from __future__ import annotations

import builtins
import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from headwater.errors import DataError, EngineError, Place, SpecError
from headwater.models.estimators import fit, fit_predict, load, matrix, predict_probability

LIGHTGBM = "lightgbm.LGBMClassifier"
STAND_IN = "sklearn.ensemble.HistGradientBoostingClassifier"
PLACE = Place("features.py", 12, "model 'late'")


def rows(count: int = 600, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(count, 3))
    label = (values[:, 0] + generator.normal(size=count) > 0).astype(np.int64)
    return pl.DataFrame(values, schema=["a", "b", "c"]), label


def probabilities(path: str, params: dict[str, Any], seed: int) -> np.ndarray:
    frame, label = rows()
    estimator, _ = load(path, params, seed=seed)
    return fit_predict(estimator, frame, label=label, parts={"test": frame})["test"]


@pytest.mark.parametrize("path", [LIGHTGBM, STAND_IN, "sklearn.ensemble.RandomForestClassifier"])
def test_the_same_fit_twice_gives_the_same_bytes(path: str) -> None:
    key = "max_iter" if path == STAND_IN else "n_estimators"
    first, again = (probabilities(path, {key: 20}, 7) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert first.shape == (600,)
    assert 0 <= first.min() < 0.3 < 0.7 < first.max() <= 1


def test_the_seed_decides_the_chance_in_fitting() -> None:
    params = {"n_estimators": 10, "subsample": 0.5, "subsample_freq": 1}
    first, other = (probabilities(LIGHTGBM, params, seed) for seed in (1, 2))
    assert first.tobytes() != other.tobytes()


def test_the_number_of_threads_does_not_change_a_byte_of_lightgbm() -> None:
    one, two = (probabilities(LIGHTGBM, {"n_estimators": 20, "n_jobs": n}, 7) for n in (1, 2))
    assert one.tobytes() == two.tobytes()


def test_lightgbm_is_made_deterministic_where_the_user_left_it_open() -> None:
    estimator, note = load(LIGHTGBM, {"num_leaves": 7}, seed=2**31 + 5)
    assert note == ""
    assert {
        name: estimator.get_params()[name]
        for name in ("deterministic", "force_row_wise", "n_jobs", "random_state", "verbosity")
    } == {
        "deterministic": True,
        "force_row_wise": True,
        "n_jobs": 2,
        "random_state": 5,
        "verbosity": -1,
    }


def test_settings_of_the_user_win_under_any_of_their_names() -> None:
    given = {"seed": 3, "num_threads": 1, "verbose": 0, "force_col_wise": True}
    params = load(LIGHTGBM, {**given, "deterministic": False}, seed=9)[0].get_params()
    assert params["deterministic"] is False
    assert (params["random_state"], params["n_jobs"]) == (None, None)
    assert "force_row_wise" not in params
    assert "verbosity" not in params


def test_probability_is_of_label_one_also_for_booleans() -> None:
    frame, label = rows()
    estimator, _ = load("sklearn.linear_model.LogisticRegression", {}, seed=0)
    found = fit_predict(estimator, frame, label=label == 1, parts={"all": frame})["all"]
    assert found[label == 1].mean() > found[label == 0].mean() + 0.2


def test_parts_may_order_their_columns_in_another_way() -> None:
    frame, label = rows()
    estimator, _ = load("sklearn.linear_model.LogisticRegression", {}, seed=0)
    found = fit_predict(
        estimator, frame, label=label, parts={"x": frame, "y": frame.select("c", "a", "b")}
    )
    assert found["x"].tobytes() == found["y"].tobytes()


def test_a_part_without_rows_gets_no_probabilities() -> None:
    frame, label = rows()
    estimator, _ = load(LIGHTGBM, {"n_estimators": 2}, seed=0)
    found = fit_predict(estimator, frame, label=label, parts={"test": frame.head(0)})
    assert found["test"].shape == (0,)


def test_hidden_lightgbm_is_replaced_and_the_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    params = {"n_estimators": 30, "num_leaves": 9, "max_depth": -1, "subsample": 0.5}
    estimator, note = load(LIGHTGBM, params, seed=4)
    assert type(estimator).__name__ == "HistGradientBoostingClassifier"
    assert {
        name: estimator.get_params()[name]
        for name in ("max_iter", "max_leaf_nodes", "max_depth", "random_state", "early_stopping")
    } == {
        "max_iter": 30,
        "max_leaf_nodes": 9,
        "max_depth": None,
        "random_state": 4,
        "early_stopping": False,
    }
    assert note.startswith(
        f"{STAND_IN} stands in for {LIGHTGBM}, because lightgbm cannot be loaded"
    )
    assert note.endswith("it has no counterpart of subsample")


def test_a_seed_of_the_user_is_kept_by_what_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    estimator, note = load(LIGHTGBM, {"seed": 3, "num_threads": 1}, seed=9)
    assert estimator.get_params()["random_state"] == 3
    assert "no counterpart" not in note


def test_a_shared_library_that_does_not_open_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib, "import_module", failing_on("lightgbm", importlib.import_module))
    estimator, note = load(LIGHTGBM, {}, seed=0)
    assert type(estimator).__name__ == "HistGradientBoostingClassifier"
    assert "libgomp.so.1: cannot open shared object file" in note


def test_without_fallback_a_library_that_cannot_load_is_an_error_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(EngineError) as caught:
        load(LIGHTGBM, {}, seed=0, fallback=False, place=PLACE)
    assert caught.value.code == "HW501"
    assert caught.value.hint == "pip install 'headwater[learn]'"


def test_missing_scikit_learn_is_an_error_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "__import__", refusing("sklearn", builtins.__import__))
    monkeypatch.delitem(sys.modules, "headwater.models.estimators")
    with pytest.raises(EngineError, match="scikit-learn") as caught:
        importlib.import_module("headwater.models.estimators")
    assert caught.value.code == "HW501"
    assert caught.value.hint == "pip install 'headwater[learn]'"


@pytest.mark.parametrize(
    ("path", "words", "hint"),
    [
        ("lightgbm.LGBMClasifier", "cannot be imported", "did you mean 'LGBMClassifier'?"),
        ("lightgbm.nope.LGBMClassifier", "No module named 'lightgbm.nope'", "module and class"),
        ("lihgtgbm.LGBMClassifier", "No module named 'lihgtgbm'", "module and class"),
        ("LGBMClassifier", "cannot be imported", "module and class"),
        ("sklearn.metrics.roc_auc_score", "is not an estimator class", ""),
        ("sklearn.linear_model.LinearRegression", "gives no probabilities", "predict_proba"),
    ],
)
def test_a_path_that_makes_no_classifier_is_a_spec_error(path: str, words: str, hint: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        load(path, {}, seed=0, place=PLACE)
    assert caught.value.code == "HW701"
    assert caught.value.place == PLACE
    assert hint in (caught.value.hint or "")


def test_a_parameter_that_the_class_does_not_have_is_a_spec_error() -> None:
    with pytest.raises(SpecError, match="takes no parameter 'depth'"):
        load("sklearn.tree.DecisionTreeClassifier", {"depth": 3}, seed=0)


@pytest.mark.parametrize(
    ("path", "params"),
    [(LIGHTGBM, {"num_leaves": 1}), ("sklearn.tree.DecisionTreeClassifier", {"max_depth": "x"})],
)
def test_a_parameter_that_fitting_refuses_is_a_spec_error(
    path: str, params: dict[str, Any]
) -> None:
    frame, label = rows()
    estimator, _ = load(path, params, seed=0)
    with pytest.raises(SpecError, match="cannot be fitted") as caught:
        fit(estimator, matrix(frame, estimator), label, place=PLACE)
    assert (caught.value.code, caught.value.place) == ("HW704", PLACE)


@pytest.mark.parametrize(("label", "words"), [([1, 1], "only the label 1"), ([], "no rows")])
def test_a_single_class_cannot_be_fitted(label: list[int], words: str) -> None:
    estimator, _ = load(LIGHTGBM, {}, seed=0)
    with pytest.raises(DataError, match=words) as caught:
        fit(estimator, np.zeros((len(label), 1)), np.array(label, dtype=np.int64))
    assert caught.value.code == "HW702"


HOLED = pl.DataFrame({"a": [1.0, None, 3.0], "b": [1, 2, 3], "c": [float("nan"), 0.0, 0.0]})


def test_missing_values_reach_only_an_estimator_that_takes_them() -> None:
    boosting, _ = load(LIGHTGBM, {}, seed=0)
    assert np.isnan(matrix(HOLED, boosting)).sum() == 2
    linear, _ = load("sklearn.linear_model.LogisticRegression", {}, seed=0)
    with pytest.raises(SpecError, match="these columns have some: a, c") as caught:
        matrix(HOLED, linear, place=PLACE)
    assert (caught.value.code, caught.value.place) == ("HW704", PLACE)
    assert matrix(HOLED.select("b"), linear).tolist() == [[1.0], [2.0], [3.0]]


def test_the_matrix_is_contiguous_by_row_and_exact() -> None:
    boosting, _ = load(LIGHTGBM, {}, seed=0)
    found = matrix(pl.DataFrame({"i": [2**53, 1], "t": [True, False]}), boosting)
    assert found.flags.c_contiguous
    assert found.tolist() == [[2.0**53, 1.0], [1.0, 0.0]]


def test_columns_that_are_no_numbers_are_named() -> None:
    boosting, _ = load(LIGHTGBM, {}, seed=0)
    with pytest.raises(SpecError, match="these columns are not: carrier") as caught:
        matrix(pl.DataFrame({"carrier": ["AA"], "x": [1.0]}), boosting, place=PLACE)
    assert "EncodeOneHot" in (caught.value.hint or "")


def test_a_class_without_tags_decides_about_missing_values_itself() -> None:
    class Plain:
        classes_ = np.array([0, 1])

        def predict_proba(self, values: np.ndarray) -> np.ndarray:
            return np.tile([0.25, 0.75], (len(values), 1))

    assert predict_probability(Plain(), matrix(HOLED, Plain())).tolist() == [0.75] * 3


def failing_on(library: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def import_module(name: str, package: str | None = None) -> Any:
        if name == library:
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real(name, package)

    return import_module


def refusing(library: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def import_one(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == library:
            raise ImportError(f"No module named {library!r}")
        return real(name, *args, **kwargs)

    return import_one


@pytest.mark.parametrize(
    ("path", "name", "near"),
    [
        (LIGHTGBM, "num_leafs", "did you mean 'num_leaves'?"),
        (LIGHTGBM, "min_data_in_laef", "did you mean 'min_data_in_leaf'?"),  # an alias
        ("sklearn.linear_model.LogisticRegression", "max_itre", "did you mean 'max_iter'?"),
    ],
)
def test_a_misspelt_parameter_is_refused_with_the_nearest(path: str, name: str, near: str) -> None:
    with pytest.raises(SpecError, match=f"takes no parameter '{name}'") as caught:
        load(path, {name: 1}, seed=0, place=PLACE)
    assert caught.value.code == "HW701"
    assert caught.value.place == PLACE
    assert str(caught.value.hint).startswith(near)


def test_every_name_and_alias_of_lightgbm_is_taken() -> None:
    params = {"min_data_in_leaf": 5, "sub_row": 0.5, "subsample_freq": 1, "importance_type": "gain"}
    estimator, note = load(LIGHTGBM, params, seed=0)
    assert params.items() <= estimator.get_params().items()
    assert note == ""


def test_a_class_that_takes_any_keyword_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Free:
        def __init__(self, **params: Any) -> None:
            self.params = params

        def fit(self, rows: Any, label: Any) -> Any: ...

        def predict_proba(self, rows: Any) -> Any: ...

    module = types.ModuleType("free_estimators")
    module.Free = Free  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "free_estimators", module)
    estimator, _ = load("free_estimators.Free", {"anything": 1}, seed=0)
    assert estimator.params == {"anything": 1}


def test_a_lightgbm_that_does_not_list_its_names_is_not_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("lightgbm.basic._ConfigAliases")
    assert load(LIGHTGBM, {"num_leafs": 1}, seed=0)[1] == ""
