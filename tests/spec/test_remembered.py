"""What is said of an expression is kept, for the same expression over columns of the same types."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from headwater.spec import remembered as module
from headwater.spec.remembered import Schema, remembered

a = pl.col("a")
WHOLE: Schema = {"a": pl.Int64()}


def asked_with() -> tuple[list[str], Callable[[pl.Expr, Schema], str]]:
    """A function that answers with its question, and all that it was really asked."""
    asked: list[str] = []

    @remembered
    def ask(expression: pl.Expr, schema: Schema) -> str:
        asked.append(str(schema["a"]))
        return f"{expression} of {schema['a']}"

    return asked, ask


def test_the_same_question_is_asked_once() -> None:
    asked, ask = asked_with()
    assert ask(a + 1, WHOLE) == ask(pl.col("a") + 1, {"a": pl.Int64()})
    assert asked == ["Int64"]


def test_other_types_and_other_expressions_are_asked_anew() -> None:
    asked, ask = asked_with()
    answers = {ask(a + 1, WHOLE), ask(a + 2, WHOLE), ask(a + 1, {"a": pl.Int8()})}
    assert len(answers) == 3
    assert asked == ["Int64", "Int64", "Int8"]


def test_an_expression_that_cannot_be_written_down_is_asked_each_time() -> None:
    asked, ask = asked_with()
    unwritten = pl.lit(object(), dtype=pl.Object)
    assert ask(unwritten, WHOLE) == ask(unwritten, WHOLE)
    assert asked == ["Int64", "Int64"]


def test_what_raised_is_asked_again() -> None:
    @remembered
    def ask(expression: pl.Expr, schema: Schema) -> pl.DataType:
        return schema["b"]

    for _ in range(2):
        with pytest.raises(KeyError):
            ask(a, WHOLE)
    assert ask(a, {"b": pl.Int64()}) == pl.Int64()


def test_answers_are_given_up_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_EXPRESSIONS", 2)
    asked, ask = asked_with()
    for number in (1, 2, 3, 3, 1):
        ask(a + number, WHOLE)
    assert len(asked) == 4
