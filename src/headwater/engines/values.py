"""From columns to what a pass folds, and from what it wrote back to columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from headwater.aggregations.base import NAN_CODE, NUMBERS, VALUE, Aggregation
from headwater.errors import DataError
from headwater.plan.kinds import kind_of
from headwater.plan.views import FeaturePlan

_LARGEST = (1 << 63) - 1
_ROOM = 1 << 60
NULL_CODE = -NAN_CODE
Operand = Literal["nothing", "codes", "float64", "int64", "uint64"]
_NUMBERS = {"float64": pl.Float64, "int64": pl.Int64, "uint64": pl.UInt64}
_EXACT = 1 << 53
_FEW = 64
"""Results up to here are sooner written as a list than masked in an expression."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The values and the condition of rows, with what several aggregations read of them.

    Args:
        frame: Columns `value` and `where`, in the order of the data.
        rows: Positions, in event order.
        has_ties: Whether rows share entity, event time and sequence.
    """

    frame: pl.DataFrame
    rows: Any
    has_ties: bool = field(default=False, kw_only=True)
    _shared: dict[Any, Any] = field(default_factory=dict, repr=False)

    def operand(self, kind: Operand) -> Any:
        """What is folded of the values, in event order, computed once.

        Raises:
            DataError: HW407, an integer does not fit.
        """
        if kind not in self._shared:
            whole = _operand(self.frame["value"], kind).to_numpy()
            self._shared[kind] = np.ascontiguousarray(whole[self.rows])
        return self._shared[kind]

    def counted(self, *, nulls: bool) -> Any:
        """Whether each row counts, in event order: its condition holds, its value is not null."""
        if nulls not in self._shared:
            met = self.frame["where"].fill_null(False)
            if not nulls:
                met &= self.frame["value"].is_not_null()
            self._shared[nulls] = np.ascontiguousarray(met.to_numpy()[self.rows])
        return self._shared[nulls]


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
        column,
    )


def does_not_fit(aggregation: Aggregation, column: pl.Series) -> DataError:
    """HW407 of values that are no 64-bit integers."""
    message = f"{column.dtype} values do not fit 64-bit integers"
    return DataError("HW407", message, place=aggregation.place)


def result_array(aggregation: Aggregation, *, is_float: bool) -> str:
    """The type of what a pass writes, over floats or over integers and codes."""
    is_float_out = aggregation.returns == "float" or (aggregation.returns == "value" and is_float)
    return "float64" if is_float_out else "int64"


def _kind(aggregation: Aggregation, column: pl.Series, has_ties: bool) -> Operand:
    """What an aggregation folds: nothing, codes that stand for values, or they as numbers."""
    is_row = aggregation.returns == "row"
    if aggregation.reads == "rows" or (is_row and aggregation.ordered and not has_ties):
        return "nothing"
    if is_row or kind_of(column.dtype) not in NUMBERS:
        return "codes"
    return number_kind(aggregation, column)


def number_kind(aggregation: Aggregation, column: pl.Series) -> Operand:
    """The type in which numbers are folded."""
    if column.dtype.is_float() or (aggregation.computes_in == "float" and _fits_a_float(column)):
        return "float64"
    takes_unsigned = getattr(aggregation.integers, "takes_unsigned", False)
    is_large = column.dtype == pl.UInt64 and (column > _LARGEST).any()
    return "uint64" if takes_unsigned and is_large else "int64"


def _operand(column: pl.Series, kind: Operand) -> pl.Series:
    if kind == "nothing":
        return pl.repeat(0, column.len(), dtype=pl.Int64, eager=True)
    return codes_of(column) if kind == "codes" else column.cast(_NUMBERS[kind]).fill_null(0)


def from_results(
    features: Sequence[FeaturePlan], out: Any, status: Any, *, values: pl.Series, rows: Any
) -> list[pl.Series]:
    """The column of each feature, in its type, null where there is no result.

    Args:
        features: They differ in their window only.
        out: What the pass wrote, a row for each of them.
        status: Whether that is a result.
        values: What a result that is a row is taken from.
        rows: The position there of each arranged row.
    """
    missing, size = status != VALUE, out.shape[1]
    if features[0].aggregation.returns == "row":
        return [
            _taken(values, rows[out[w][~missing[w]]], missing[w]).alias(feature.column)
            for w, feature in enumerate(features)
        ]
    # made as one and cut, as making a column takes longer than the pass where few are asked
    whole = _filled(out.ravel(), missing.ravel(), features[0].aggregation.when_empty)
    whole = whole.cast(features[0].dtype)
    return [whole.slice(w * size, size).alias(feature.column) for w, feature in enumerate(features)]


def _filled(out: Any, missing: Any, empty: int | None) -> pl.Series:
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
    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.cast(pl.String)
    if kind_of(column.dtype) == "float":
        return _codes_of_floats(column)
    if column.dtype in (pl.List, pl.Array, pl.Struct, pl.Object):
        codes = column.hash(0).reinterpret(signed=True) // 2 * 2
        return codes.set(column.is_null(), NULL_CODE)
    if column.dtype in (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32, pl.Boolean):
        return (column.cast(pl.Int64) * 2).fill_null(NULL_CODE)
    return (column.rank("dense").cast(pl.Int64) * 2).fill_null(NULL_CODE)


def _codes_of_floats(column: pl.Series) -> pl.Series:
    """From their bits, which order as magnitudes do, where their range leaves room; else ranks."""
    filled = column.cast(pl.Float64).fill_null(0.0)
    values = np.array(filled.to_numpy())
    is_nan = np.isnan(values)
    values[is_nan] = 0.0
    sizes = values.view(np.int64) & _LARGEST
    used = sizes[sizes > 0]
    least, most = (int(used.min()), int(used.max())) if len(used) else (1, 1)
    if most - least >= _ROOM:
        ranks = pl.Series(values).rank("dense").cast(pl.Int64).to_numpy() * 2
    else:
        ranks = np.where(sizes > 0, sizes - (least - 1), 0) * 2
        ranks = np.where(values < 0.0, -ranks, ranks)
    codes = ranks + ~np.signbit(values) * (values == 0.0)
    codes[is_nan] = NAN_CODE
    return pl.Series(codes).set(column.is_null(), NULL_CODE)
