"""Statistics over a frame's rows: the same aggregations as windows, folded over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import LISTS, OVERFLOW, VALUE, Aggregation
from headwater.engines.computed import computed
from headwater.engines.decimals import digits_of, in_type
from headwater.engines.lists import list_column
from headwater.engines.multisets import MULTISET, multiset_input
from headwater.engines.ordering import order_of
from headwater.engines.values import FoldInput, Values, fold_input
from headwater.errors import DataError
from headwater.kernel.compile import compiled
from headwater.kernel.passes import grouped_fold, sliding_multiset
from headwater.kernel.sliding_counts import grouped_counts
from headwater.plan.kinds import instead_of_overflow, result_type

FOLD = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], {out}[::1], "
    "uint8[::1])"
)


def fold(
    aggregations: Mapping[str, Aggregation], frame: pl.DataFrame, *, by: str | None = None
) -> dict[str, Any]:
    """The result of each aggregation over all rows, by the mapping's names.

    Args:
        aggregations: Those that serve fits.
        frame: The rows; their order does not matter.
        by: A column: each result is then a dictionary from its values, sorted, nulls left out.

    Raises:
        DataError: HW407, a whole number does not fit 64 bits; HW410, a value does not fit an
            expression.
    """
    if by is None:
        codes, categories = np.zeros(frame.height, np.int64), [None]
    else:
        codes, categories = _categories(frame[by])
    results = {}
    for name, aggregation in aggregations.items():
        values = _values(aggregation, frame)
        if hasattr(aggregation, "summarise"):
            found = _summaries(aggregation, values, codes, len(categories))
        else:
            found = _folded(aggregation, values, codes, len(categories))
        results[name] = found[0] if by is None else dict(zip(categories, found, strict=True))
    return results


def _categories(column: pl.Series) -> tuple[Any, list[Any]]:
    """A code per row, -1 for null, and the sorted values that the codes stand for."""
    values = column.drop_nulls().unique().sort()
    codes = column.to_frame("value").join(
        values.to_frame("value").with_row_index("code"),
        on="value",
        how="left",
        maintain_order="left",
    )["code"]
    return codes.cast(pl.Int64).fill_null(-1).to_numpy(), values.to_list()


def _values(aggregation: Aggregation, frame: pl.DataFrame) -> pl.DataFrame:
    given = {"value": aggregation.column, "where": aggregation.where}
    spoken = {
        name: pl.col(expression) if isinstance(expression, str) else expression
        for name, expression in given.items()
    }
    value = pl.lit(1, pl.Int64) if spoken["value"] is None else spoken["value"]
    where = pl.lit(True) if spoken["where"] is None else spoken["where"]
    wanted = {"value": value, "where": where}
    if "other" in aggregation.reads_also:
        other = getattr(aggregation, "other", None)
        wanted["other"] = pl.col(other) if isinstance(other, str) else other
    return computed(frame, wanted, place=aggregation.place)


def _folded(aggregation: Aggregation, values: pl.DataFrame, codes: Any, groups: int) -> list[Any]:
    over = _over_values if aggregation.folds == "values" else _over_states
    found = over(aggregation, values, codes, groups)
    if (found.status == OVERFLOW).any():
        raise DataError(
            "HW407",
            f"the {aggregation.word.replace('_', ' ')} does not fit 64 bits",
            place=aggregation.place,
            hint=instead_of_overflow(found.values.dtype),
        )
    missing = found.status != VALUE
    if aggregation.returns in LISTS:
        every = np.arange(found.values.len())
        return list_column(
            aggregation, found.into, found.out, missing, values=found.values, rows=every
        ).to_list()
    if aggregation.returns == "row":
        return found.values.gather(pl.Series(found.out).set(pl.Series(missing), None)).to_list()
    dtype = found.values.dtype
    digits = digits_of(aggregation, dtype)
    kept = in_type(pl.Series(found.out), result_type(aggregation, dtype), digits=digits)
    empty = aggregation.when_empty
    return [
        empty if is_missing else value
        for value, is_missing in zip(kept.to_list(), missing.tolist(), strict=True)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What a pass gave for each group.

    Args:
        values: What results that are rows are taken from.
        out: The results.
        status: Whether they are some.
        into: The items of results that are lists.
    """

    values: pl.Series
    out: Any
    status: Any
    into: Any


def _over_states(aggregation: Aggregation, values: pl.DataFrame, codes: Any, groups: int) -> _Found:
    rows = np.arange(values.height)
    given = fold_input(aggregation, Values(values, rows))
    out, status = np.zeros(groups, given.out), np.zeros(groups, np.uint8)
    also, into = given.also.asked(None, out.shape)
    run = compiled(*_pass_of(given))
    run(given.x, *also, given.valid, rows, codes, out, status)
    return _Found(given.values, out, status, into)


def fold_pass(aggregation: Aggregation, values: pl.DataFrame) -> tuple[Any, str, Any, Any]:
    """What is compiled to fold values of these types; the aggregation folds states.

    Args:
        aggregation: Serves fits.
        values: Columns `value` and `where`; the rows do not matter.
    """
    return _pass_of(fold_input(aggregation, Values(values, np.arange(values.height))))


def _pass_of(given: FoldInput) -> tuple[Any, str, Any, Any]:
    signature = FOLD.format(x=given.x.dtype.name, out=given.out)
    template = grouped_counts if hasattr(given.functions, "count_row") else grouped_fold
    return template, signature, given.functions, given.also.names


def _over_values(aggregation: Aggregation, values: pl.DataFrame, codes: Any, groups: int) -> _Found:
    """The same: one window for each group, in which all its rows count."""
    rows = np.flatnonzero(codes >= 0)
    rows = rows[order_of(codes[rows])]
    given = multiset_input(aggregation, Values(values, rows), codes[rows])
    out, status = np.zeros((1, groups), given.out), np.zeros((1, groups), np.uint8)
    also, into = given.also.asked(None, out.shape)
    every = np.arange(groups)
    low, high = (np.searchsorted(codes[rows], every, side) for side in ("left", "right"))
    signature = MULTISET.format(x=given.x.dtype.name, out=given.out)
    compiled(sliding_multiset, signature, given.functions, given.also.names)(
        given.x, *also, given.codes, np.arange(len(rows)), np.zeros(len(rows), np.int64),
        np.zeros_like(every), low[None], high, np.stack([low, high, every, every + 1], axis=1),
        out, status,
    )  # fmt: skip
    items = None if into is None else into[0]
    return _Found(given.values.gather(rows), out[0], status[0], items)


def _summaries(aggregation: Any, values: pl.DataFrame, codes: Any, groups: int) -> list[Any]:
    """Count each value of each group, then let the aggregation read the counts."""
    counted = values.select("value", group=pl.Series(codes)).filter(
        values["where"] & values["value"].is_not_null() & (pl.col("group") >= 0)
    )
    if groups == 1:
        return [aggregation.summarise(_counts(counted["value"]))]
    parts = counted.partition_by("group", as_dict=True, include_key=False)
    none = counted.clear().drop("group")
    return [
        aggregation.summarise(_counts(parts.get((group,), none)["value"]))
        for group in range(groups)
    ]


def _counts(values: pl.Series) -> pl.DataFrame:
    """Each value once, sorted, with its number of rows."""
    # one zero, whatever the order; Polars leaves -0.0 + 0.0 as it is
    zeroed = values.set(values == 0.0, 0.0) if values.dtype.is_float() else values
    runs = zeroed.sort().rle().struct.unnest()
    return runs.select("value", rows=pl.col("len").cast(pl.Int64))
