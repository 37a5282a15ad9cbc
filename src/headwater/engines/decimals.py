"""Decimals as whole numbers of their last digit, and back: exact, and never a float on the way."""

from __future__ import annotations

import polars as pl

from headwater.aggregations.base import Aggregation


def unscaled(column: pl.Series) -> pl.Series:
    """Int64 numbers of the last digit: 1.50 of two digits is 150; nulls stay.

    Raises:
        InvalidOperationError: One does not fit 64 bits.

    >>> unscaled(pl.Series(["1.50", "-0.01"]).cast(pl.Decimal(10, 2))).to_list()
    [150, -1]
    """
    return column.to_physical().cast(pl.Int64)


def digits_of(aggregation: Aggregation, dtype: pl.DataType) -> int:
    """By how many digits float results of values of this type have to be moved to the right."""
    if not isinstance(dtype, pl.Decimal) or aggregation.returns != "float":
        return 0
    return dtype.scale * aggregation.unit_power


def in_type(numbers: pl.Series, dtype: pl.DataType, *, digits: int = 0) -> pl.Series:
    """Results in the type of their feature; whole numbers of a decimal's last digit as decimals.

    Args:
        numbers: Float64 or Int64.
        dtype: The type.
        digits: See `digits_of`.

    >>> in_type(pl.Series([150, None]), pl.Decimal(38, 2)).to_list()
    [Decimal('1.50'), None]
    """
    if dtype.is_decimal() and numbers.dtype == pl.Int64:
        return numbers.cast(pl.Int128).reinterpret(dtype=dtype)
    if dtype == pl.Duration and numbers.dtype.is_float():
        return numbers.round(mode="half_to_even").cast(pl.Int64).cast(dtype)
    if digits:  # NumPy divides one number as it divides many
        moved = pl.Series(numbers.name, numbers.fill_null(0.0).to_numpy() / 10.0**digits)
        return moved.set(numbers.is_null(), None)
    return numbers.cast(dtype)
