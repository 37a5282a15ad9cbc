"""One experiment with an expression: rows together, each row alone, and the rows in disorder.

It is there for what the structure of an expression does not show, such as an operation that Polars
declares wrongly. The rows are invented from the schema, so no data is read.
"""

from __future__ import annotations

import polars as pl

from headwater.spec.evaluation import evaluate
from headwater.spec.expression_tree import ExpressionError
from headwater.spec.row_expressions import Schema, has_selector, roots
from headwater.spec.row_samples import sample_frame


def probe_fault(expression: pl.Expr, schema: Schema) -> str | None:
    """A sentence when the expression gave a row another value beside other rows, or None.

    Values are compared to the bit. Rows that fail even alone, such as an invented text under a
    strict cast, are left out; an expression that reads no column has nothing to be tried on.

    Raises:
        ExpressionError: The expression cannot be resolved against the schema, or fails without
            rows, as an operation does that does not take the type of its column.
    """
    read = roots(expression, schema)
    names = schema if has_selector(expression) else read  # a selector may count the columns
    frame = sample_frame({name: schema[name] for name in names}, read)
    _check_types(frame, expression)
    alone = {row: _values(frame[[row]], expression) for row in range(frame.height)}
    rows = [row for row, values in alone.items() if values]
    for order in (rows, rows[1::2] + rows[::2][::-1], rows[:6]):  # few of the six are duplicates
        expected = [value for row in order for value in alone[row]]
        if order and _values(frame[order], expression) != expected:
            return "on invented rows it gave a row another value beside other rows than alone"
    return None


def _check_types(frame: pl.DataFrame, expression: pl.Expr) -> None:
    """Polars finds some wrong types only when it runs; without rows nothing else can fail."""
    try:
        frame.clear().lazy().select(expression).collect(engine="in-memory")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ExpressionError(str(error).partition("\n")[0]) from error


def _values(frame: pl.DataFrame, expression: pl.Expr) -> list[str]:
    """Each value in writing, which tells 0.0 from -0.0; nothing where the expression fails."""
    try:
        values = evaluate(frame, {"value": expression})["value"]
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return []
    return [repr(value) for value in values.to_physical().to_list()]
