"""One experiment with an expression: rows together, each row alone, and the rows in disorder.

It is there for what the structure of an expression does not show, such as an operation that Polars
declares wrongly. The rows are invented from the schema, so no data is read.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import polars as pl

from headwater.spec.evaluation import evaluate
from headwater.spec.expression_tree import ExpressionError
from headwater.spec.row_expressions import Schema, has_selector, roots
from headwater.spec.row_samples import sample_frame

_MOST_FRAMES = 4_096


class _Columns(NamedTuple):
    """The columns that rows are invented for, and those of them that hold values."""

    types: tuple[tuple[str, pl.DataType], ...]
    read: tuple[str, ...]


def probe_fault(expression: pl.Expr, schema: Schema) -> str | None:
    """A sentence when the expression gave a row another value beside other rows, or None.

    Values are compared to the bit. Rows that fail even alone, such as an invented text under a
    strict cast, are left out; an expression that reads no column has nothing to be tried on.

    Raises:
        ExpressionError: As `check_types`.
    """
    columns = _columns(expression, schema)
    _check_types(columns, expression)
    alone = _alone(columns, expression)
    rows = tuple(row for row, values in alone.items() if values)
    for order in (rows, rows[1::2] + rows[::2][::-1], rows[:6]):  # few of the six are duplicates
        expected = [value for row in order for value in alone[row]]
        if order and _values(_rows(columns, order), expression) != expected:
            return "on invented rows it gave a row another value beside other rows than alone"
    return None


def check_types(expression: pl.Expr, schema: Schema) -> None:
    """Refuse an operation that does not take the type of its column.

    Raises:
        ExpressionError: The expression cannot be resolved against the schema, or fails without
            rows, as Polars finds some wrong types only when it runs.
    """
    _check_types(_columns(expression, schema), expression)


def _columns(expression: pl.Expr, schema: Schema) -> _Columns:
    read = roots(expression, schema)
    names = schema if has_selector(expression) else read  # a selector may count the columns
    return _Columns(tuple((name, schema[name]) for name in names), read)


def _check_types(columns: _Columns, expression: pl.Expr) -> None:
    """Without rows nothing but a wrong type can fail."""
    try:
        _rows(columns, ()).lazy().select(expression).collect(engine="in-memory")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ExpressionError(str(error).partition("\n")[0]) from error


def _alone(columns: _Columns, expression: pl.Expr) -> dict[int, list[str]]:
    """The value of each invented row by itself; nothing where the expression fails."""
    first = _firsts(columns)
    # a row is laid out twice to be evaluated, so that it may as well come twice
    found = {row: _values(_rows(columns, (row, row)), expression)[:1] for row in {*first}}
    return {row: found[same] for row, same in enumerate(first)}


@lru_cache(maxsize=256)
def _firsts(columns: _Columns) -> tuple[int, ...]:
    """For each invented row the first that holds the same values, to the bit."""
    frame = _sample(columns).select(columns.read)
    firsts: dict[str, int] = {}
    written = [repr(values) for values in frame.select(pl.all().to_physical()).rows()]
    return tuple(firsts.setdefault(values, row) for row, values in enumerate(written))


@lru_cache(maxsize=_MOST_FRAMES)
def _rows(columns: _Columns, rows: tuple[int, ...]) -> pl.DataFrame:
    """Some of the invented rows, which are the same for all that is tried on such columns."""
    return _sample(columns)[list(rows)].rechunk()


@lru_cache(maxsize=256)
def _sample(columns: _Columns) -> pl.DataFrame:
    return sample_frame(dict(columns.types), columns.read)


def _values(frame: pl.DataFrame, expression: pl.Expr) -> list[str]:
    """Each value in writing, which tells 0.0 from -0.0; nothing where the expression fails."""
    try:
        values = evaluate(frame, {"value": expression})["value"]
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return []
    return [repr(value) for value in values.to_physical().to_list()]
