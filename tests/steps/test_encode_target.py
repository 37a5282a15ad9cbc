"""EncodeTarget: its arithmetic, and that no training row sees its own label."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from headwater.engines.preparation import FittedPreparation, fit
from headwater.engines.preparation_state import save
from headwater.errors import DataError, SpecError
from headwater.spec.recipe import Recipe
from headwater.steps.encode_target import EncodeTarget
from headwater.steps.selectors import strings


def encoded(
    training: pl.DataFrame, label: pl.Series | None, *, smoothing: float = 10.0, seed: int = 0
) -> FittedPreparation:
    recipe = Recipe(EncodeTarget(strings(), smoothing=smoothing))
    return fit(recipe, training, columns=["c"], label=label, seed=seed)


SMALL = pl.DataFrame({"c": ["a", "a", "a", "b", None]})
LABEL = pl.Series("late", [True, True, False, False, False])


def test_serving_value_is_the_m_estimate_of_all_training_rows() -> None:
    fitted = encoded(SMALL, LABEL, smoothing=2.0)
    prior = 2 / 5
    values = fitted.apply(pl.DataFrame({"c": ["a", "b", None, "new"]}))["c"].to_list()
    assert values == pytest.approx([(2 + 2 * prior) / 5, 2 * prior / 3, prior, prior], rel=1e-15)


def test_without_smoothing_it_is_the_plain_mean() -> None:
    fitted = encoded(SMALL, LABEL, smoothing=0.0)
    assert fitted.apply(pl.DataFrame({"c": ["a", "b"]}))["c"].to_list() == [2 / 3, 0.0]


def test_rows_without_a_label_do_not_count() -> None:
    training = pl.DataFrame({"c": ["a", "a", "b", "d"]})
    fitted = encoded(training, pl.Series("y", [1.0, None, 0.0, float("nan")]), smoothing=0.0)
    asked = pl.DataFrame({"c": ["a", "b", "d"]})
    assert fitted.apply(asked)["c"].to_list() == [1.0, 0.0, 0.5]


def test_own_label_does_not_move_the_training_output_of_a_row() -> None:
    rng = np.random.default_rng(1)
    training = pl.DataFrame({"c": rng.choice(["a", "b", "d"], 40)})
    label = rng.integers(0, 2, 40).astype(np.float64)
    before = encoded(training, pl.Series(label)).training_output["c"]
    for row in range(40):
        changed = label.copy()
        changed[row] = 1.0 - changed[row]
        after = encoded(training, pl.Series(changed)).training_output["c"]
        assert after[row] == before[row]
        assert not after.equals(before)


def noise(prevalence: float, rows: int, seed: int) -> tuple[pl.DataFrame, pl.Series]:
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame({"c": rng.integers(0, 1000, rows)}).cast(pl.String)
    return frame, pl.Series("y", (rng.random(rows) < prevalence).astype(np.float64))


@pytest.mark.parametrize(("prevalence", "naive"), [(0.5, 0.6), (0.06, 0.7)])
def test_a_noise_label_cannot_be_learned_from_a_thousand_categories(
    prevalence: float, naive: float
) -> None:
    training, label = noise(prevalence, 20_000, seed=11)
    test, test_label = noise(prevalence, 40_000, seed=12)
    fitted = encoded(training, label)
    assert 0.48 <= roc_auc_score(test_label, fitted.apply(test)["c"]) <= 0.52
    assert 0.47 <= roc_auc_score(label, fitted.training_output["c"]) <= 0.53
    assert roc_auc_score(label, fitted.apply(training)["c"]) > naive


def test_a_category_that_matters_keeps_its_signal_out_of_fold() -> None:
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 10, 2_000)
    label = (rng.random(2_000) < codes / 10).astype(np.float64)
    training = pl.DataFrame({"c": codes}).cast(pl.String)
    assert roc_auc_score(label, encoded(training, pl.Series(label)).training_output["c"]) > 0.75


def test_the_seed_moves_the_folds_and_not_the_state() -> None:
    training, label = noise(0.5, 300, seed=2)
    first, again, other = (encoded(training, label, seed=seed) for seed in (1, 1, 2))
    assert save(first) == save(again)
    assert first.training_output.equals(again.training_output)
    assert not first.training_output.equals(other.training_output)
    assert json.loads(save(other))["program"] == json.loads(save(first))["program"]


def test_two_training_rows_are_enough_and_one_is_not() -> None:
    two = encoded(pl.DataFrame({"c": ["a", "b"]}), pl.Series([1.0, 0.0]))
    assert two.training_output["c"].to_list() == [0.0, 1.0]
    with pytest.raises(DataError, match="two training rows") as caught:
        encoded(pl.DataFrame({"c": ["a"]}), pl.Series([1.0]))
    assert caught.value.code == "HW602"


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (None, "there is none"),
        (pl.Series("y", list("abcde")), "must be a number or a boolean"),
        (pl.Series("y", [1.0]), "1 values for 5 training rows"),
    ],
)
def test_a_label_that_cannot_be_learned_from_is_an_error(
    label: pl.Series | None, message: str
) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        encoded(SMALL, label)
    assert caught.value.code == "HW605"


def test_labels_that_are_all_null_are_an_error() -> None:
    with pytest.raises(DataError, match="'label' has no value") as caught:
        encoded(SMALL, pl.Series("y", [None] * 5, dtype=pl.Float64))
    assert caught.value.code == "HW602"
