"""Fitting level by level: recoded categories, what steps declare, expressions that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.aggregations.mean import Mean
from headwater.engines.preparation import fit
from headwater.engines.recipe_fitting import advance, next_level
from headwater.errors import DataError, SpecError
from headwater.kernel.row_operations import ColumnKind, RowOperation, copy, look_up, recode
from headwater.spec.recipe import Recipe
from headwater.spec.row_expressions import PythonExpression
from headwater.steps.base import Statistic, Step
from headwater.steps.encode_ordinal import EncodeOrdinal
from headwater.steps.encode_target import EncodeTarget
from headwater.steps.flag_missing import FlagMissing
from headwater.steps.group_rare import GroupRare
from headwater.steps.impute_constant import ImputeConstant
from headwater.steps.impute_median import ImputeMedian
from headwater.steps.selectors import columns, numeric, strings

FRAME = pl.DataFrame({"x": [1.0, 0.0, 4.0], "c": ["a", None, "b"]})
WORDS = ["", "a", "ä", "日本", "b"]


@given(
    words=st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS)),
    missing=st.none() | st.sampled_from(WORDS),
    unseen=st.none() | st.sampled_from(WORDS),
)
def test_training_rows_hold_the_words_that_serving_means(
    words: dict[str, str], missing: str | None, unseen: str | None
) -> None:
    frame = pl.DataFrame({"c": [*WORDS, None]})
    after = advance(frame, [recode("c", words, missing=missing, unseen=unseen)])
    expected = [words.get(word, word if unseen is None else unseen) for word in WORDS]
    assert after.schema == {"c": pl.String()}
    assert after["c"].to_list() == [*expected, missing]


def test_a_step_that_only_recodes_hands_everything_else_on() -> None:
    after = advance(FRAME, [recode("c", {"a": "z"})])
    assert after.to_dict(as_series=False) == {"x": [1.0, 0.0, 4.0], "c": ["z", None, "b"]}


def positions(*steps: Step) -> list[int]:
    kinds: dict[str, ColumnKind] = {"x": "number", "y": "number", "c": "category"}
    return [placed.position for placed in next_level(steps, kinds, start=0)]


def test_a_level_goes_on_past_a_step_that_leaves_a_category_one() -> None:
    group = GroupRare(strings(), min_count=2)
    assert positions(group, ImputeMedian(numeric())) == [0, 1]
    assert positions(group, ImputeConstant(strings(), value="none")) == [0]
    assert positions(group, EncodeTarget(strings())) == [0]


def test_a_level_ends_where_columns_are_added() -> None:
    assert positions(FlagMissing(columns("x")), ImputeMedian(columns("y"))) == [0]


@dataclass(frozen=True, slots=True)
class Odd(Step):
    """A step that does what it is told, whatever it declares."""

    does: Callable[[str], RowOperation] = field(kw_only=True)

    takes: ClassVar[ColumnKind | Literal["any"]] = "any"

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        return [self.does(column) for column in columns]


@dataclass(frozen=True, slots=True)
class OddSame(Odd):
    """The same, declaring that it leaves kinds alone."""

    gives: ClassVar[Literal["number", "same"]] = "same"


@dataclass(frozen=True, slots=True)
class OddNames(Odd):
    """The same, declaring a column that it does not make."""

    keeps_names: ClassVar[bool] = False

    def columns_after(self, columns: Mapping[str, ColumnKind]) -> dict[str, ColumnKind]:
        return {**columns, "promised": "number"}


def encode(column: str) -> RowOperation:
    return look_up(column, {"a": 1.0}, missing=0.0, unseen=0.0)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Odd(columns("c"), does=lambda c: recode(c, {})), "not make of 'c' the number that gives="),
        (OddSame(columns("c"), does=encode), "it does not make of 'c' the category that gives="),
        (Odd(columns("x"), does=lambda c: copy(c, into="new")), "keeps_names, and makes or drops"),
        (
            OddNames(columns("x"), does=lambda c: copy(c, into="new")),
            "columns_after does not tell what becomes of 'new', 'promised'",
        ),
    ],
)
def test_a_step_must_do_what_it_declares(step: Step, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        fit(Recipe(step, EncodeOrdinal(strings())), FRAME, columns=["x", "c"], seed=0)
    assert caught.value.code == "HW601"
    assert "test_recipe_fitting.py" in str(caught.value.place)


@dataclass(frozen=True, slots=True)
class Computed(Step):
    """A step that asks for the mean of what an expression makes of each column."""

    expression: Callable[[str], Any] = field(kw_only=True)

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {column: Mean(self.expression(column), name="mean") for column in columns}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        return [copy(column, into=f"{column} {statistics[column]:g}") for column in columns]

    def columns_after(self, columns: Mapping[str, ColumnKind]) -> None:
        return None


def in_python(func: Callable[[Any], Any]) -> Callable[[str], PythonExpression]:
    return lambda column: PythonExpression(func, returns=pl.Float64(), columns=column)


def inverse(x: float) -> float:
    return 1.0 / x


def test_a_statistic_of_a_python_function_reads_the_columns_that_it_names() -> None:
    step = Computed(columns("x"), expression=in_python(lambda x: x * 3.0))
    assert fit(Recipe(step), FRAME, columns=["x"], seed=0).columns == ("x", "x 5")
    foreign = Computed(columns("x"), expression=lambda _: in_python(inverse)("y"))
    with pytest.raises(SpecError, match="asks about column 'y', which it does not prepare"):
        fit(Recipe(foreign), FRAME.with_columns(y=1.0), columns=["x", "y"], seed=0)


@pytest.mark.parametrize(
    ("func", "reason"),
    [
        (inverse, "inverse raised ZeroDivisionError"),
        (lambda x: {}[x], "raised KeyError"),
        (lambda x: x.nothing, "raised AttributeError"),
        (lambda x: "text", "returned a value that is not Float64"),
    ],
)
def test_a_python_function_that_fails_is_a_coded_error_without_values(
    func: Callable[[Any], Any], reason: str
) -> None:
    step = Computed(columns("x"), expression=in_python(func))
    with pytest.raises(DataError, match=reason) as caught:
        fit(Recipe(step), FRAME, columns=["x"], seed=0)
    assert caught.value.code == "HW410"
    assert "0.0" not in str(caught.value)
