"""From columns to what a pass folds, and from what it wrote back to columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from headwater.aggregations.base import LISTS, NAN_CODE, NUMBERS, POSITIONS, VALUE, Aggregation
from headwater.engines.decimals import digits_of, in_type, unscaled
from headwater.engines.extras import NONE, Extras, extras_of
from headwater.engines.gathering import gathered
from headwater.engines.hashes import hashes_of
from headwater.engines.lists import list_column
from headwater.errors import DataError
from headwater.kernel.pool import for_ranges
from headwater.plan.kinds import kind_of
from headwater.plan.views import FeaturePlan

_LARGEST = (1 << 63) - 1
_ROOM = 1 << 60
NULL_CODE = -NAN_CODE
Operand = Literal[
    "nothing", "codes", "hashes", "nanoseconds", "ticks", "float64", "int64", "uint64"
]
_NUMBERS = {"float64": pl.Float64, "int64": pl.Int64, "uint64": pl.UInt64}
_MICROSECONDS = {"day": 86_400_000_000, "ms": 1_000}
_COMPUTED = ("float", "value", "difference")
_WITHIN_64_BITS = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
_INFINITE = 0x7FF << 52
"""The bits of infinity; those of NaN are greater."""
_EXACT = 1 << 53
"""Integers up to here are float64 exactly."""
_FEW = 64
"""Results up to here are sooner written as a list than masked in an expression."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldInput:
    """What a pass folds.

    Args:
        x: float64 or int64 values, or codes, in event order; anything where `valid` is false.
        valid: Whether a row counts: value not null, condition met.
        functions: The class with the four functions for this type of `x`.
        out: The type of the results, `float64` or `int64`.
        values: What a result that is a row is taken from, in the order of the data.
        also: What the functions are given besides.
        of: The values that are folded.
    """

    x: Any
    valid: Any
    functions: type
    out: str
    values: pl.Series
    also: Extras = NONE
    of: Values | None = None

    def taken(self, out: Any) -> Any:
        """The values of the rows that are results; None where no array holds such values."""
        numbers = None if self.of is None else self.of.numbers()
        if self.of is None or numbers is None or not len(numbers):
            return None
        return gathered(numbers, out, self.of.threads)  # anything, where there is no result


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The values and the condition of rows, with what several aggregations read of them.

    Args:
        frame: Columns `value` and `where`, and `other` where one is read, in the order of the data.
        rows: Positions, in event order.
        has_ties: Whether rows share entity, event time and sequence.
        time: Event times, in event order; None of rows that have none.
        threads: How many to use.
    """

    frame: pl.DataFrame
    rows: Any
    has_ties: bool = field(default=False, kw_only=True)
    time: Any = field(default=None, kw_only=True)
    threads: int = field(default=1, kw_only=True)
    _shared: dict[Any, Any] = field(default_factory=dict, repr=False)

    def operand(self, kind: Operand) -> Any:
        """What is folded of the values, in event order, computed once.

        Raises:
            DataError: HW407, an integer does not fit.
        """
        if kind not in self._shared:
            column = self.frame["value"]
            if kind == "nothing":
                self._shared[kind] = np.zeros(len(self.rows), np.int64)
            elif kind == "codes" and column.dtype.is_float() and not column.null_count():
                self._shared[kind] = _codes_of_floats(self.operand("float64"), self.threads)
            elif kind == "hashes":
                self._shared[kind] = self._ordered(hashes_of(column))
            else:
                self._shared[kind] = self._ordered(_operand(column, kind).to_numpy())
        return self._shared[kind]

    def numbers(self) -> Any:
        """The values themselves, in event order; None of those that no array holds."""
        column = self.frame["value"]
        if column.null_count() or not column.dtype.is_numeric():
            return None
        if column.dtype.is_float():
            return self.operand("float64")
        return self.operand("int64") if column.dtype in _WITHIN_64_BITS else None

    def counted(self, *, nulls: bool) -> Any:
        """Whether each row counts, in event order: its condition holds, its value is not null.

        Nor is the other one, where there is one.
        """
        if not nulls and not self.frame["value"].null_count():
            return self.counted(nulls=True)
        if nulls not in self._shared:
            met = self.frame["where"].fill_null(False)
            if not nulls:
                met &= self.frame["value"].is_not_null()
            if "other" in self.frame:
                met &= self.frame["other"].is_not_null()
            every = np.ones(len(self.rows), np.bool_)
            self._shared[nulls] = every if met.all() else self._ordered(met.to_numpy())
        return self._shared[nulls]

    def other(self) -> Any:
        """The second column as float64, in event order."""
        if "other" not in self._shared:
            whole = _operand(self.frame["other"], "float64").to_numpy()
            self._shared["other"] = self._ordered(whole)
        return self._shared["other"]

    def different(self) -> Any:
        """The row of each different hash, of those that count, in the order of the hashes."""
        if "different" not in self._shared:
            own = np.flatnonzero(self.counted(nulls=False))
            firsts = np.unique(self.operand("hashes")[own], return_index=True)[1]
            self._shared["different"] = own[firsts]
        return self._shared["different"]

    def _ordered(self, values: Any) -> Any:
        """From the order of the data to event order."""
        return gathered(values, self.rows, self.threads)


def fold_input(aggregation: Aggregation, values: Values) -> FoldInput:
    """The values as an array, and the functions that fold it.

    Raises:
        DataError: HW407, an integer does not fit.
    """
    column = values.frame["value"]
    kind = _kind(aggregation, column, values.has_ties)
    try:
        x = values.operand(kind)
    except pl.exceptions.InvalidOperationError as error:
        raise does_not_fit(aggregation, column) from error
    is_float = kind == "float64"
    return FoldInput(
        x,
        values.counted(nulls=aggregation.counts_nulls),
        type(aggregation) if is_float else (aggregation.integers or type(aggregation)),
        result_array(aggregation, is_float=is_float),
        with_one_zero(column) if aggregation.hashes else column,
        extras_of(aggregation, time=values.time, other=values.other, different=values.different),
        values,
    )


def does_not_fit(aggregation: Aggregation, column: pl.Series) -> DataError:
    """HW407 of values that are no 64-bit integers."""
    message = f"{column.dtype} values do not fit 64-bit integers"
    return DataError("HW407", message, place=aggregation.place)


def with_one_zero(column: pl.Series) -> pl.Series:
    """The values with 0.0 for both zeros; Polars leaves -0.0 + 0.0 as it is."""
    return column.set(column == 0.0, 0.0) if column.dtype.is_float() else column


def result_array(aggregation: Aggregation, *, is_float: bool) -> str:
    """The type of what a pass writes, over floats or over integers and codes."""
    follows = aggregation.returns in ("value", "difference")
    is_float_out = aggregation.returns == "float" or (follows and is_float)
    return "float64" if is_float_out else "int64"


def _kind(aggregation: Aggregation, column: pl.Series, has_ties: bool) -> Operand:
    """What an aggregation folds: nothing, codes that stand for values, or they as numbers."""
    is_row = aggregation.returns in POSITIONS
    if aggregation.hashes:
        return "hashes"
    if aggregation.reads == "rows" or (is_row and aggregation.ordered and not has_ties):
        return "nothing"
    if is_row or not folds_numbers(aggregation, column):
        return "codes"
    if column.dtype.is_decimal() and aggregation.returns not in _COMPUTED:
        return "codes"
    return number_kind(aggregation, column)


def folds_numbers(aggregation: Aggregation, column: pl.Series) -> bool:
    """Whether its values are folded as numbers, which times and durations may be too."""
    kind = kind_of(column.dtype)
    return kind in NUMBERS or (aggregation.ticks and kind in ("time", "duration"))


def number_kind(aggregation: Aggregation, column: pl.Series) -> Operand:
    """The type in which numbers are folded.

    Of decimals whole numbers of their last digit, or the nearest floats where a float result has no
    power of their unit.
    """
    if column.dtype.is_temporal():
        return "nanoseconds" if digits_of(aggregation, column.dtype) else "ticks"
    if column.dtype.is_decimal():
        is_exact = aggregation.unit_power or aggregation.returns != "float"
        return "int64" if is_exact else "float64"
    if column.dtype.is_float() or (aggregation.computes_in == "float" and _fits_a_float(column)):
        return "float64"
    takes_unsigned = getattr(aggregation.integers or aggregation, "takes_unsigned", False)
    is_large = column.dtype == pl.UInt64 and (column > _LARGEST).any()
    return "uint64" if takes_unsigned and is_large else "int64"


def _operand(column: pl.Series, kind: Operand) -> pl.Series:
    if kind == "nanoseconds":
        return column.to_physical().fill_null(0)
    if kind == "ticks":
        return _ticks(column)
    if kind == "int64" and column.dtype.is_decimal():
        return unscaled(column).fill_null(0)
    return codes_of(column) if kind == "codes" else column.cast(_NUMBERS[kind]).fill_null(0)


def _ticks(column: pl.Series) -> pl.Series:
    """Times and durations as whole microseconds; nanoseconds are rounded down.

    Raises:
        InvalidOperationError: One does not fit 64 bits.
    """
    whole, dtype = column.to_physical(), column.dtype
    unit = "day" if dtype == pl.Date else dtype.time_unit  # type: ignore[attr-defined]
    if unit == "ns":
        whole = whole // 1_000
    elif unit in _MICROSECONDS:
        factor = pl.Series([_MICROSECONDS[unit]], dtype=pl.Int128)
        whole = (whole.cast(pl.Int128) * factor).cast(pl.Int64)
    return whole.fill_null(0)


def from_results(
    features: Sequence[FeaturePlan],
    out: Any,
    status: Any,
    *,
    values: pl.Series | None,
    rows: Any,
    into: Any = None,
) -> list[pl.Series]:
    """The column of each feature, in its type, null where there is no result.

    Args:
        features: They differ in their window only.
        out: What the pass wrote, a row for each of them.
        status: Whether that is a result.
        values: What a result that is a row is taken from; None where it was taken already.
        rows: The position there of each arranged row.
        into: The items of results that are lists.
    """
    missing, size = status != VALUE, out.shape[1]
    if values is not None and features[0].aggregation.returns in LISTS:
        return [
            list_column(
                feature.aggregation, into[w], out[w], missing[w], values=values, rows=rows
            ).alias(feature.column)
            for w, feature in enumerate(features)
        ]
    if features[0].aggregation.returns == "row" and values is not None:
        return [
            _taken(values, rows[out[w][~missing[w]]], missing[w]).alias(feature.column)
            for w, feature in enumerate(features)
        ]
    # made as one and cut, as making a column takes longer than the pass where few are asked
    whole = _filled(out.ravel(), missing.ravel(), features[0].aggregation.when_empty)
    digits = digits_of(features[0].aggregation, features[0].value_type)
    whole = in_type(whole, features[0].dtype, digits=digits)
    return [whole.slice(w * size, size).alias(feature.column) for w, feature in enumerate(features)]


def _filled(out: Any, missing: Any, empty: Any) -> pl.Series:
    """Results with what stands for missing ones."""
    if len(out) > _FEW or not missing.any():
        return (
            pl.Series(out) if not missing.any() else pl.Series(out).set(pl.Series(missing), empty)
        )
    dtype = pl.Float64 if out.dtype == np.float64 else pl.Int64
    pairs = zip(out.tolist(), missing.tolist(), strict=True)
    return pl.Series([empty if is_missing else one for one, is_missing in pairs], dtype=dtype)


def _taken(values: pl.Series, positions: Any, missing: Any) -> pl.Series:
    """The values at positions, in the rows where none is missing."""
    if not len(positions):
        return pl.Series([None], dtype=values.dtype).new_from_index(0, len(missing))
    if len(missing) == 1:
        return values.slice(int(positions[0]), 1)
    places = np.zeros(len(missing), np.int64)
    places[~missing] = positions
    return values.gather(pl.Series(places).set(pl.Series(missing), None))


def _fits_a_float(column: pl.Series) -> bool:
    """Whether every value is a float64 exactly; both ways of folding give the same bits then."""
    if column.dtype == pl.Boolean:
        return True
    if not column.dtype.is_integer():
        return False
    least, most = column.min(), column.max()
    return least is None or (int(least) >= -_EXACT and int(most) <= _EXACT)  # type: ignore[arg-type]


def codes_of(column: pl.Series) -> pl.Series:
    """A code per value, in their order: equal but for its last bit for -0.0 and 0.0, above it.

    That of NaN is the greatest, that of null the least.
    """
    if column.dtype == pl.Enum:  # in the order of its categories, as declared
        return (column.to_physical().cast(pl.Int64) * 2).fill_null(NULL_CODE)
    if column.dtype == pl.Categorical:
        column = column.cast(pl.String)
    if kind_of(column.dtype) == "float":
        codes = pl.Series(_codes_of_floats(column.cast(pl.Float64).fill_null(0.0).to_numpy()))
        return codes.set(column.is_null(), NULL_CODE)
    if column.dtype in (pl.List, pl.Array, pl.Struct, pl.Object):
        codes = column.hash(0).reinterpret(signed=True) // 2 * 2
        return codes.set(column.is_null(), NULL_CODE)
    if column.dtype in (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32, pl.Boolean):
        return (column.cast(pl.Int64) * 2).fill_null(NULL_CODE)
    return (column.rank("dense").cast(pl.Int64) * 2).fill_null(NULL_CODE)


def _codes_of_floats(values: Any, threads: int = 1) -> Any:
    """From their bits, which order as magnitudes do, where their range leaves room; else ranks.

    Args:
        values: float64 without nulls.
        threads: How many to use.
    """
    found = list[tuple[int, int]]()
    for_ranges(lambda a, b: found.append(_magnitudes(values[a:b])), len(values), threads)
    least = min((one for one, _ in found), default=1)
    most = max((one for _, one in found), default=1)
    if most - least >= _ROOM:
        return _codes_of_ranks(values)
    codes = np.empty(len(values), np.int64)
    for_ranges(lambda a, b: _write_codes(values[a:b], least, codes[a:b]), len(values), threads)
    return codes


def _magnitudes(values: Any) -> tuple[int, int]:
    """The bits of the least and of the greatest magnitude, zero and NaN left out."""
    bits = values.view(np.int64) & _LARGEST
    bits[bits > _INFINITE] = 0
    most = int(bits.max(initial=1))
    least = int(bits.min(initial=most))
    return (least if least else int(bits.min(initial=most, where=bits > 0))), most


def _write_codes(values: Any, least: int, codes: Any) -> None:
    """Twice the distance from the least magnitude with the sign of the value; 1 for 0.0."""
    np.bitwise_and(values.view(np.int64), _LARGEST, out=codes)
    is_nan, is_zero, is_negative = codes > _INFINITE, codes == 0, np.signbit(values)
    codes -= least - 1
    codes *= 2
    np.negative(codes, out=codes, where=is_negative)
    if is_zero.any():
        codes[is_zero] = ~is_negative[is_zero]
    if is_nan.any():
        codes[is_nan] = NAN_CODE


def _codes_of_ranks(values: Any) -> Any:
    """The same of values that lie too far apart for it: 2 for each that is smaller."""
    is_nan = np.isnan(values)
    codes = pl.Series(np.where(is_nan, 0.0, values)).rank("dense").cast(pl.Int64).to_numpy() * 2
    codes[(values == 0.0) & ~np.signbit(values)] += 1
    codes[is_nan] = NAN_CODE
    return codes
