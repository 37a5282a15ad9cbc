"""Row expressions over a frame, with the same bits for a row whatever rows lie beside it.

Polars divides by a constant in two ways: it multiplies a column by the inverse, but truly divides
what it holds as a single value. A single value is every column of one row, also after it was
repeated by `concat` or broadcast from a literal; and a chunk of a column may hold one row. So all
columns are first laid out in full, in one chunk, on two rows at least.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from headwater.spec.integer_overflow import DoesNotFit, unproved
from headwater.spec.row_expressions import PythonExpression, RowExpression, resolve


def evaluate(frame: pl.DataFrame, expressions: Mapping[str, RowExpression]) -> pl.DataFrame:
    """One column per expression, named by its key, in the order of the mapping.

    The result has the rows of the frame, in order; literals are repeated for each. Types are what
    `resolve` says, also where the frame is empty.

    Raises:
        ExpressionError: An expression cannot be resolved against the frame, or not be examined.
        DoesNotFit: Whole numbers leave their type, as 2 * 100 does in eight bits.
        polars.exceptions.PolarsError: The data does not fit an operation, as in a strict cast.

    >>> frame = pl.DataFrame({"delay": [20]})
    >>> evaluate(frame, {"late": pl.col("delay") > 15, "one": pl.lit(1)}).rows()
    [(True, 1)]
    """
    types = {name: resolve(expr, frame.schema) for name, expr in expressions.items()}
    if frame.is_empty():
        return pl.DataFrame(schema=types)
    native = {name: expr for name, expr in expressions.items() if isinstance(expr, pl.Expr)}
    doubted = unproved(frame, native)
    flags = {f"\0{place}": operation.flag for place, (_, operation) in enumerate(doubted)}
    columns = _laid_out(frame).lazy().with_columns(**native, **flags).select(*native, *flags)
    computed = columns.collect(engine="in-memory").head(frame.height)
    for flag, (name, operation) in zip(flags, doubted, strict=True):
        if computed[flag].any():
            raise DoesNotFit(name, operation, rows=int(computed[flag].sum()))
    return pl.DataFrame(
        [
            expr(frame).alias(name) if isinstance(expr, PythonExpression) else computed[name]
            for name, expr in expressions.items()
        ]
    )


def _laid_out(frame: pl.DataFrame) -> pl.DataFrame:
    rows = frame if frame.height > 1 else frame[[0, 0]]
    return pl.DataFrame([column.rechunk() for column in rows.get_columns()])
