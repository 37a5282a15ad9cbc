"""What every step checks before it is fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headwater.errors import SpecError
from headwater.kernel.row_operations import ColumnKind
from headwater.steps.base import Step
from headwater.steps.encode_one_hot import EncodeOneHot
from headwater.steps.encode_target import EncodeTarget
from headwater.steps.impute_median import ImputeMedian
from headwater.steps.selectors import columns, numeric, strings

COLUMNS: dict[str, ColumnKind] = {"x": "number", "c": "category"}


def test_step_that_matches_nothing_is_an_error_that_lists_the_columns() -> None:
    with pytest.raises(SpecError, match="ImputeMedian matches no column") as caught:
        ImputeMedian(numeric()).select({"c": "category"})
    assert (caught.value.code, caught.value.hint) == ("HW601", "columns: c (category)")
    assert "test_step_contract.py" in str(caught.value.place)


def test_step_on_the_wrong_kind_is_an_error_that_names_the_column() -> None:
    with pytest.raises(
        SpecError, match="prepares a number, and column 'c' is a category"
    ) as caught:
        ImputeMedian(columns("c")).select(COLUMNS)
    assert caught.value.code == "HW601"
    with pytest.raises(SpecError, match="prepares a category, and column 'x' is a number"):
        EncodeOneHot(columns("x", "c")).select(COLUMNS)


@pytest.mark.parametrize("wrong", ["x", ["x"], None, numeric])
def test_columns_must_be_a_selector(wrong: Any) -> None:
    with pytest.raises(SpecError, match="must be a selector") as caught:
        ImputeMedian(wrong)
    assert caught.value.code == "HW211"


def test_parameters_without_a_meaning_are_refused_where_they_are_written() -> None:
    refused: list[tuple[Callable[[], Step], str]] = [
        (lambda: EncodeTarget(strings(), smoothing=-1.0), "smoothing"),
        (lambda: EncodeTarget(strings(), smoothing=float("nan")), "smoothing"),
        (lambda: EncodeTarget(strings(), folds=1), "folds"),
        (lambda: EncodeOneHot(strings(), max_categories=0), "max_categories"),
    ]
    for make, word in refused:
        with pytest.raises(SpecError, match=word) as caught:
            make()
        assert caught.value.code == "HW211"
        assert "test_step_contract.py" in str(caught.value.place)


def test_steps_are_equal_by_value_and_not_by_place() -> None:
    assert ImputeMedian(numeric()) == ImputeMedian(numeric())
    assert EncodeTarget(strings(), smoothing=1.0) != EncodeTarget(strings())
