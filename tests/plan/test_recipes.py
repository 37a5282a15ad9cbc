"""A recipe checked before fitting: how far columns are known, and which faults that finds."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.plan.faults import Faults
from headwater.plan.recipes import check_recipe, is_recipe

COLUMNS: dict[str, pl.DataType] = {"x": pl.Float64(), "n": pl.Int32(), "c": pl.String()}
FILL, TARGET = hw.ImputeMedian(hw.numeric()), hw.EncodeTarget(hw.strings())
ONE_HOT = hw.EncodeOneHot(hw.strings())
GROUP = hw.GroupRare(hw.strings(), min_count=2)


def found(*steps: Any, columns: dict[str, Any] = COLUMNS) -> list[str]:
    faults = Faults()
    check_recipe(hw.Recipe(*steps), columns, faults, None)
    assert {fault.code for fault in faults.found} <= {"HW601"}
    return [fault.message for fault in faults.found]


@pytest.mark.parametrize(
    "steps",
    [
        (TARGET,),
        (GROUP, TARGET, hw.ScaleStandard(hw.columns("c"))),
        (hw.FlagMissing(hw.columns("c", "x")), TARGET, hw.ScaleStandard(hw.columns("c_missing"))),
        (hw.ImputeConstant(hw.strings(), value="none"), GROUP, hw.EncodeOrdinal(hw.strings())),
        (ONE_HOT, hw.ScaleStandard(hw.columns("c=a value that only the data tell"))),
    ],
)
def test_what_fits_has_no_fault(steps: Any) -> None:
    assert found(*steps) == []


@pytest.mark.parametrize(
    ("steps", "messages"),
    [
        ((GROUP,), ["a recipe ends with numbers, and these columns are still categories: 'c'"]),
        (
            (GROUP, hw.ScaleStandard(hw.columns("c"))),
            ["ScaleStandard prepares a number, and column 'c' is a category"],
        ),
        (
            (TARGET, GROUP),
            ["GroupRare matches no column"],
        ),
        (
            (hw.FlagMissing(hw.columns("x")), hw.FlagMissing(hw.columns("x")), TARGET),
            ["FlagMissing would write over column 'x_missing'"],
        ),
        (
            (hw.ImputeConstant(hw.columns("c"), value=0), TARGET),
            ["0 cannot stand in column 'c', a category"],
        ),
        (
            (hw.ImputeMedian(hw.columns("a")), hw.EncodeOneHot(hw.columns("b")), FILL),
            [
                "column 'a' does not exist where the step begins",
                "column 'b' does not exist where the step begins",
            ],
        ),
    ],
)
def test_faults_are_found_step_by_step(steps: Any, messages: list[str]) -> None:
    assert found(*steps) == messages


def test_what_comes_after_names_that_only_the_data_tell_is_left_to_the_fit() -> None:
    assert found(ONE_HOT, hw.ImputeMedian(hw.columns("nothing of that name"))) == []


def test_a_fault_that_was_there_before_does_not_hide_the_categories_left() -> None:
    faults = Faults()
    faults.add("HW211", "something else", place=None)
    check_recipe(hw.Recipe(FILL), COLUMNS, faults, None)
    assert [fault.code for fault in faults.found] == ["HW211", "HW601"]


def test_a_time_is_neither_a_number_nor_text() -> None:
    (message,) = found(TARGET, columns={"c": pl.String(), "t": pl.Date()})
    assert "column 't' is a Date, neither a number nor text" in message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        (hw.Recipe(), []),
        ([FILL], ["recipe= is a list, not a Recipe"]),
        (
            hw.Recipe().fit(pl.DataFrame({"x": [1.0]})),
            ["recipe= is fitted already, so it has learned from other rows"],
        ),
    ],
)
def test_a_training_set_takes_a_recipe_that_has_not_learned(
    value: Any, expected: list[str]
) -> None:
    faults = Faults()
    assert is_recipe(value, "recipe=", faults, None) is not bool(expected)
    assert [fault.message for fault in faults.found] == expected
    assert {fault.code for fault in faults.found} <= {"HW211"}
