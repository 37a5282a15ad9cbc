"""Which steps prepare which input, before anything is fitted."""

from __future__ import annotations

import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.kernel.row_operations import ColumnKind
from headwater.plan.steps_by_column import steps_by_column

INPUTS: dict[str, ColumnKind] = {"price": "number", "shop": "category", "channel": "category"}


def names(recipe: hw.Recipe) -> dict[str, list[str]]:
    found = steps_by_column(recipe, INPUTS)
    return {column: [type(step).__name__ for step in steps] for column, steps in found.items()}


def test_each_input_has_the_steps_that_its_own_columns_meet() -> None:
    recipe = hw.Recipe(
        hw.FlagMissing(hw.columns("price")),
        hw.ImputeMedian(hw.columns("price")),
        hw.EncodeTarget(hw.strings() - hw.columns("channel")),
        hw.EncodeOneHot(hw.strings()),
        hw.ScaleStandard(hw.columns("shop") | hw.columns("price_missing")),
    )
    assert names(recipe) == {
        "price": ["FlagMissing", "ImputeMedian", "ScaleStandard"],
        "shop": ["EncodeTarget", "ScaleStandard"],
        "channel": ["EncodeOneHot"],
    }


def test_columns_whose_names_a_fit_tells_are_numbers() -> None:
    recipe = hw.Recipe(hw.EncodeOneHot(hw.strings()), hw.ScaleStandard(hw.numeric()))
    assert names(recipe) == {
        "price": ["ScaleStandard"],
        "shop": ["EncodeOneHot", "ScaleStandard"],
        "channel": ["EncodeOneHot", "ScaleStandard"],
    }


def test_a_name_that_only_a_fit_tells_may_be_of_any_input_that_was_spread() -> None:
    recipe = hw.Recipe(
        hw.EncodeOneHot(hw.columns("channel")),
        hw.EncodeTarget(hw.strings()),
        hw.ScaleStandard(hw.columns("channel=app") | hw.columns("price")),
    )
    assert names(recipe) == {
        "price": ["ScaleStandard"],
        "shop": ["EncodeTarget"],
        "channel": ["EncodeOneHot", "ScaleStandard"],
    }


def test_a_step_that_does_not_fit_is_refused() -> None:
    with pytest.raises(SpecError, match="HW601"):
        steps_by_column(hw.Recipe(hw.ImputeMedian(hw.strings())), INPUTS)
