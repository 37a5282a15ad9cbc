"""Statistics over a frame's rows: the same aggregations as windows, folded over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import OVERFLOW, VALUE, Aggregation
from headwater.engines.arrangement import order_of
from headwater.engines.computed import computed
from headwater.engines.multisets import MULTISET, multiset_input
from headwater.engines.values import Values, fold_input
from headwater.errors import DataError
from headwater.kernel.compile import compiled
from headwater.kernel.passes import grouped_fold, sliding_multiset

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
        DataError: HW407, an integer sum does not fit 64 bits; HW410, a value does not fit an
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
    return computed(frame, {"value": value, "where": where}, place=aggregation.place)


def _folded(aggregation: Aggregation, values: pl.DataFrame, codes: Any, groups: int) -> list[Any]:
    status = np.zeros(groups, np.uint8)
    if aggregation.folds == "values":
        taken, out = _over_values(aggregation, values, codes, status)
    else:
        taken, out = _over_states(aggregation, values, codes, status)
    if (status == OVERFLOW).any():
        raise DataError("HW407", "an integer sum does not fit 64 bits", place=aggregation.place)
    if aggregation.returns == "row":
        positions = pl.Series(out).set(pl.Series(status != VALUE), None)
        return taken.gather(positions).to_list()
    empty = aggregation.when_empty
    return [
        value if is_known else empty
        for value, is_known in zip(out.tolist(), (status == VALUE).tolist(), strict=True)
    ]


def _over_states(
    aggregation: Aggregation, values: pl.DataFrame, codes: Any, status: Any
) -> tuple[pl.Series, Any]:
    """What rows are taken from, and the results; `status` is written."""
    rows = np.arange(values.height)
    given = fold_input(aggregation, Values(values, rows))
    out = np.zeros(len(status), given.out)
    run = compiled(grouped_fold, FOLD.format(x=given.x.dtype.name, out=given.out), given.functions)
    run(given.x, given.valid, rows, codes, out, status)
    return given.values, out


def _over_values(
    aggregation: Aggregation, values: pl.DataFrame, codes: Any, status: Any
) -> tuple[pl.Series, Any]:
    """The same: one window for each group, in which all its rows count."""
    rows = np.flatnonzero(codes >= 0)
    rows = rows[order_of(codes[rows])]
    given = multiset_input(aggregation, Values(values, rows), codes[rows])
    out, every = np.zeros((1, len(status)), given.out), np.arange(len(status))
    low, high = (np.searchsorted(codes[rows], every, side) for side in ("left", "right"))
    signature = MULTISET.format(x=given.x.dtype.name, out=given.out)
    compiled(sliding_multiset, signature, given.functions)(
        given.x, given.codes, np.arange(len(rows)), np.zeros(len(rows), np.int64),
        np.zeros_like(every), low[None], high, np.stack([low, high, every, every + 1], axis=1),
        out, status[None],
    )  # fmt: skip
    return given.values.gather(rows), out[0]


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
