"""Columns of lists, from the items that a pass wrote for each row."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import Aggregation
from headwater.plan.kinds import result_type


def list_column(
    aggregation: Aggregation, into: Any, sizes: Any, missing: Any, *, values: pl.Series, rows: Any
) -> pl.Series:
    """The lists of an aggregation that returns such, null or empty where there is no result.

    Args:
        aggregation: What was folded.
        into: What was written for each row, items from the start.
        sizes: The number of items.
        missing: Whether there is no result.
        values: What items that are rows are taken from.
        rows: The position there of each arranged row.
    """
    dtype, returns = result_type(aggregation, values.dtype), aggregation.returns
    if not len(sizes):
        return pl.Series([], dtype=dtype)
    most = into.shape[1] // 2 if returns == "counted" else into.shape[1]
    sizes = np.where(missing, 0, sizes)
    unused = np.arange(most) >= sizes[:, None]
    places = into[:, ::2] if returns == "counted" else into
    if returns == "integers":
        items = pl.Series(np.ascontiguousarray(into).ravel())
    else:
        items = _taken(values, rows, np.where(unused, 0, places).ravel())
    if returns == "counted":
        counts = np.ascontiguousarray(into[:, 1::2]).ravel()
        items = pl.DataFrame({"value": items, "count": counts}).to_struct()
    whole = pl.DataFrame({"list": _cut(items, most), "size": sizes, "no": missing})
    found = pl.col("list").list.head("size")
    if aggregation.when_empty is None:
        found = pl.when(~pl.col("no")).then(found)
    return whole.select(found).to_series().cast(dtype)


def _cut(items: pl.Series, most: int) -> pl.Series:
    """Lists of so many items each."""
    if not items.dtype.is_nested():
        return items.reshape((len(items) // most, most)).arr.to_list()
    wrapped = items.to_frame("item").to_struct()  # lists themselves would be flattened
    lists = wrapped.reshape((len(items) // most, most)).arr.to_list()
    return lists.list.eval(pl.element().struct.field("item"))


def _taken(values: pl.Series, rows: Any, places: Any) -> pl.Series:
    """The values at arranged positions; nulls where there is none to take."""
    if not len(rows):
        return pl.Series([None], dtype=values.dtype).new_from_index(0, len(places))
    return values.gather(rows[places])
