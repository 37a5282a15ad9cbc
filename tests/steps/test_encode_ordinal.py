"""EncodeOrdinal on small literal columns."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from headwater.engines.preparation import fit
from headwater.errors import DataError, SpecError
from headwater.spec.recipe import Recipe
from headwater.steps.encode_ordinal import EncodeOrdinal
from headwater.steps.selectors import strings

TRAINING = pl.DataFrame({"size": ["small", "large", None, "medium", "small"]})
ASKED = pl.DataFrame({"size": ["large", "medium", "small", None, "huge"]})


def encoded(training: pl.DataFrame = TRAINING, **arguments: Any) -> list[float]:
    recipe = Recipe(EncodeOrdinal(strings(), **arguments))
    fitted = fit(recipe, training, columns=["size"], seed=0)
    assert fitted.training_output.equals(fitted.apply(training))
    return fitted.apply(ASKED)["size"].to_list()


def test_values_are_their_sorted_positions_then_null_then_unseen() -> None:
    assert encoded() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_null_and_unseen_have_their_codes_also_without_a_null_in_training() -> None:
    assert encoded(TRAINING.drop_nulls()) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_positions_are_those_of_the_order_that_is_given() -> None:
    assert encoded(order=["small", "medium", "large"]) == [2.0, 1.0, 0.0, 3.0, 4.0]


def test_the_order_may_name_values_that_training_never_saw() -> None:
    assert encoded(order=("small", "medium", "large", "huge")) == [2.0, 1.0, 0.0, 4.0, 3.0]


def test_with_an_order_a_column_without_values_is_encoded_too() -> None:
    nothing = pl.DataFrame({"size": [None]}, schema={"size": pl.String})
    assert encoded(nothing, order=["small", "large"]) == [1.0, 3.0, 0.0, 2.0, 3.0]
    with pytest.raises(DataError, match="column 'size' has no value") as caught:
        encoded(nothing)
    assert caught.value.code == "HW602"


def test_a_training_value_that_the_order_does_not_name_is_an_error() -> None:
    with pytest.raises(DataError, match="order= does not name: 'large', 'medium'") as caught:
        encoded(order=["small"])
    assert caught.value.code == "HW602"
    many = pl.DataFrame({"size": list("abcdef")})
    with pytest.raises(DataError, match=r"'a', 'b', 'c', \.\.\."):
        encoded(many, order=["f"])


@pytest.mark.parametrize("order", ["small", [], [1], ["a", "a"], {"a": 1}, [None], ["\ud800"]])
def test_an_order_that_is_none_is_refused_where_it_is_written(order: Any) -> None:
    with pytest.raises(SpecError, match="order") as caught:
        EncodeOrdinal(strings(), order=order)
    assert caught.value.code == "HW211"
    assert "test_encode_ordinal.py" in str(caught.value.place)
