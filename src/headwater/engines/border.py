"""Where frames become what row programs compute with, and back.

Every kind of number, booleans too, becomes Float64, and every kind of text String. Outside a
program missing is null; inside it is NaN, and a NaN that comes in counts as missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import polars as pl

from headwater.errors import DataError, Place, SpecError, closest
from headwater.kernel.programs import Floats, Input, Program, execute
from headwater.kernel.row_operations import ColumnKind

PLAIN_NUMBERS = frozenset({float, int, bool, type(None)})
"""Types that NumPy turns into float64 by their value; text would be parsed."""


def column_kinds(
    frame: pl.DataFrame, columns: Sequence[str], *, place: Place | None = None
) -> dict[str, ColumnKind]:
    """The kind of each column, in the order given.

    Raises:
        SpecError: HW601, a column does not exist or holds neither numbers nor text.
    """
    kinds: dict[str, ColumnKind] = {}
    for column in columns:
        if column not in frame.columns:
            hint = closest(column, frame.columns)
            raise SpecError("HW601", f"column {column!r} does not exist", place=place, hint=hint)
        kind = _kind(frame.schema[column])
        if kind is None:
            raise SpecError(
                "HW601",
                f"column {column!r} is a {frame.schema[column]}, neither a number nor text",
                place=place,
                hint="derive a number from it, such as pl.col(...).dt.hour(), or leave it out",
            )
        kinds[column] = kind
    return kinds


def enter(frame: pl.DataFrame, kinds: Mapping[str, ColumnKind]) -> pl.DataFrame:
    """The columns as Float64 and String, missing as null.

    Raises:
        DataError: HW603, a column is missing or has the other kind.
    """
    for column, kind in kinds.items():
        _check(frame, column, kind)
    return frame.select(
        pl.col(column).cast(pl.Float64).fill_nan(None)
        if kind == "number"
        else pl.col(column).cast(pl.String)
        for column, kind in kinds.items()
    )


def run(program: Program, frame: pl.DataFrame) -> pl.DataFrame:
    """The results for a frame that has entered, as Float64 columns in the program's order."""
    columns = [_values(frame[entry.column], entry) for entry in program.inputs]
    results = execute(program, columns, rows=frame.height)
    return pl.DataFrame(
        [
            pl.Series(name, values, pl.Float64).fill_nan(None)
            for name, values in zip(program.columns, results, strict=True)
        ]
    )


def digest(frame: pl.DataFrame) -> str:
    """The SHA-256 of a frame that has entered: names, types and values in order, not its chunks."""
    state = hashlib.sha256()
    for column in frame.iter_columns():
        state.update(f"{column.name!r} {column.dtype} {len(column)};".encode())
        state.update(column.is_null().to_numpy().tobytes())
        if column.dtype == pl.String:
            state.update(column.str.len_bytes().fill_null(0).to_numpy().tobytes())
            state.update("".join(column.drop_nulls()).encode())
        else:
            state.update(column.fill_null(0.0).to_numpy().tobytes())
    return state.hexdigest()


def check_numbers(columns: Sequence[str], values: Sequence[Any]) -> None:
    """Check what a single row holds where numbers were fitted.

    Raises:
        DataError: HW603, a value is not a number.
    """
    for column, value in zip(columns, values, strict=True):
        if value is not None and not isinstance(value, Real | Decimal | np.bool):
            _refuse(column, "number", type(value).__name__)


def word_code(entry: Input, codes: Mapping[Any, float], value: Any) -> float:
    """The code of a single category.

    Raises:
        DataError: HW603, the value is not text.
    """
    if value is not None and not isinstance(value, str):
        _refuse(entry.column, "category", type(value).__name__)
    return codes.get(value, entry.null_code + 1.0)


def _kind(dtype: pl.DataType) -> ColumnKind | None:
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.Null):
        return "number"
    return "category" if dtype in (pl.String, pl.Categorical, pl.Enum) else None


def _check(frame: pl.DataFrame, column: str, kind: ColumnKind) -> None:
    if column not in frame.columns:
        raise DataError(
            "HW603", f"column {column!r} is missing", hint=closest(column, frame.columns)
        )
    dtype = frame.schema[column]
    if dtype != pl.Null and _kind(dtype) != kind:
        _refuse(column, kind, str(dtype))


def _refuse(column: str, kind: ColumnKind, found: str) -> None:
    raise DataError("HW603", f"column {column!r} was fitted as a {kind}, and is a {found} here")


def _values(column: pl.Series, entry: Input) -> Floats:
    if entry.kind == "number":
        return column.fill_null(float("nan")).to_numpy()
    codes = column.cast(pl.Enum(entry.vocabulary), strict=False).to_physical().cast(pl.Float64)
    codes = codes.fill_null(entry.null_code + 1.0)
    return codes.set(column.is_null(), float(entry.null_code)).to_numpy()
