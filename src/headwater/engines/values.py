"""From columns to what a pass folds, and from what it wrote back to columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import VALUE, Aggregation
from headwater.errors import DataError
from headwater.plan.kinds import kind_of
from headwater.plan.views import FeaturePlan


@dataclass(frozen=True, slots=True, eq=False)
class FoldInput:
    """What a pass folds.

    Args:
        x: float64 or int64 values in event order; anything where `valid` is false.
        valid: Whether a row counts: value not null, condition met.
        functions: The class with the four functions for this type of `x`.
        out: The type of the results, `float64` or `int64`.
    """

    x: Any
    valid: Any
    functions: type
    out: str


def fold_input(
    aggregation: Aggregation, values: pl.DataFrame, rows: Any, *, has_ties: bool = False
) -> FoldInput:
    """The values of these rows as an array, and the functions that fold it.

    Args:
        aggregation: What folds them.
        values: Columns `value` and `where`.
        rows: Positions, in event order.
        has_ties: Whether rows share entity, event time and sequence.
    """
    column = values["value"]
    valid = (column.is_not_null() & values["where"].fill_null(False)).to_numpy()[rows]
    cls = type(aggregation)
    if aggregation.returns in ("row", "integer"):
        codes = _codes(column).to_numpy()[rows] if has_ties and aggregation.ordered else None
        x = np.zeros(len(rows), np.int64) if codes is None else codes
        return FoldInput(np.ascontiguousarray(x), np.ascontiguousarray(valid), cls, "int64")
    is_float = column.dtype.is_float() or (
        aggregation.computes_in == "float" and _fits_a_float(column.dtype)
    )
    physical = _numbers(column, pl.Float64 if is_float else pl.Int64, aggregation)
    x = np.ascontiguousarray(physical.to_numpy()[rows])
    functions = cls if is_float else (aggregation.integers or cls)
    out = "float64" if is_float or aggregation.returns == "float" else "int64"
    return FoldInput(x, np.ascontiguousarray(valid), functions, out)


def from_results(
    feature: FeaturePlan, out: Any, status: Any, *, values: pl.Series, rows: Any
) -> pl.Series:
    """The feature's column, in its type, null where there is no result."""
    is_known = pl.Series(status == VALUE)
    empty = feature.aggregation.when_empty
    if feature.aggregation.returns == "row":
        positions = pl.Series(rows[out] if len(rows) else out, dtype=pl.Int64)
        taken = values.gather(pl.select(pl.when(is_known).then(positions)).to_series())
        return taken.alias(feature.column)
    column = pl.Series("value", out)
    known = pl.select(pl.when(is_known).then(column).otherwise(empty)).to_series()
    return known.cast(feature.dtype).alias(feature.column)


def _fits_a_float(dtype: pl.DataType) -> bool:
    return dtype in (pl.Boolean, pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32)


def _numbers(column: pl.Series, dtype: Any, aggregation: Aggregation) -> pl.Series:
    try:
        return column.cast(dtype, strict=True).fill_null(0)
    except pl.exceptions.InvalidOperationError as error:
        raise DataError(
            "HW407", f"{column.dtype} values do not fit 64-bit integers", place=aggregation.place
        ) from error


def _codes(column: pl.Series) -> pl.Series:
    """A code per value: equal up to its last bit for -0.0 and 0.0, which sorts above."""
    if kind_of(column.dtype) == "float":
        zeroed = (column + 0.0).rank("dense").cast(pl.Int64)
        is_negative_zero = (column == 0.0) & (1.0 / column < 0.0)
        return (zeroed * 2 + (~is_negative_zero).cast(pl.Int64)).fill_null(0)
    if column.dtype in (pl.List, pl.Array, pl.Struct, pl.Object):
        return column.hash(0).reinterpret(signed=True) // 2 * 2
    return (column.rank("dense").cast(pl.Int64) * 2).fill_null(0)
