"""From columns to what a pass folds, and from what it wrote back to columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import NAN_CODE, NUMBERS, VALUE, Aggregation
from headwater.errors import DataError
from headwater.plan.kinds import kind_of
from headwater.plan.views import FeaturePlan

_LARGEST = (1 << 63) - 1
_EXACT = 1 << 53
"""Integers up to here are float64 exactly."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldInput:
    """What a pass folds.

    Args:
        x: float64 or int64 values, or codes, in event order; anything where `valid` is false.
        valid: Whether a row counts: value not null, condition met.
        functions: The class with the four functions for this type of `x`.
        out: The type of the results, `float64` or `int64`.
        values: What a result that is a row is taken from, in the order of the data.
    """

    x: Any
    valid: Any
    functions: type
    out: str
    values: pl.Series


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
    operand = _operand(aggregation, column, has_ties)
    is_float = operand.dtype == pl.Float64
    return FoldInput(
        np.ascontiguousarray(operand.to_numpy()[rows]),
        np.ascontiguousarray(counted(aggregation, values)[rows]),
        type(aggregation) if is_float else (aggregation.integers or type(aggregation)),
        result_array(aggregation, is_float=is_float),
        column,
    )


def counted(aggregation: Aggregation, values: pl.DataFrame) -> Any:
    """Whether each row counts."""
    met = values["where"].fill_null(False)
    if not aggregation.counts_nulls:
        met &= values["value"].is_not_null()
    return met.to_numpy()


def result_array(aggregation: Aggregation, *, is_float: bool) -> str:
    """The type of what a pass writes, over floats or over integers and codes."""
    is_float_out = aggregation.returns == "float" or (aggregation.returns == "value" and is_float)
    return "float64" if is_float_out else "int64"


def _operand(aggregation: Aggregation, column: pl.Series, has_ties: bool) -> pl.Series:
    """What is folded of the values: nothing, codes that stand for them, or they as numbers."""
    is_row = aggregation.returns == "row"
    if aggregation.reads == "rows" or (is_row and aggregation.ordered and not has_ties):
        return pl.repeat(0, column.len(), dtype=pl.Int64, eager=True)
    if is_row or kind_of(column.dtype) not in NUMBERS:
        return codes_of(column)
    return numbers_of(aggregation, column)


def numbers_of(aggregation: Aggregation, column: pl.Series) -> pl.Series:
    """Values as Float64, Int64 or, where these are too small, UInt64; whatever where they are null.

    Raises:
        DataError: HW407, an integer does not fit.
    """
    is_float = column.dtype.is_float() or (
        aggregation.computes_in == "float" and _fits_a_float(column)
    )
    takes_unsigned = getattr(aggregation.integers, "takes_unsigned", False)
    is_unsigned = not is_float and takes_unsigned and column.dtype == pl.UInt64
    whole = pl.UInt64 if is_unsigned and int(column.max() or 0) > _LARGEST else pl.Int64  # type: ignore[arg-type]
    return _cast(column, pl.Float64 if is_float else whole, aggregation)


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


def _fits_a_float(column: pl.Series) -> bool:
    """Whether every value is a float64 exactly; both ways of folding give the same bits then."""
    if column.dtype == pl.Boolean:
        return True
    if not column.dtype.is_integer():
        return False
    least, most = column.min(), column.max()
    return least is None or (int(least) >= -_EXACT and int(most) <= _EXACT)  # type: ignore[arg-type]


def _cast(column: pl.Series, dtype: Any, aggregation: Aggregation) -> pl.Series:
    try:
        return column.cast(dtype, strict=True).fill_null(0)
    except pl.exceptions.InvalidOperationError as error:
        raise DataError(
            "HW407", f"{column.dtype} values do not fit 64-bit integers", place=aggregation.place
        ) from error


def codes_of(column: pl.Series) -> pl.Series:
    """A code per value, in their order: equal but for its last bit for -0.0 and 0.0, above it."""
    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.cast(pl.String)
    if kind_of(column.dtype) == "float":
        ranks = column.rank("dense").cast(pl.Int64)  # of both zeros the same
        is_negative_zero = (column == 0.0) & (1.0 / column < 0.0)
        codes = ranks * 2 + (~is_negative_zero).cast(pl.Int64)
        return codes.set(column.is_nan().fill_null(False), NAN_CODE).fill_null(0)
    if column.dtype in (pl.List, pl.Array, pl.Struct, pl.Object):
        return column.hash(0).reinterpret(signed=True) // 2 * 2
    return (column.rank("dense").cast(pl.Int64) * 2).fill_null(0)
