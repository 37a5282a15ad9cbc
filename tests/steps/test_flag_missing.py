"""FlagMissing on small literal columns."""

from __future__ import annotations

import math

import polars as pl
import pytest

from headwater.engines.preparation import fit
from headwater.errors import SpecError
from headwater.spec.recipe import Recipe
from headwater.steps.encode_ordinal import EncodeOrdinal
from headwater.steps.flag_missing import FlagMissing
from headwater.steps.impute_median import ImputeMedian
from headwater.steps.selectors import columns, numeric, strings

TRAINING = pl.DataFrame({"x": [1.0, None, math.nan], "c": ["a", None, ""]})


def test_numbers_and_categories_get_a_flag_and_stay() -> None:
    recipe = Recipe(FlagMissing(numeric() | strings()), EncodeOrdinal(strings()))
    fitted = fit(recipe, TRAINING, columns=["x", "c"], seed=0)
    assert fitted.training_output.to_dict(as_series=False) == {
        "x": [1.0, None, None],
        "c": [1.0, 2.0, 0.0],
        "x_missing": [0.0, 1.0, 1.0],
        "c_missing": [0.0, 1.0, 0.0],
    }


def test_a_flag_is_there_also_where_training_rows_miss_nothing() -> None:
    fitted = fit(Recipe(FlagMissing(numeric())), TRAINING[:1], columns=["x"], seed=0)
    assert fitted.apply(TRAINING)["x_missing"].to_list() == [0.0, 1.0, 1.0]


def test_after_filling_nothing_is_missing_and_before_it_the_flag_is_kept() -> None:
    fill = ImputeMedian(columns("x"))
    first = Recipe(FlagMissing(columns("x")), fill)
    last = Recipe(fill, FlagMissing(columns("x")))
    flags = [
        fit(recipe, TRAINING, columns=["x"], seed=0).training_output["x_missing"].to_list()
        for recipe in (first, last)
    ]
    assert flags == [[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]


def test_an_unseen_value_is_not_missing() -> None:
    recipe = Recipe(FlagMissing(strings()), EncodeOrdinal(strings()))
    fitted = fit(recipe, TRAINING, columns=["c"], seed=0)
    assert fitted.apply(pl.DataFrame({"c": ["new", None]}))["c_missing"].to_list() == [0.0, 1.0]


def test_a_flag_whose_name_is_taken_is_an_error_at_the_users_line() -> None:
    taken = TRAINING.with_columns(x_missing=0.0)
    with pytest.raises(SpecError, match="would write over column 'x_missing'") as caught:
        fit(Recipe(FlagMissing(columns("x"))), taken, columns=["x", "x_missing"], seed=0)
    assert caught.value.code == "HW601"
    assert "test_flag_missing.py" in str(caught.value.place)
