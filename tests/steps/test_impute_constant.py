"""ImputeConstant on small literal columns."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from headwater.engines.preparation import FittedPreparation, fit
from headwater.errors import DataError, SpecError
from headwater.spec.recipe import Recipe
from headwater.steps.encode_one_hot import EncodeOneHot
from headwater.steps.impute_constant import ImputeConstant
from headwater.steps.selectors import columns, numeric, strings


def filled(values: list[str | None], value: str) -> FittedPreparation:
    training = pl.DataFrame({"c": values}, schema={"c": pl.String})
    recipe = Recipe(ImputeConstant(strings(), value=value), EncodeOneHot(strings()))
    return fit(recipe, training, columns=["c"], seed=0)


def test_null_and_nan_become_the_number_and_nothing_else_does() -> None:
    training = pl.DataFrame({"x": [1.0, None, math.nan, math.inf]})
    fitted = fit(Recipe(ImputeConstant(numeric(), value=-1)), training, columns=["x"], seed=0)
    assert fitted.training_output["x"].to_list() == [1.0, -1.0, -1.0, math.inf]


def test_numbers_that_are_all_missing_are_filled_too() -> None:
    training = pl.DataFrame({"x": [None, None]}, schema={"x": pl.Int64})
    fitted = fit(Recipe(ImputeConstant(numeric(), value=2.5)), training, columns=["x"], seed=0)
    assert fitted.training_output["x"].to_list() == [2.5, 2.5]


def test_nulls_of_a_category_become_a_value_of_their_own() -> None:
    fitted = filled(["b", None, "a"], "none")
    assert fitted.columns == ("c=a", "c=b", "c=none")
    assert fitted.training_output.rows() == [(0, 1, 0), (0, 0, 1), (1, 0, 0)]
    assert fitted.apply(pl.DataFrame({"c": [None, "new", "none"]})).rows() == [
        (0, 0, 1),
        (0, 0, 0),
        (0, 0, 1),
    ]


def test_nulls_join_the_value_that_is_there_already() -> None:
    fitted = filled(["b", None, "none"], "none")
    assert fitted.training_output.rows() == [(1, 0), (0, 1), (0, 1)]


def test_a_category_without_any_value_is_filled_and_knows_the_text() -> None:
    fitted = filled([None, None], "none")
    assert fitted.training_output.rows() == [(1,), (1,)]
    assert fitted.apply(pl.DataFrame({"c": ["none", None, "new"]})).rows() == [(1,), (1,), (0,)]


def test_without_training_rows_it_is_an_error() -> None:
    with pytest.raises(DataError, match="there is no training row") as caught:
        fit(
            Recipe(ImputeConstant(numeric(), value=0)),
            pl.DataFrame({"x": []}, schema={"x": pl.Float64}),
            columns=["x"],
            seed=0,
        )
    assert caught.value.code == "HW602"


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, True, None, [1], 10**400, "\ud800"]
)
def test_a_value_that_can_stand_for_nothing_is_refused(value: Any) -> None:
    with pytest.raises(SpecError, match="a finite number or a text") as caught:
        ImputeConstant(numeric(), value=value)
    assert caught.value.code == "HW211"


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("c", 0.0, "0.0 cannot stand in column 'c', a category"),
        ("x", "none", "'none' cannot stand in column 'x', a number"),
    ],
)
def test_a_value_of_the_other_kind_is_refused_before_fitting(
    column: str, value: Any, message: str
) -> None:
    step = ImputeConstant(columns(column), value=value)
    with pytest.raises(SpecError, match=message) as caught:
        step.select({"x": "number", "c": "category"})
    assert caught.value.code == "HW601"
    assert "test_impute_constant.py" in str(caught.value.place)
