"""EncodeOneHot on small literal columns."""

from __future__ import annotations

import polars as pl
import pytest

from headwater.engines.preparation import FittedPreparation, fit
from headwater.errors import DataError, SpecError
from headwater.spec.recipe import Recipe
from headwater.steps.encode_one_hot import EncodeOneHot
from headwater.steps.selectors import strings


def encoded(values: list[str | None], *, max_categories: int = 100) -> FittedPreparation:
    training = pl.DataFrame({"c": values}, schema={"c": pl.String})
    recipe = Recipe(EncodeOneHot(strings(), max_categories=max_categories))
    return fit(recipe, training, columns=["c"], seed=0)


def test_each_training_value_is_a_column_in_sorted_order_and_null_the_last() -> None:
    fitted = encoded(["b", None, "a", "Z", "b"])
    assert fitted.columns == ("c=Z", "c=a", "c=b", "c=null")
    assert fitted.training_output.rows() == [
        (0.0, 0.0, 1.0, 0.0),
        (0.0, 0.0, 0.0, 1.0),
        (0.0, 1.0, 0.0, 0.0),
        (1.0, 0.0, 0.0, 0.0),
        (0.0, 0.0, 1.0, 0.0),
    ]


def test_unseen_value_is_zero_everywhere_and_not_null() -> None:
    fitted = encoded(["a", None])
    assert fitted.apply(pl.DataFrame({"c": ["new", None, "a"]})).rows() == [(0, 0), (0, 1), (1, 0)]


def test_null_is_zero_everywhere_where_training_had_none() -> None:
    fitted = encoded(["a", ""])
    assert fitted.columns == ("c=", "c=a")
    assert fitted.apply(pl.DataFrame({"c": [None, ""]})).rows() == [(0.0, 0.0), (1.0, 0.0)]


def test_text_null_and_null_cannot_share_a_column() -> None:
    assert encoded(["null", "a"]).columns == ("c=a", "c=null")
    with pytest.raises(DataError, match="the text 'null'") as caught:
        encoded(["null", None])
    assert caught.value.code == "HW602"


def test_too_many_values_are_an_error_with_the_count() -> None:
    assert len(encoded(["a", "b", None], max_categories=2).columns) == 3
    with pytest.raises(DataError, match="column 'c' has 3 values, more than 2") as caught:
        encoded(["a", "b", "d"], max_categories=2)
    assert caught.value.code == "HW602"
    assert caught.value.hint is not None
    assert "EncodeTarget" in caught.value.hint


def test_a_column_of_nulls_is_an_error() -> None:
    with pytest.raises(DataError, match="column 'c' has no value") as caught:
        encoded([None, None])
    assert caught.value.code == "HW602"


def test_a_new_name_that_exists_already_is_an_error_with_the_line() -> None:
    training = pl.DataFrame({"c": ["a", "b"], "c=a": [1.0, 2.0]})
    with pytest.raises(SpecError, match="column 'c=a' would be written over") as caught:
        fit(Recipe(EncodeOneHot(strings())), training, columns=["c", "c=a"], seed=0)
    assert caught.value.code == "HW601"
    assert "test_encode_one_hot.py" in str(caught.value.place)


def test_categoricals_and_enums_are_text() -> None:
    for dtype in (pl.Categorical(), pl.Enum(["b", "a"])):
        training = pl.DataFrame({"c": ["a", "b"]}, schema={"c": dtype})
        fitted = fit(Recipe(EncodeOneHot(strings())), training, columns=["c"], seed=0)
        assert fitted.columns == ("c=a", "c=b")
        assert fitted.apply(training).rows() == [(1.0, 0.0), (0.0, 1.0)]
