"""Where frames become what row programs compute with, and back.

Every kind of number, booleans too, becomes Float64, and every kind of text String; a duration is
the number of its microseconds. Outside a program missing is null; inside it is NaN, and a NaN that
comes in counts as missing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import polars as pl

from headwater.errors import DataError, Place, SpecError, closest
from headwater.kernel.programs import Input, Program, execute
from headwater.kernel.row_operations import ColumnKind
from headwater.plan.kinds import column_kind

PLAIN_NUMBERS = frozenset({float, int, bool, type(None)})
"""Types that NumPy turns into float64 by their value; text would be parsed."""

PLAIN_WORDS = frozenset({str, type(None)})
"""Types of a category's value."""


def column_kinds(
    frame: pl.DataFrame, columns: Sequence[str], *, place: Place | None = None
) -> dict[str, ColumnKind]:
    """The kind of each column, in the order given.

    Raises:
        SpecError: HW601, a column does not exist or holds neither numbers nor text.
    """
    schema = dict(frame.schema)
    kinds: dict[str, ColumnKind] = {}
    for column in columns:
        if column not in schema:
            hint = closest(column, schema)
            raise SpecError("HW601", f"column {column!r} does not exist", place=place, hint=hint)
        kind = column_kind(schema[column])
        if kind is None:
            raise SpecError(
                "HW601",
                f"column {column!r} is a {schema[column]}, neither a number nor text",
                place=place,
                hint="derive a number from it, such as pl.col(...).dt.hour(), or leave it out",
            )
        kinds[column] = kind
    return kinds


def check_kinds(frame: pl.DataFrame, kinds: Mapping[str, ColumnKind]) -> None:
    """Check that a frame holds what was fitted on.

    Raises:
        DataError: HW603, a column is missing or has the other kind.
    """
    schema = dict(frame.schema)  # each access to the schema reads all of it
    for column, kind in kinds.items():
        _check(schema, column, kind)


def enter(frame: pl.DataFrame, kinds: Mapping[str, ColumnKind]) -> pl.DataFrame:
    """The columns as Float64 and String, missing as null."""
    schema = dict(frame.schema)
    return frame.select(
        _number(column, schema).fill_nan(None)
        if kind == "number"
        else pl.col(column).cast(pl.String)
        for column, kind in kinds.items()
    )


def _number(column: str, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """A column of numbers as Float64."""
    if schema[column] == pl.Duration:
        return pl.col(column).dt.total_microseconds().cast(pl.Float64)
    return pl.col(column).cast(pl.Float64)


def run(program: Program, frame: pl.DataFrame) -> pl.DataFrame:
    """The results as Float64 columns in the program's order, missing as null.

    The frame's columns must have the kinds that the program reads (see `check_kinds`).
    """
    schema = dict(frame.schema)
    entered = frame.select(
        _register(entry, schema).alias(str(i)) for i, entry in enumerate(program.inputs)
    )
    columns = [column.to_numpy() for column in entered.iter_columns()]
    results = execute(program, columns, rows=frame.height)
    left = pl.DataFrame(dict(zip(program.columns, results, strict=True)))
    return left.select(pl.all().cast(pl.Float64).fill_nan(None))


def digest(frame: pl.DataFrame) -> str:
    """The SHA-256 of a frame that has entered: names, types and values in order, not its chunks."""
    state = hashlib.sha256()
    for column in frame.iter_columns():
        state.update(f"{column.name!r} {column.dtype} {len(column)};".encode())
        state.update(column.is_null().to_numpy().tobytes())
        if column.dtype == pl.String:
            state.update(column.str.len_bytes().fill_null(0).to_numpy().tobytes())
            state.update(column.str.join().item().encode())
        else:
            state.update(column.fill_null(0.0).to_numpy().tobytes())
    return state.hexdigest()


def plain_row(inputs: Sequence[Input], values: Sequence[Any]) -> tuple[Any, ...]:
    """The values of a single row with None for whatever pandas writes for a missing one.

    Raises:
        DataError: HW603, a value is not a number, or not text, where such was fitted.
    """
    return tuple(
        None if _is_absent(value) else _fitting(entry, value)
        for entry, value in zip(inputs, values, strict=True)
    )


def _is_absent(value: Any) -> bool:
    """None, NaN in a column of text too, and `pandas.NA`, which equals nothing."""
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or type(value).__name__ == "NAType"
    )


def _fitting(entry: Input, value: Any) -> Any:
    fits = (Real, Decimal, np.bool) if entry.kind == "number" else str
    if entry.kind == "number" and isinstance(value, timedelta):
        return float(value // timedelta(microseconds=1))
    if not isinstance(value, fits):
        _refuse(entry.column, entry.kind, type(value).__name__)
    return value


def _check(schema: Mapping[str, pl.DataType], column: str, kind: ColumnKind) -> None:
    if column not in schema:
        raise DataError("HW603", f"column {column!r} is missing", hint=closest(column, schema))
    dtype = schema[column]
    if dtype != pl.Null and column_kind(dtype) != kind:
        _refuse(column, kind, str(dtype))


def _refuse(column: str, kind: ColumnKind, found: str) -> None:
    raise DataError("HW603", f"column {column!r} was fitted as a {kind}, and is a {found} here")


def _register(entry: Input, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """An input's values as the interpreter reads them."""
    column = pl.col(entry.column)
    if entry.kind == "number":
        return _number(entry.column, schema).fill_null(float("nan"))
    words = column.cast(pl.String).cast(pl.Enum(entry.vocabulary), strict=False)
    known = words.to_physical().cast(pl.Float64)
    code = pl.when(column.is_null()).then(float(entry.null_code)).otherwise(known)
    return code.fill_null(entry.null_code + 1.0)
