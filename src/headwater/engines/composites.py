"""Features that are made of the results of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_
from typing import Any, Literal

import numpy as np
import polars as pl

from headwater.engines.decimals import NANOSECONDS, in_type, unscaled
from headwater.errors import DataError
from headwater.plan.views import FeaturePlan


def folded(features: Iterable[FeaturePlan]) -> list[FeaturePlan]:
    """The features that are folded: in place of one that is made of parts, these."""
    return [one for feature in features for one in feature.parts or (feature,)]


def composed(features: Iterable[FeaturePlan], columns: Mapping[str, pl.Series]) -> list[pl.Series]:
    """The column of each feature, in order.

    Args:
        features: Some of which may be made of parts.
        columns: The results of all that is folded, by name.
    """
    return [
        _made(feature, [columns[part.column] for part in feature.parts])
        if feature.parts
        else columns[feature.column]
        for feature in features
    ]


def _made(feature: FeaturePlan, parts: list[pl.Series]) -> pl.Series:
    """The results of parts as one; null where too few rows of one of them count."""
    if not feature.min_rows:
        return _combined(feature, parts)
    half = len(parts) // 2
    own = parts[:half]
    found = _combined(feature, own) if feature.aggregation.parts else own[0].alias(feature.column)
    is_enough = reduce(and_, (count >= feature.min_rows for count in parts[half:]))
    return found.zip_with(is_enough, found.clear(len(found)))


def _combined(feature: FeaturePlan, parts: list[pl.Series]) -> pl.Series:
    combine: Any = feature.aggregation
    parameters = np.array(feature.aggregation.parameters, np.float64)
    missing = [part.is_null().to_numpy() for part in parts]
    unit = _unit(parts)
    try:
        with np.errstate(all="ignore"):
            numbers = [_numbers(part, feature.dtype, unit) for part in parts]
            out, is_null = combine.combine(*numbers, *missing, parameters)
    except pl.exceptions.InvalidOperationError as error:
        raise _does_not_fit(feature) from error
    except DataError as error:  # which does not know where it was asked for
        raise DataError(error.code, error.message, place=feature.aggregation.place) from error
    dtype = pl.Float64 if out.dtype == np.float64 else pl.Int64
    found = pl.Series(feature.column, out, dtype=dtype).set(pl.Series(is_null), None)
    is_rounded = feature.dtype == pl.Duration and unit == "ns"
    return in_type(found, feature.dtype, digits=NANOSECONDS if is_rounded else 0)


def _unit(parts: list[pl.Series]) -> Literal["us", "ns"]:
    """The unit in which durations are compared: nanoseconds where all results hold these."""
    is_fine = all(getattr(part.dtype, "time_unit", None) == "ns" for part in parts)
    return "ns" if is_fine else "us"


def _numbers(part: pl.Series, dtype: pl.DataType, unit: Literal["us", "ns"]) -> Any:
    """float64, or int64 of what is whole, of durations in a unit; 0 where there is no result.

    Decimals are whole numbers of their last digit where the feature is one too, else floats.
    """
    if isinstance(part.dtype, pl.Decimal):
        is_whole = isinstance(dtype, pl.Decimal) and part.dtype.scale == dtype.scale
        whole = unscaled(part) if is_whole else part.cast(pl.Float64)
    elif part.dtype.is_float():
        whole = part.cast(pl.Float64)
    else:
        in_unit = part.cast(pl.Duration(unit)) if part.dtype == pl.Duration else part
        whole = in_unit.to_physical().cast(pl.Int64)
    return whole.fill_null(0).to_numpy()


def _does_not_fit(feature: FeaturePlan) -> DataError:
    types = " and ".join(sorted({str(part.dtype) for part in feature.parts}))
    message = f"results of type {types} in {feature.column!r} do not fit 64-bit integers"
    return DataError("HW407", message, place=feature.aggregation.place)
