"""hw.Recipe fitted on plain frames: what is refused, and what counts as training."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import HeadwaterError
from headwater.spec.recipe import Recipe

FRAME = pl.DataFrame(
    {
        "x": [1.0, None, 3.0, 5.0],
        "c": ["a", "b", None, "b"],
        "y": [True, False, True, None],
        "word": ["yes", "no", "yes", "no"],
    }
)
FILL, TARGET = hw.ImputeMedian(hw.numeric()), hw.EncodeTarget(hw.strings())


def test_all_rows_are_training_rows_and_nothing_is_proved() -> None:
    fitted = hw.Recipe(FILL).fit(FRAME, columns=["x"], seed=3)
    learned = fitted.learned_from
    assert (learned.rows, learned.seed, learned.proved) == (4, 3, False)


def test_all_columns_but_the_label_are_prepared() -> None:
    fitted = hw.Recipe(FILL, TARGET).fit(FRAME.drop("word"), label="y")
    assert fitted.inputs == {"x": "number", "c": "category"}
    assert fitted.columns == ("x", "c")


def test_a_label_of_booleans_is_zero_and_one_and_its_nulls_do_not_count() -> None:
    recipe = hw.Recipe(hw.EncodeTarget(hw.strings(), smoothing=0.0))
    booleans = recipe.fit(FRAME, label="y", columns=["c"])
    numbers = recipe.fit(FRAME.cast({"y": pl.Int8}), label="y", columns=["c"])
    assert booleans.apply(FRAME)["c"].to_list() == [1.0, 0.0, 2 / 3, 0.0]
    assert booleans.training_output.equals(numbers.training_output)


def test_a_label_that_no_step_learns_from_may_be_anything() -> None:
    with_label = hw.Recipe(FILL).fit(FRAME.drop("c", "y"), label="word")
    without = hw.Recipe(FILL).fit(FRAME, columns=["x"])
    assert with_label.columns == ("x",)
    assert with_label.learned_from == without.learned_from


@pytest.mark.parametrize(
    ("fit", "code", "words"),
    [
        (lambda: hw.Recipe(FILL).fit([1.0]), "HW211", "expected a frame, found list"),
        (lambda: hw.Recipe(FILL).fit(FRAME, seed=-1), "HW211", "seed must be an integer from 0"),
        (lambda: hw.Recipe(FILL).fit(FRAME, seed=True), "HW211", "seed must be an integer from 0"),
        (lambda: hw.Recipe(FILL).fit(FRAME, label="z"), "HW605", "there is no column 'z'"),
        (lambda: hw.Recipe(FILL).fit(FRAME, label="lable"), "HW605", "there is no column 'lable'"),
        (lambda: hw.Recipe(FILL).fit(FRAME, columns="x"), "HW211", "columns must be a list"),
        (lambda: hw.Recipe(FILL).fit(FRAME, columns=[1]), "HW211", "columns must be a list"),
        (lambda: hw.Recipe(FILL).fit(FRAME, columns=["x", "x"]), "HW211", "a column twice"),
        (lambda: hw.Recipe(FILL).fit(FRAME, columns=[]), "HW601", "no column to prepare"),
        (lambda: hw.Recipe(FILL).fit(FRAME.select("y"), label="y"), "HW601", "no column to"),
        (lambda: hw.Recipe(FILL).fit(FRAME, columns=["z"]), "HW601", "column 'z' does not exist"),
        (
            lambda: hw.Recipe(FILL).fit(FRAME, label="y", columns=["x", "y"]),
            "HW207",
            "column 'y' is the label",
        ),
        (lambda: hw.Recipe(FILL).fit(FRAME, columns=["x", "c"]), "HW601", "still categories: 'c'"),
        (lambda: hw.Recipe(TARGET).fit(FRAME, columns=["c"]), "HW605", "there is none"),
        (
            lambda: hw.Recipe(TARGET).fit(FRAME, label="word", columns=["c"]),
            "HW605",
            "the label must be a number or a boolean, and is String",
        ),
        (lambda: hw.Recipe(FILL).fit(FRAME[:0], columns=["x"]), "HW602", "has no value"),
        (lambda: hw.Recipe().fit(FRAME[:0], columns=["x"]), "HW602", "no training row"),
        (
            lambda: hw.Recipe().fit(pl.DataFrame({"t": [[1]]})),
            "HW601",
            "column 't' is a List(Int64), neither a number nor text",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_the_users_line(
    fit: Callable[[], Any], code: str, words: str
) -> None:
    with pytest.raises(HeadwaterError) as caught:
        fit()
    assert (caught.value.code, words in caught.value.message) == (code, True), caught.value
    if code != "HW211" or "expected" not in words:
        assert "test_recipes.py" in str(caught.value.place) or "word" in str(caught.value.place)


def test_it_is_the_recipe_of_the_definitions_and_costs_no_more() -> None:
    recipe = hw.Recipe(FILL, TARGET)
    assert isinstance(recipe, Recipe)
    assert recipe.definition() == Recipe(FILL, TARGET).definition()
    assert recipe == hw.Recipe(FILL, TARGET)
    assert recipe != hw.Recipe(TARGET)
    code = (
        "import sys, headwater as hw; hw.Recipe(hw.ImputeConstant(hw.numeric(), value=0)); "
        "print({'numba', 'pandas', 'headwater.engines.preparation'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
