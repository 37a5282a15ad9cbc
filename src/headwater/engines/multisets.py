"""From columns to what the pass over values in sight adds and removes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import NUMBERS, Aggregation
from headwater.engines.arrangement import order_of
from headwater.engines.values import codes_of, counted, numbers_of, result_array
from headwater.plan.kinds import kind_of

MULTISET = (
    "void(const {x}[::1], const int64[::1], const int64[::1], const int64[::1], const int64[::1], "
    "const int64[:,::1], const int64[::1], const int64[:,::1], {out}[:,::1], uint8[:,::1])"
)


@dataclass(frozen=True, slots=True, eq=False)
class MultisetInput:
    """What `sliding_multiset` folds.

    Args:
        x: What it is told about each distinct value, from the start of its entity's rows.
        codes: The number of each row's value among those of its entity; -1 does not count.
        functions: The class with the functions.
        out: The type of the results, `float64` or `int64`.
        values: What a result that is a row is taken from, in the order of the data.
    """

    x: Any
    codes: Any
    functions: type
    out: str
    values: pl.Series


def multiset_input(
    aggregation: Aggregation, values: pl.DataFrame, rows: Any, entities: Any
) -> MultisetInput:
    """Number the distinct values of each entity.

    Args:
        aggregation: What folds them.
        values: Columns `value` and `where`.
        rows: Positions, those of an entity together.
        entities: The code of each one's entity; they do not fall.
    """
    column = _with_one_zero(values["value"])
    own = np.flatnonzero(counted(aggregation, values)[rows])
    keys = codes_of(column).to_numpy()[rows[own]] >> 1
    own, keys = _sorted(own, keys, entities)
    owners = entities[own]
    is_new, is_first = np.ones(len(own), np.bool_), np.ones(len(own), np.bool_)
    is_first[1:] = owners[1:] != owners[:-1]
    is_new[1:] = is_first[1:] | (keys[1:] != keys[:-1])
    number = np.cumsum(is_new) - 1
    within = number - np.maximum.accumulate(np.where(is_first, number, 0))
    codes = np.full(len(rows), -1, np.int64)
    codes[own] = within
    told = _told(aggregation, column, rows)
    x = np.zeros(len(rows), told.dtype)
    starts = np.searchsorted(entities, owners[is_new], "left")
    x[starts + within[is_new]] = told[own[is_new]]
    out = result_array(aggregation, is_float=x.dtype == np.float64)
    return MultisetInput(x, codes, type(aggregation), out, column)


def _with_one_zero(column: pl.Series) -> pl.Series:
    """Polars leaves -0.0 + 0.0 as it is."""
    return column.set(column == 0.0, 0.0) if column.dtype.is_float() else column


def _sorted(own: Any, keys: Any, entities: Any) -> tuple[Any, Any]:
    order = order_of(entities[own], keys)
    return own[order], keys[order]


def _told(aggregation: Aggregation, column: pl.Series, rows: Any) -> Any:
    """Numbers, or positions, for each row."""
    is_number = aggregation.returns in ("float", "value") and kind_of(column.dtype) in NUMBERS
    return numbers_of(aggregation, column).to_numpy()[rows] if is_number else np.arange(len(rows))
