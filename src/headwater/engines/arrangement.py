"""History and spine in the kernel's order: rows of an entity together, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.gathering import gather
from headwater.engines.histories import Rows
from headwater.engines.ordering import order_of, rows_of
from headwater.kernel.pool import for_ranges
from headwater.plan.views import ViewPlan

_SMALL = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
_AT_ONCE = 1 << 20
"""Rows whose codes are counted at a time, with room for few others."""
NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000}
"""How many a tick of each unit is."""


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """History and spine in the kernel's order.

    Args:
        rows: Positions in the history, `rows[i]` is the i-th in event order.
        starts: Where the rows of each entity begin, and the number of all rows.
        time: Event time of each history row in event order.
        spine: Positions in the spine, `spine[j]` is the j-th; rows without key or moment left out.
        as_of: The moment of each of them.
        groups: `(history start, history stop, spine start, spine stop)` per entity that is asked.
        ties: Whether each row shares entity, event time and sequence with the one before it; None
            where no rows do.
    """

    rows: Any
    starts: Any
    time: Any
    spine: Any
    as_of: Any
    groups: Any
    ties: Any
    _made: dict[str, Any] = field(default_factory=dict, repr=False)
    _places: list[Any] = field(default_factory=list, repr=False, init=False)

    @property
    def has_ties(self) -> bool:
        """Whether rows share entity, event time and sequence."""
        return self.ties is not None

    @property
    def codes(self) -> Any:
        """Entity of each history row in event order."""
        if "codes" not in self._made:
            sizes = np.diff(self.starts)
            self._made["codes"] = np.repeat(np.arange(len(sizes)), sizes)
        return self._made["codes"]

    @property
    def rank(self) -> Any:
        """The first position with the same entity, event time and sequence."""
        if "rank" not in self._made:
            every = np.arange(len(self.rows))
            is_tied = self.ties
            self._made["rank"] = (
                every if is_tied is None else np.maximum.accumulate(np.where(is_tied, 0, every))
            )
        return self._made["rank"]

    @property
    def alike(self) -> Any:
        """A number for each row, the same for rows that share entity, event time and sequence."""
        return self.rows if self.ties is None else self.rank

    def in_order_of_data(self, found: Any, size: int, threads: int) -> Any:
        """What was found for each arranged spine row, by column; zeros for those left out.

        Args:
            found: Its second axis is that of `spine`.
            size: The rows of the spine, with those left out.
            threads: How many to use.
        """
        if not len(self.spine):
            return np.zeros((len(found), size, *found.shape[2:]), found.dtype)
        if not self._places:
            places, is_left_out = np.zeros(size, np.int64), np.ones(size, np.bool_)
            places[self.spine], is_left_out[self.spine] = np.arange(len(self.spine)), False
            self._places.extend((places, np.flatnonzero(is_left_out)))
        places, left_out = self._places
        spread = np.empty((len(found), size, *found.shape[2:]), found.dtype)
        for one, into in zip(found, spread, strict=True):
            gather(one, places, into, threads)
        spread[:, left_out] = 0
        return spread


def arrange(
    view: ViewPlan, history: Rows, keys: pl.DataFrame, as_of: pl.Series, *, threads: int = 1
) -> Arranged:
    """Sort history and spine by entity and time; only entities that the spine asks for stay."""
    events, asked, entities = entity_codes(history.frame, keys, view.view.keys, threads)
    times, sequence = history.event_times().to_numpy(), _sequence(view, history)
    if sequence is None:
        rows, time = rows_of(events, times, threads=threads)
    else:
        rows = order_of(sequence, threads=threads)
        order, time = rows_of(events[rows], times[rows], threads=threads)
        rows = rows[order]
    starts = _starts(events, entities, threads)
    moments = as_of.fill_null(0).to_numpy()
    if as_of.null_count():
        asked = np.where(as_of.is_null().to_numpy(), -1, asked)
    spine, moments = rows_of(asked, moments, threads=threads)
    edges = _starts(asked, entities, threads)
    groups = np.stack([starts[:-1], starts[1:], edges[:-1], edges[1:]], axis=1)
    groups = groups[groups[:, 2] < groups[:, 3]]
    ties = _ties(time, starts, None if sequence is None else sequence[rows])
    return Arranged(rows, starts, time, spine, moments, groups, ties)


def _starts(codes: Any, entities: int, threads: int) -> Any:
    """Where the rows of each entity begin once they are sorted, and the number of all."""
    found = list[Any]()

    def part(start: int, stop: int) -> None:
        found.append(np.bincount(codes[start:stop] + 1, minlength=entities + 1))

    for_ranges(part, len(codes), threads, step=_AT_ONCE)
    sizes = sum(found, np.zeros(entities + 1, np.int64))
    sizes[0] = 0
    return np.cumsum(sizes)


def _ties(time: Any, starts: Any, sequence: Any) -> Any:
    """Whether each row shares all that orders it with the one before; None where no row does."""
    is_tied = np.zeros(len(time), np.bool_)
    np.equal(time[1:], time[:-1], out=is_tied[1:])
    is_tied[starts[:-1][starts[:-1] < len(time)]] = False
    if sequence is not None:
        is_tied[1:] &= sequence[1:] == sequence[:-1]
    return is_tied if is_tied.any() else None


def entity_codes(
    history: pl.DataFrame, spine: pl.DataFrame, keys: Sequence[str], threads: int = 1
) -> tuple[Any, Any, int]:
    """Dense codes of the spine's entities, for both frames, and how many there are.

    Null keys and strangers get -1.
    """
    if len(keys) == 1:
        found = _codes_of_integers(history[keys[0]], spine[keys[0]], threads)
        if found is not None:
            return found
    ours = _comparable(spine, keys)
    known = ours.drop_nulls().unique(maintain_order=True).with_row_index("code")
    return _codes(_comparable(history, keys), known), _codes(ours, known), known.height


def _codes_of_integers(
    history: pl.Series, spine: pl.Series, threads: int
) -> tuple[Any, Any, int] | None:
    """The same for numbers that lie close enough for a table of all between them; else None."""
    least, most = spine.min(), spine.max()
    if history.dtype not in _SMALL or spine.dtype not in _SMALL or least is None or most is None:
        return None
    first, size = int(least), int(most) - int(least) + 1  # type: ignore[arg-type]
    if size > 4 * (history.len() + spine.len()):
        return None
    # the last is for what is null or outside
    is_asked = _looked_up(spine, first, np.arange(size + 1), threads)
    table = np.zeros(size + 1, np.int64)
    table[is_asked] = 1
    table[-1] = 0
    entities = int(table.sum())
    table = np.where(table, np.cumsum(table) - 1, -1)
    return (
        _looked_up(history, first, table, threads),
        _looked_up(spine, first, table, threads),
        entities,
    )


def _looked_up(keys: pl.Series, first: int, table: Any, threads: int) -> Any:
    """What stands at each number above the first; the last where it is null or outside."""
    outside = len(table) - 1
    numbers = keys.cast(pl.Int64).fill_null(first - 1 if first > -(1 << 63) else first + outside)
    whole, found = numbers.to_numpy(), np.empty(len(keys), np.int64)

    def look_up(start: int, stop: int) -> None:
        # below the first they wrap, to be greater than all
        above = (whole[start:stop] - first).view(np.uint64)
        np.minimum(above, outside, out=above)
        table.take(above.view(np.int64), out=found[start:stop], mode="clip")

    for_ranges(look_up, len(keys), threads)
    return found


def _codes(frame: pl.DataFrame, known: pl.DataFrame) -> Any:
    codes = frame.join(known, on=frame.columns, how="left", maintain_order="left")["code"]
    return codes.cast(pl.Int64).fill_null(-1).to_numpy()


def _comparable(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The keys by position, in types that join: whole numbers of one width, text as text."""
    typed = (comparable_key(pl.col(key), frame.schema[key]) for key in keys)
    return frame.select(key.alias(f"key {place}") for place, key in enumerate(typed))


def comparable_key(key: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A key in the type in which it is compared with one of another frame."""
    if dtype.is_integer():
        return key.cast(pl.Int128)
    if dtype in (pl.Categorical, pl.Enum):
        return key.cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        return key.to_physical().cast(pl.Int128) * NANOSECONDS[dtype.time_unit]
    return key


def _sequence(view: ViewPlan, history: Rows) -> Any:
    """The order of rows of one event time: dense ranks, nulls first; None without a sequence."""
    sequence = view.source.source.sequence
    if sequence is None:
        return None
    ranks = history.frame[sequence].rank("dense").cast(pl.Int64).fill_null(0)
    return ranks.to_numpy()
