"""Fitting recipes on frames, applying them, and their state as text."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

from headwater.aggregations.mean import Mean
from headwater.engines.border import digest
from headwater.engines.preparation import fit
from headwater.engines.preparation_state import load, save
from headwater.engines.recipe_fitting import deal_folds, derived_generator, next_level
from headwater.errors import DataError, SpecError
from headwater.kernel.row_operations import ColumnKind, RowOperation, affine, copy
from headwater.spec.recipe import Recipe
from headwater.steps.base import LABEL, Statistic, Step
from headwater.steps.encode_one_hot import EncodeOneHot
from headwater.steps.encode_target import EncodeTarget
from headwater.steps.impute_median import ImputeMedian
from headwater.steps.scale_standard import ScaleStandard
from headwater.steps.selectors import columns, numeric, strings

IMPUTE, SCALE = ImputeMedian(numeric()), ScaleStandard(numeric())
TRAINING = pl.DataFrame(
    {
        "x": [1.0, None, 3.0, 5.0, math.nan, 100.0],
        "c": ["a", "b", "a", None, "b", "b"],
        "n": [1, 2, 3, 4, 5, 6],
    }
)
LATE = pl.Series("late", [1, 0, 1, 1, 0, 1])


def test_each_step_learns_from_what_the_former_made() -> None:
    fitted = fit(Recipe(IMPUTE, SCALE), TRAINING, columns=["x"], seed=0)
    filled = np.array([1.0, 4.0, 3.0, 5.0, 4.0, 100.0])
    expected = (filled - filled.mean()) / filled.std()
    np.testing.assert_allclose(fitted.training_output["x"], expected, rtol=1e-14)
    assert fitted.training_output.equals(fitted.apply(TRAINING))


def test_statistics_after_target_encoding_are_those_of_the_out_of_fold_values() -> None:
    recipe = Recipe(EncodeTarget(strings(), smoothing=1.0), SCALE)
    fitted = fit(recipe, TRAINING, columns=["c"], label=LATE, seed=0)
    output = fitted.training_output["c"].to_numpy()
    assert output.mean() == pytest.approx(0.0, abs=1e-15)
    assert output.std() == pytest.approx(1.0, rel=1e-14)
    assert fitted.apply(TRAINING)["c"].std(ddof=0) != pytest.approx(1.0, rel=1e-3)


def test_columns_pass_in_order_as_floats_and_others_are_left_out() -> None:
    fitted = fit(Recipe(), TRAINING, columns=["n", "x"], seed=0)
    result = fitted.apply(TRAINING.with_columns(extra=1))
    assert result.schema == {"n": pl.Float64(), "x": pl.Float64()}
    assert result["x"].to_list() == [1.0, None, 3.0, 5.0, None, 100.0]
    assert result["n"].to_list() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_one_hot_columns_come_last_and_are_numbers_for_later_steps() -> None:
    recipe = Recipe(IMPUTE, EncodeOneHot(strings()), SCALE)
    fitted = fit(recipe, TRAINING, columns=["x", "c", "n"], seed=0)
    assert fitted.columns == ("x", "n", "c=a", "c=b", "c=null")
    assert fitted.training_output["c=a"].mean() == pytest.approx(0.0, abs=1e-15)


def test_a_category_that_no_step_encodes_is_an_error_that_names_it() -> None:
    with pytest.raises(SpecError, match="still categories: 'c'") as caught:
        fit(Recipe(IMPUTE), TRAINING, columns=["x", "c"], seed=0)
    assert caught.value.code == "HW601"
    assert "test_preparation.py" in str(caught.value.place)


@pytest.mark.parametrize(
    "values",
    [[datetime(2020, 1, 1)], [datetime(2020, 1, 1).date()], [[1.0]], [{"a": 1}], [b"x"]],
)
def test_types_that_are_neither_numbers_nor_text_are_refused(values: list[Any]) -> None:
    with pytest.raises(SpecError, match="neither a number nor text") as caught:
        fit(Recipe(), pl.DataFrame({"t": values}), columns=["t"], seed=0)
    assert caught.value.code == "HW601"


def test_a_feature_that_does_not_exist_is_an_error_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="column 'xx' does not exist") as caught:
        fit(Recipe(), TRAINING, columns=["xx"], seed=0)
    assert caught.value.code == "HW601"
    assert "did you mean 'x'" in str(caught.value.hint)


def test_the_label_is_not_a_feature() -> None:
    with pytest.raises(SpecError) as caught:
        fit(Recipe(), TRAINING.rename({"x": LABEL}), columns=[LABEL], seed=0)
    assert caught.value.code == "HW207"


def test_a_frame_without_a_fitted_column_or_with_another_kind_is_an_error() -> None:
    fitted = fit(Recipe(IMPUTE, EncodeOneHot(strings())), TRAINING, columns=["x", "c"], seed=0)
    for frame, message in [
        (TRAINING.drop("c"), "column 'c' is missing"),
        (TRAINING.with_columns(x=pl.lit("1.5")), "'x' was fitted as a number, and is a String"),
        (TRAINING.with_columns(c=1), "'c' was fitted as a category, and is a Int32"),
    ]:
        with pytest.raises(DataError, match=message) as caught:
            fitted.apply(frame)
        assert caught.value.code == "HW603"


def test_a_column_without_a_type_is_missing_whatever_its_kind() -> None:
    fitted = fit(Recipe(IMPUTE, EncodeOneHot(strings())), TRAINING, columns=["x", "c"], seed=0)
    assert fitted.apply(pl.DataFrame({"x": [None], "c": [None]})).rows() == [(4.0, 0.0, 0.0, 1.0)]


def test_a_single_row_is_refused_where_a_frame_would_be() -> None:
    fitted = fit(Recipe(IMPUTE, EncodeOneHot(strings())), TRAINING, columns=["x", "c"], seed=0)
    prepare = fitted.row_function()
    refused: list[tuple[dict[str, Any], str]] = [
        ({"x": 1.0}, "column 'c' is missing"),
        ({"c": "a"}, "column 'x' is missing"),
        ({"x": "1.5", "c": "a"}, "'x' was fitted as a number, and is a str"),
        ({"x": 1.0, "c": 3}, "'c' was fitted as a category, and is a int"),
    ]
    for row, message in refused:
        with pytest.raises(DataError, match=message) as caught:
            prepare(row)
        assert caught.value.code == "HW603"


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2.0), np.int64(2), Decimal(2)])
def test_a_single_row_takes_every_kind_of_number(value: Any) -> None:
    fitted = fit(Recipe(IMPUTE), TRAINING, columns=["x", "n"], seed=0)
    assert fitted.row_function()({"x": value, "n": True}).tolist() == [2.0, 1.0]


def test_a_single_row_of_categories_only_needs_no_numbers() -> None:
    fitted = fit(Recipe(EncodeOneHot(strings())), TRAINING, columns=["c"], seed=0)
    assert fitted.row_function()({"c": "b"}).tolist() == [0.0, 1.0, 0.0]


def test_state_names_the_rows_that_it_was_learned_from() -> None:
    fitted = fit(Recipe(IMPUTE), TRAINING, columns=["x"], seed=9, fingerprint="abc")
    state = json.loads(save(fitted))
    assert state["learned_from"] == {
        "rows": 6,
        "fingerprint": "abc",
        "seed": 9,
        "proved": False,
    }
    digested = fit(Recipe(IMPUTE), TRAINING, columns=["x"], seed=9).learned_from.fingerprint
    assert len(digested) == 64
    assert load(save(fitted)).learned_from == fitted.learned_from


def test_digest_is_of_values_and_not_of_chunks() -> None:
    frame = pl.DataFrame({"c": ["ab", None, "", "c"], "x": [1.0, None, 0.0, 2.0]})
    chunked = pl.concat([frame[:2], frame[2:]], rechunk=False)
    assert digest(chunked) == digest(frame)
    others = [
        frame.with_columns(c=pl.Series(["a", None, "b", "c"])),
        frame.with_columns(c=pl.Series(["ab", "", None, "c"])),
        frame.with_columns(x=pl.Series([1.0, 0.0, None, 2.0])),
        frame.rename({"x": "y"}),
        frame[::-1],
        frame[:3],
    ]
    assert len({digest(other) for other in [frame, *others]}) == 7


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: "not json",
        lambda state: json.dumps(state | {"format": 1}),
        lambda state: json.dumps({k: v for k, v in state.items() if k != "program"}),
        lambda state: json.dumps(state | {"program": state["program"] | {"registers": 0}}),
        lambda state: json.dumps(
            state | {"program": state["program"] | {"operations": [[6, 0, 0]]}}
        ),
        lambda state: json.dumps([state]),
        lambda state: "",
    ],
)
def test_a_damaged_state_is_a_coded_error_with_its_name(damage: Any) -> None:
    text = save(fit(Recipe(IMPUTE), TRAINING, columns=["x"], seed=0))
    with pytest.raises(DataError, match="cannot be read") as caught:
        load(damage(json.loads(text)), name="recipe.json")
    assert (caught.value.code, caught.value.place) == ("HW604", "recipe.json")


def test_state_is_json_that_every_reader_accepts() -> None:
    recipe = Recipe(IMPUTE, EncodeTarget(strings()))
    text = save(fit(recipe, TRAINING, columns=["x", "c"], label=LATE, seed=0))
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def kinds() -> dict[str, ColumnKind]:
    return {"x": "number", "c": "category", "y": "number"}


def positions(*steps: Step) -> list[int]:
    return [placed.position for placed in next_level(steps, kinds(), start=0)]


def test_steps_on_different_columns_share_a_level() -> None:
    assert positions(IMPUTE, EncodeTarget(strings()), SCALE) == [0, 1]
    assert positions(ImputeMedian(columns("x")), ScaleStandard(columns("y"))) == [0, 1]


def test_steps_on_the_same_column_or_after_new_names_do_not() -> None:
    assert positions(IMPUTE, SCALE) == [0]
    assert positions(EncodeTarget(strings()), ScaleStandard(numeric())) == [0]
    assert positions(EncodeOneHot(strings()), ScaleStandard(numeric() - columns("c"))) == [0]
    assert positions(IMPUTE, ScaleStandard(columns("c=a"))) == [0]


def test_levels_do_not_change_what_is_learned() -> None:
    steps = (ImputeMedian(columns("x")), ScaleStandard(columns("n")), EncodeTarget(strings()))
    together = fit(Recipe(*steps), TRAINING, columns=["x", "c", "n"], label=LATE, seed=0)
    for name, step in zip("xnc", steps, strict=True):
        alone = fit(Recipe(step), TRAINING, columns=[name], label=LATE, seed=0)
        assert together.apply(TRAINING)[name].equals(alone.apply(TRAINING)[name])


def test_folds_are_even_and_derived_from_seed_place_and_name() -> None:
    folds = deal_folds(103, 5, derived_generator(1, 0, "EncodeTarget"))
    assert sorted(np.bincount(folds).tolist()) == [20, 20, 21, 21, 21]
    assert (
        np.bincount(deal_folds(3, 5, derived_generator(1, 0, "EncodeTarget"))).tolist() == [1] * 3
    )
    others = [(2, 0, "EncodeTarget"), (1, 1, "EncodeTarget"), (1, 0, "EncodeOther")]
    for other in others:
        assert (deal_folds(103, 5, derived_generator(*other)) != folds).any()


@dataclass(frozen=True, slots=True)
class Peek(Step):
    """A step with bad manners: it asks about a column that is not its own."""

    asks: str = LABEL

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {"peek": Mean(self.asks)}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        return [affine(column, shift=statistics["peek"], scale=1.0) for column in columns]


@pytest.mark.parametrize(
    ("asks", "code", "message"),
    [
        (LABEL, "HW605", "asks for the label and is not supervised"),
        ("n", "HW601", "asks about column 'n', which it does not prepare"),
    ],
)
def test_a_step_may_only_ask_about_its_own_columns(asks: str, code: str, message: str) -> None:
    recipe = Recipe(Peek(columns("x"), asks))
    with pytest.raises(SpecError, match=message) as caught:
        fit(recipe, TRAINING, columns=["x", "n"], label=LATE, seed=0)
    assert caught.value.code == code


def test_a_step_may_not_ask_about_another_column_in_an_expression() -> None:
    recipe = Recipe(Peek(columns("x"), pl.col("x") * pl.col("n")))  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="column 'n'"):
        fit(recipe, TRAINING, columns=["x", "n"], seed=0)


@dataclass(frozen=True, slots=True)
class Double(Step):
    """A step that makes a column although it says that it keeps all names."""

    keeps_names: ClassVar[bool] = True

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        return [copy(column, into=f"{column}2") for column in columns]


def test_a_step_that_says_it_keeps_names_must_keep_them() -> None:
    with pytest.raises(SpecError, match="declares keeps_names, and makes or drops 'x2'") as caught:
        fit(Recipe(Double(columns("x"))), TRAINING, columns=["x"], seed=0)
    assert caught.value.code == "HW601"


def test_the_definitions_of_a_recipe_load_no_compiler() -> None:
    import subprocess

    code = (
        "import sys, headwater as hw; "
        "hw.Recipe(hw.ImputeMedian(hw.numeric()), hw.EncodeTarget(hw.strings())); "
        "print([m for m in ('numba', 'sklearn', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
