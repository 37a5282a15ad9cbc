"""ImputeMedian on small literal columns."""

from __future__ import annotations

import math

import polars as pl
import pytest

from headwater.engines.preparation import fit
from headwater.errors import DataError
from headwater.spec.recipe import Recipe
from headwater.steps.impute_median import ImputeMedian
from headwater.steps.selectors import columns, numeric

RECIPE = Recipe(ImputeMedian(numeric()))


def test_null_and_nan_become_the_median_of_the_training_rows() -> None:
    training = pl.DataFrame({"x": [1.0, None, 8.0, math.nan, 2.0]})
    fitted = fit(RECIPE, training, columns=["x"], seed=0)
    assert fitted.training_output["x"].to_list() == [1.0, 2.0, 8.0, 2.0, 2.0]
    asked = pl.DataFrame({"x": [None, 1e9, math.nan, -math.inf]})
    assert fitted.apply(asked)["x"].to_list() == [2.0, 1e9, 2.0, -math.inf]


def test_an_even_number_of_values_gives_the_middle_of_two() -> None:
    fitted = fit(RECIPE, pl.DataFrame({"x": [1, 4, None]}), columns=["x"], seed=0)
    assert fitted.apply(pl.DataFrame({"x": [None]}))["x"].to_list() == [2.5]


def test_booleans_are_zero_and_one() -> None:
    fitted = fit(RECIPE, pl.DataFrame({"x": [True, True, None, False]}), columns=["x"], seed=0)
    assert fitted.training_output["x"].to_list() == [1.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize("values", [[None, None], [math.nan], []])
def test_a_column_without_values_is_an_error_that_names_it(values: list[float | None]) -> None:
    training = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    with pytest.raises(DataError, match="column 'x' has no value in the training rows") as caught:
        fit(Recipe(ImputeMedian(columns("x"))), training, columns=["x"], seed=0)
    assert caught.value.code == "HW602"
    assert "test_impute_median.py" in str(caught.value.place)


def test_the_two_zeros_give_one_state_in_any_order() -> None:
    for values in ([0.0, -0.0], [-0.0, 0.0], [-0.0]):
        fitted = fit(RECIPE, pl.DataFrame({"x": values}), columns=["x"], seed=0)
        filled = fitted.apply(pl.DataFrame({"x": [None]}))["x"][0]
        assert math.copysign(1.0, filled) == 1.0
