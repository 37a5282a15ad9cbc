"""Invented rows of any schema, with the values that tell operations apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from headwater.spec.row_expressions import Schema

_ROWS = 24
_TEXTS = [
    "a",
    "B",
    "",
    "12",
    "-3.5",
    "2024-02-29",
    "2024-02-29T23:59:59",
    '{"a": 1}',
    "é 日本",
    "a",
]
_FLOATS = [0.0, -0.0, 1.5, -2.25, float("nan"), float("inf"), float("-inf"), 1e8 + 0.1, 0.1, 1.5]
_WHOLE = [0, 1, 2, 2, 3, 7, 100, -1, -7]
_DECIMALS = ["0", "1.5", "-2.25", "1.5", "7"]
_DAYS = [-1, 0, 19_782, 19_813, 0]
_MICROSECONDS = [-1, 0, 1_709_164_800_000_000, 1_711_848_600_000_001, 86_400_000_000, 3_600_000_000]
_NANOSECONDS_OF_DAY = [0, 9_000_000_000_000, 86_399_999_999_999, 1]
_PER_MICROSECOND = {"ms": 0.001, "us": 1, "ns": 1000}
_PARTS: tuple[list[int], ...] = ([], [0], [2, 1, 0], [1, 2], [3, 3])


def sample_frame(schema: Schema, read: Iterable[str]) -> pl.DataFrame:
    """Rows with typed values in the columns that are read; all others are null.

    Among the values are nulls, NaN, infinities, negative numbers, duplicates, empty and non-ASCII
    texts, and times before 1970.

    >>> sample_frame({"ok": pl.Boolean(), "n": pl.Int8()}, ["ok"]).head(4).rows()
    [(True, None), (False, None), (True, None), (None, None)]
    """
    wanted = set(read)
    return pl.DataFrame([_column(name, _instance(schema[name]), name in wanted) for name in schema])


def _column(name: str, dtype: pl.DataType, is_read: bool) -> pl.Series:
    if not is_read or dtype == pl.Object:
        return pl.Series(name, [None] * _ROWS, dtype=dtype)
    values = samples(dtype)
    step = 1 + 2 * (sum(name.encode()) % 3)  # so that columns do not move together
    return _picked(values, [row * step % (len(values) + 1) for row in range(_ROWS)]).alias(name)


def _picked(values: pl.Series, places: Iterable[int]) -> pl.Series:
    """The values at these places, null at a place past the end."""
    wanted = [place if place < len(values) else None for place in places]
    return values.gather(pl.Series(wanted, dtype=pl.UInt32))


def samples(dtype: pl.DataType) -> pl.Series:
    """Some values of a type, none of them null on the outermost level.

    >>> samples(pl.List(pl.UInt8())).to_list()[:3]
    [[], [0], [2, 1, 0]]
    """
    if isinstance(dtype, pl.List):
        inner = samples(_instance(dtype.inner))
        return pl.concat([_picked(inner, part).implode() for part in _PARTS])
    if isinstance(dtype, pl.Array):
        inner = samples(_instance(dtype.inner))
        rows = [range(start, start + dtype.size) for start in range(3)]
        return pl.concat([_picked(inner, row).implode() for row in rows]).cast(dtype)
    if isinstance(dtype, pl.Struct):
        fields = [samples(_instance(field.dtype)).alias(field.name) for field in dtype.fields]
        return pl.DataFrame([_picked(field, range(5)) for field in fields]).to_struct()
    return pl.Series(_raw(dtype)).cast(dtype, strict=False).drop_nulls()


def _raw(dtype: pl.DataType) -> list[Any]:
    """Values that a cast turns into values of the type; a cast makes null what does not fit."""
    match dtype:
        case pl.Boolean():
            return [True, False, True]
        case pl.String() | pl.Binary() | pl.Categorical():
            return _TEXTS
        case pl.Enum():
            return list(dtype.categories)
        case pl.Decimal():
            return _DECIMALS
        case pl.Date():
            return _DAYS
        case pl.Time():
            return _NANOSECONDS_OF_DAY
        case pl.Datetime() | pl.Duration():
            return [int(time * _PER_MICROSECOND[dtype.time_unit]) for time in _MICROSECONDS]
    if dtype.is_float():
        return _FLOATS
    return _WHOLE if dtype.is_integer() else [None]


def _instance(dtype: Any) -> pl.DataType:
    """Polars lets a type stand for its instance: `pl.Int64` for `pl.Int64()`."""
    made: pl.DataType = dtype() if isinstance(dtype, type) else dtype
    return made
