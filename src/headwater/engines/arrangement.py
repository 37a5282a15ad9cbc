"""History and spine in the kernel's order: rows of an entity together, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.histories import Rows
from headwater.kernel.compile import compiled
from headwater.kernel.sorting import DIGIT, radix_order
from headwater.plan.views import ViewPlan

_PACKED = 1 << 62
RADIX = "void(int64[::1], int64[::1], int64[::1], int64[::1], int64)"
_RADIX_FROM = 100_000
"""Rows from which this sort is worth compiling."""
_SMALL = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000}
"""How many a tick of each unit is."""


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """History and spine in the kernel's order.

    Args:
        rows: Positions in the history, `order[i]` is the i-th in event order.
        codes: Entity of each history row in event order.
        time: Event time of each history row in event order.
        rank: The first position with the same entity, event time and sequence.
        spine: Positions in the spine, `spine[j]` is the j-th; rows without key or moment left out.
        as_of: The moment of each of them.
        groups: `(history start, history stop, spine start, spine stop)` per entity.
        has_ties: Whether rows share entity, event time and sequence.
    """

    rows: Any
    codes: Any
    time: Any
    rank: Any
    spine: Any
    as_of: Any
    groups: Any
    has_ties: bool


def arrange(view: ViewPlan, history: Rows, keys: pl.DataFrame, as_of: pl.Series) -> Arranged:
    """Sort history and spine by entity and time; only entities that the spine asks for stay."""
    events, asked = entity_codes(history.frame, keys, view.view.keys)
    times = history.event_times().to_numpy()
    sequence = _sequence(view, history)
    rows = np.flatnonzero(events >= 0)
    rows = rows[order_of(events[rows], times[rows], sequence[rows])]
    codes, time, order = events[rows], times[rows], sequence[rows]
    is_first = np.ones(len(rows), np.bool_)
    is_first[1:] = (codes[1:] != codes[:-1]) | (time[1:] != time[:-1]) | (order[1:] != order[:-1])
    rank, has_ties = np.arange(len(rows)), not is_first.all()
    if has_ties:
        rank = np.maximum.accumulate(np.where(is_first, rank, 0))
    moments = as_of.fill_null(0).to_numpy()
    spine = np.flatnonzero((asked >= 0) & as_of.is_not_null().to_numpy())
    spine = spine[order_of(asked[spine], moments[spine])]
    groups, moments = _groups(codes, asked[spine]), np.ascontiguousarray(moments[spine])
    return Arranged(rows, codes, time, rank, spine, moments, groups, has_ties)


def entity_codes(
    history: pl.DataFrame, spine: pl.DataFrame, keys: Sequence[str]
) -> tuple[Any, Any]:
    """Dense codes of the spine's entities, for both frames; -1 for null keys and strangers."""
    if len(keys) == 1:
        found = _codes_of_integers(history[keys[0]], spine[keys[0]])
        if found is not None:
            return found
    ours = _comparable(spine, keys)
    known = ours.drop_nulls().unique(maintain_order=True).with_row_index("code")
    return _codes(_comparable(history, keys), known), _codes(ours, known)


def _codes_of_integers(history: pl.Series, spine: pl.Series) -> tuple[Any, Any] | None:
    """The same for numbers that lie close enough for a table of all between them; else None."""
    least, most = spine.min(), spine.max()
    if history.dtype not in _SMALL or spine.dtype not in _SMALL or least is None or most is None:
        return None
    size = int(most) - int(least) + 1  # type: ignore[arg-type]
    if size > 4 * (history.len() + spine.len()):
        return None
    ours = (spine.cast(pl.Int64) - least).fill_null(size).to_numpy()
    theirs = history.cast(pl.Int64)
    inside = theirs.is_between(least, most).fill_null(False)
    places = (theirs.set(~inside, least) - least).to_numpy()
    is_asked = np.zeros(size + 1, np.bool_)  # the last is for what is null or outside
    is_asked[ours] = True
    is_asked[-1] = False
    table = np.where(is_asked, np.cumsum(is_asked) - 1, -1)
    return np.where(inside.to_numpy(), table[places], -1), table[ours]


def _codes(frame: pl.DataFrame, known: pl.DataFrame) -> Any:
    codes = frame.join(known, on=frame.columns, how="left", maintain_order="left")["code"]
    return codes.cast(pl.Int64).fill_null(-1).to_numpy()


def _comparable(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The keys by position, in types that join: whole numbers of one width, text as text."""
    return frame.select(
        _in_one_type(pl.col(key), frame.schema[key]).alias(f"key {i}") for i, key in enumerate(keys)
    )


def _in_one_type(key: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_integer():
        return key.cast(pl.Int128)
    if dtype in (pl.Categorical, pl.Enum):
        return key.cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        return key.to_physical().cast(pl.Int128) * NANOSECONDS[dtype.time_unit]
    return key


def _sequence(view: ViewPlan, history: Rows) -> Any:
    """The order of rows of one event time: dense ranks, nulls first; zeros without a sequence."""
    sequence = view.source.source.sequence
    if sequence is None:
        return np.zeros(history.frame.height, np.int64)
    ranks = history.frame[sequence].rank("dense").cast(pl.Int64).fill_null(0)
    return ranks.to_numpy()


def _groups(events: Any, asked: Any) -> Any:
    """Ranges of both sorted code arrays for each code that the spine asks for."""
    codes = np.unique(asked)
    edges = [
        np.searchsorted(array, codes, side)
        for array in (events, asked)
        for side in ("left", "right")
    ]
    return np.ascontiguousarray(np.stack(edges, axis=1).astype(np.int64))


def order_of(*keys: Any) -> Any:
    """Positions sorted by int64 keys, the first above the others; equal rows stay in their order.

    Keys that fit one number together are sorted as one, in less than half the time.

    >>> order_of(np.array([1, 0, 1]), np.array([5, 9, 3])).tolist()
    [1, 2, 0]
    """
    if not len(keys[0]):
        return np.zeros(0, np.int64)
    packed, values = np.zeros(len(keys[0]), np.int64), 1
    for key in keys:
        least, most = int(key.min()), int(key.max())
        values *= most - least + 1
        if values > _PACKED:
            return np.lexsort(keys[::-1])
        if most > least:
            packed = packed * (most - least + 1) + (key - least)
    if len(packed) < _RADIX_FROM:
        return np.argsort(packed, kind="stable")
    digits = -(-(values - 1).bit_length() // DIGIT)
    order = np.arange(len(packed))
    compiled(radix_order, RADIX)(
        packed, order, np.empty_like(packed), np.empty_like(order), digits + digits % 2
    )
    return order
