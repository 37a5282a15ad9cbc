"""Which kind of value a type is, and what an aggregation makes of it."""

from __future__ import annotations

import polars as pl

from headwater.aggregations.base import Aggregation, Kind
from headwater.kernel.row_operations import ColumnKind


def kind_of(dtype: pl.DataType) -> Kind:
    """The kind of a Polars type; what no aggregation computes with is `other`."""
    if dtype.is_integer():
        return "integer"
    if dtype.is_float():
        return "float"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_decimal():
        return "decimal"
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "string"
    if dtype in (pl.Date, pl.Datetime):
        return "time"
    return "duration" if dtype == pl.Duration else "other"


INSTEAD: dict[Kind, str] = {
    "integer": "compare it, such as pl.col(...) > 0, where a condition is asked",
    "float": "compare it, such as pl.col(...) > 0, where a condition is asked",
    "boolean": "write .cast(pl.Int64) where 0 and 1 are meant",
    "decimal": "write .cast(pl.Float64) where its nearest float will do",
    "string": "count it, or compare it: CountDistinct, Mode, Share of pl.col(...) == ...",
    "time": "derive a number or a duration from it, such as .dt.hour() or the time between two",
    "duration": "take it in a unit, such as .dt.total_seconds()",
    "other": "derive a column of another type from it, such as .list.len()",
}
"""What to do with values of a kind that an aggregation does not take."""

_SMALLER: dict[Kind, str] = {
    "time": "leave out what lies so far apart, or take days, such as .dt.epoch('d')",
    "duration": "take it in a unit as floats, such as .dt.total_seconds(fractional=True)",
}


def instead_of_overflow(dtype: pl.DataType) -> str:
    """What to do where a result over values of a type does not fit 64 bits.

    >>> instead_of_overflow(pl.Int64())
    'write .cast(pl.Float64) where its nearest float will do'
    """
    return _SMALLER.get(kind_of(dtype), INSTEAD["decimal"])


def column_kind(dtype: pl.DataType) -> ColumnKind | None:
    """What a recipe makes of a column of this type; None where it can do nothing with it.

    Durations are numbers, of microseconds.
    """
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.Null, pl.Duration):
        return "number"
    return "category" if dtype in (pl.String, pl.Categorical, pl.Enum) else None


def result_type(aggregation: Aggregation, dtype: pl.DataType) -> pl.DataType:
    """The type of the aggregation's results over values of this type."""
    kind = kind_of(dtype)
    if kind == "duration" and aggregation.unit_power == 1:
        return pl.Duration("us")
    if aggregation.returns in _ALWAYS:
        return _ALWAYS[aggregation.returns]
    if aggregation.returns == "row":
        return dtype
    if aggregation.returns == "rows":
        return pl.List(dtype)
    if aggregation.returns == "counted":
        return pl.List(pl.Struct({"value": dtype, "count": pl.Int64()}))
    if kind in ("time", "duration"):
        return pl.Duration("us")
    if isinstance(dtype, pl.Decimal):
        return pl.Decimal(38, dtype.scale)
    return pl.Int64() if kind in ("integer", "boolean") else pl.Float64()


_ALWAYS: dict[str, pl.DataType] = {
    "float": pl.Float64(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "duration": pl.Duration("us"),
    "integers": pl.List(pl.Int64()),
}
"""Types of results whatever the values are."""
