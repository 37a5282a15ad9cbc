"""Decimals as whole numbers of their last digit, and back: exact, and never a float on the way.

Durations and times that hold nanoseconds are microseconds with three digits more, in the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import Aggregation

NANOSECONDS = 3
"""The digits that microseconds have after their point."""


def unscaled(column: pl.Series) -> pl.Series:
    """Int64 numbers of the last digit: 1.50 of two digits is 150; nulls stay.

    Raises:
        InvalidOperationError: One does not fit 64 bits.

    >>> unscaled(pl.Series(["1.50", "-0.01"]).cast(pl.Decimal(10, 2))).to_list()
    [150, -1]
    """
    return column.to_physical().cast(pl.Int64)


def digits_of(aggregation: Aggregation, dtype: pl.DataType) -> int:
    """By how many digits results of values of this type have to be moved to the right.

    Those of decimals are floats; what is whole keeps its scale. Those of nanoseconds are durations.
    """
    if getattr(dtype, "time_unit", None) == "ns":
        is_duration = aggregation.returns in ("value", "difference") or aggregation.unit_power == 1
        return NANOSECONDS if is_duration else 0
    if not isinstance(dtype, pl.Decimal) or aggregation.returns != "float":
        return 0
    return dtype.scale * aggregation.unit_power


def in_type(numbers: pl.Series, dtype: pl.DataType, *, digits: int = 0) -> pl.Series:
    """Results in the type of their feature; whole numbers of a decimal's last digit as decimals.

    Durations are rounded to the microsecond, half to even.

    Args:
        numbers: Float64 or Int64.
        dtype: The type.
        digits: See `digits_of`.

    >>> in_type(pl.Series([150, None]), pl.Decimal(38, 2)).to_list()
    [Decimal('1.50'), None]
    """
    if dtype.is_decimal() and numbers.dtype == pl.Int64:
        return numbers.cast(pl.Int128).reinterpret(dtype=dtype)
    if digits:  # NumPy divides one number as it divides many
        moved = _moved(numbers.fill_null(0).to_numpy(), digits, is_whole=numbers.dtype == pl.Int64)
        numbers = pl.Series(numbers.name, moved).set(numbers.is_null(), None)
    if dtype == pl.Duration and numbers.dtype.is_float():
        return numbers.round(mode="half_to_even").cast(pl.Int64).cast(dtype)
    return numbers.cast(dtype)


def _moved(numbers: Any, digits: int, *, is_whole: bool) -> Any:
    """Numbers with so many digits less; whole ones stay whole, rounded half to even."""
    if not is_whole:
        return numbers / 10.0**digits
    unit = 10**digits
    whole, rest = np.divmod(numbers, unit)
    return whole + (2 * rest + (whole & 1) > unit)
