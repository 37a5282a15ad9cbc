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
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "string"
    if dtype in (pl.Date, pl.Datetime):
        return "time"
    return "duration" if dtype == pl.Duration else "other"


def column_kind(dtype: pl.DataType) -> ColumnKind | None:
    """What a recipe makes of a column of this type; None where it can do nothing with it."""
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.Null):
        return "number"
    return "category" if dtype in (pl.String, pl.Categorical, pl.Enum) else None


def result_type(aggregation: Aggregation, dtype: pl.DataType) -> pl.DataType:
    """The type of the aggregation's results over values of this type."""
    if aggregation.returns == "row":
        return dtype
    if aggregation.returns == "value":
        return pl.Int64() if kind_of(dtype) in ("integer", "boolean") else pl.Float64()
    return pl.Int64() if aggregation.returns == "integer" else pl.Float64()
