"""From columns to what the pass over values in sight adds and removes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import Aggregation
from headwater.engines.extras import NONE, Extras, extras_of
from headwater.engines.ordering import order_of
from headwater.engines.values import (
    Values,
    does_not_fit,
    folds_numbers,
    number_kind,
    result_array,
    with_one_zero,
)

MULTISET = (
    "void(const {x}[::1], const int64[::1], const int64[::1], const int64[::1], const int64[::1], "
    "const int64[:,::1], const int64[::1], const int64[:,::1], {out}[:,::1], uint8[:,::1])"
)


_TOLD_NUMBERS = ("float", "value", "difference", "duration")
"""The results that are made of numbers, not of rows."""


@dataclass(frozen=True, slots=True, eq=False)
class MultisetInput:
    """What `sliding_multiset` folds.

    Args:
        x: What it is told about each distinct value, from the start of its entity's rows.
        codes: The number of each row's value among those of its entity; -1 does not count.
        functions: The class with the functions.
        out: The type of the results, `float64` or `int64`.
        values: What a result that is a row is taken from, in the order of the data.
        also: What `result` is given besides.
    """

    x: Any
    codes: Any
    functions: type
    out: str
    values: pl.Series
    also: Extras = NONE


def multiset_input(aggregation: Aggregation, values: Values, entities: Any) -> MultisetInput:
    """Number the distinct values of each entity.

    Args:
        aggregation: What folds them.
        values: Of rows that lie together for each entity.
        entities: The code of each row's entity; they do not fall.

    Raises:
        DataError: HW407, an integer does not fit.
    """
    own = np.flatnonzero(values.counted(nulls=aggregation.counts_nulls))
    keys = values.operand("codes")[own] >> 1
    own, keys = _sorted(own, keys, entities)
    owners = entities[own]
    is_new, is_first = np.ones(len(own), np.bool_), np.ones(len(own), np.bool_)
    is_first[1:] = owners[1:] != owners[:-1]
    is_new[1:] = is_first[1:] | (keys[1:] != keys[:-1])
    number = np.cumsum(is_new) - 1
    within = number - np.maximum.accumulate(np.where(is_first, number, 0))
    codes = np.full(len(entities), -1, np.int64)
    codes[own] = within
    told = _told(aggregation, values)
    x = np.zeros(len(entities), told.dtype)
    starts = np.searchsorted(entities, owners[is_new], "left")
    x[starts + within[is_new]] = told[own[is_new]]
    is_float = x.dtype == np.float64
    return MultisetInput(
        x,
        codes,
        type(aggregation) if is_float else (aggregation.integers or type(aggregation)),
        result_array(aggregation, is_float=is_float),
        with_one_zero(values.frame["value"]),
        extras_of(aggregation, time=values.time, other=values.other),
    )


def _sorted(own: Any, keys: Any, entities: Any) -> tuple[Any, Any]:
    order = order_of(entities[own], keys)
    return own[order], keys[order]


def _told(aggregation: Aggregation, values: Values) -> Any:
    """Numbers, or positions, for each row."""
    column = values.frame["value"]
    if aggregation.returns not in _TOLD_NUMBERS or not folds_numbers(aggregation, column):
        return np.arange(len(values.rows))
    try:
        told = values.operand(number_kind(aggregation, column))
    except pl.exceptions.InvalidOperationError as error:
        raise does_not_fit(aggregation, column) from error
    return np.where(told == 0, 0, told) if told.dtype == np.float64 else told
