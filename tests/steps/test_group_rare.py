"""GroupRare on small literal columns."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from headwater.engines.preparation import FittedPreparation, fit
from headwater.errors import DataError, SpecError
from headwater.spec.recipe import Recipe
from headwater.steps.encode_one_hot import EncodeOneHot
from headwater.steps.encode_target import EncodeTarget
from headwater.steps.group_rare import GroupRare
from headwater.steps.selectors import strings

TRAINING = pl.DataFrame({"c": [*"aaaaabbb", "r", "s", None, None]})


def grouped(training: pl.DataFrame = TRAINING, **arguments: Any) -> FittedPreparation:
    recipe = Recipe(GroupRare(strings(), **arguments), EncodeOneHot(strings()))
    return fit(recipe, training, columns=["c"], seed=0)


def words(fitted: FittedPreparation, *values: str | None) -> list[str]:
    """The word that each value has become."""
    rows = fitted.apply(pl.DataFrame({"c": values}, schema={"c": pl.String})).rows(named=True)
    return [next((name[2:] for name, one in row.items() if one == 1.0), "-") for row in rows]


def test_rare_values_and_unseen_ones_are_one_value() -> None:
    fitted = grouped(min_count=2)
    assert fitted.columns == ("c=a", "c=b", "c=other", "c=null")
    assert words(fitted, "a", "b", "r", "s", "new", None) == [
        "a",
        "b",
        "other",
        "other",
        "other",
        "null",
    ]


def test_training_rows_come_out_as_they_will_be_served() -> None:
    fitted = grouped(min_count=2)
    assert fitted.training_output.equals(fitted.apply(TRAINING))
    assert fitted.training_output["c=other"].sum() == 2.0


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ({"min_share": 0.3}, ["a", "b"]),  # b has 3 of the 10 rows with a value
        ({"min_share": 0.31}, ["a"]),
        ({"min_share": 0.1}, ["a", "b", "r", "s"]),
        ({"min_count": 3}, ["a", "b"]),
        ({"min_count": 4}, ["a"]),
        ({"min_count": 1}, ["a", "b", "r", "s"]),
        ({"min_count": 3, "min_share": 0.31}, ["a"]),
        ({"min_count": 6, "min_share": 0.1}, []),
        ({"min_share": 1.0}, []),
    ],
)
def test_a_value_at_the_limit_is_not_rare(arguments: Any, kept: list[str]) -> None:
    found = words(grouped(**arguments), "a", "b", "r", "s")
    assert [word for word in found if word not in ("other", "-")] == kept


def test_unseen_is_a_word_that_later_steps_never_saw_where_nothing_was_rare() -> None:
    fitted = grouped(min_count=1)
    assert "c=other" not in fitted.columns
    assert words(fitted, "new") == ["-"]


def test_a_training_value_that_is_called_like_the_group_belongs_to_it() -> None:
    fitted = grouped(min_count=2, into="a")
    assert fitted.columns == ("c=a", "c=b", "c=null")
    assert words(fitted, "a", "r", "new", "b") == ["a", "a", "a", "b"]
    assert fitted.training_output["c=a"].sum() == 7.0


def test_a_supervised_step_learns_from_the_groups() -> None:
    label = pl.Series("y", [1.0] * 5 + [0.0] * 3 + [1.0, 0.0, 1.0, 1.0])
    recipe = Recipe(GroupRare(strings(), min_count=2), EncodeTarget(strings(), smoothing=0.0))
    fitted = fit(recipe, TRAINING, columns=["c"], label=label, seed=0)
    asked = pl.DataFrame({"c": ["a", "b", "r", "s", "new"]})
    assert fitted.apply(asked)["c"].to_list() == [1.0, 0.0, 0.5, 0.5, 0.5]


def test_a_column_without_any_value_is_an_error() -> None:
    nothing = pl.DataFrame({"c": [None, None]}, schema={"c": pl.String})
    with pytest.raises(DataError, match="column 'c' has no value in the training rows") as caught:
        grouped(nothing, min_count=2)
    assert caught.value.code == "HW602"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({}, "min_share or min_count"),
        ({"min_share": 0.0}, "min_share"),
        ({"min_share": 1.5}, "min_share"),
        ({"min_share": float("nan")}, "min_share"),
        ({"min_share": True}, "min_share"),
        ({"min_share": "0.1"}, "min_share"),
        ({"min_count": 0}, "min_count"),
        ({"min_count": 2.0}, "min_count"),
        ({"min_count": True}, "min_count"),
        ({"min_count": 2, "into": None}, "into"),
        ({"min_count": 2, "into": "\ud800"}, "into"),
    ],
)
def test_arguments_without_a_meaning_are_refused(arguments: Any, word: str) -> None:
    with pytest.raises(SpecError, match=word) as caught:
        GroupRare(strings(), **arguments)
    assert caught.value.code == "HW211"
    assert "test_group_rare.py" in str(caught.value.place)
