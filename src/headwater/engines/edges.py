"""From the windows of a fold to the rows that each spine row looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import polars as pl

from headwater.engines.arrangement import Arranged
from headwater.engines.periods import period_starts
from headwater.engines.values import codes_of
from headwater.kernel.compile import bound, compiled
from headwater.kernel.edges import (
    bounds_from,
    newest_in_order,
    newest_known,
    runs_in_order,
    runs_known,
)
from headwater.kernel.passes import ALL_HISTORY, bounds
from headwater.kernel.pool import for_groups
from headwater.plan.windows import Window
from headwater.schema.clocks import Clock

_I, _II = "const int64[::1]", "const int64[:,::1]"
_FLAGS = "const boolean[::1]"
BOUNDS = f"void({_I}, {_I}, {_II}, {_I}, int64[:,::1], int64[::1])"
FROM = f"void({_I}, {_I}, {_II}, {_II}, int64[:,::1], int64[::1])"
NEWEST_IN_ORDER = f"void({_FLAGS}, {', '.join([_I] * 6)}, {_II}, int64[:,::1], int64[:,::1])"
NEWEST_KNOWN = f"void({_FLAGS}, {', '.join([_I] * 8)}, {_II}, int64[:,::1], int64[:,::1])"
RUNS_IN_ORDER = f"void({_I}, {_FLAGS}, {', '.join([_I] * 4)}, {_II}, int64[:,::1])"
RUNS_KNOWN = f"void({_I}, {_FLAGS}, {', '.join([_I] * 7)}, {_II}, int64[:,::1])"
_LEAST = -(1 << 62)
"""No event is earlier."""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """The windows of a fold, with what those that depend on rows ask of them, in event order.

    Args:
        windows: One for each row of results.
        counts: Whether a row meets the condition; None where no window asks rows.
        marks: Alike for rows whose values are; None where no window's start can part ties.
    """

    windows: tuple[Window, ...]
    counts: Any = None
    marks: Any = None

    @property
    def asks_rows(self) -> bool:
        """Whether a start depends on which rows are visible."""
        return any(window.asks_rows for window in self.windows)

    @property
    def has_sessions(self) -> bool:
        """Whether one is a session, whose start may fall when a row between two runs is known."""
        return any(window.gap for window in self.windows)


def limits_of(windows: tuple[Window, ...], frame: pl.DataFrame, rows: Any, ties: Any) -> Limits:
    """The limits of windows over values.

    Args:
        windows: One for each row of results.
        frame: Columns `value` and `where`, and maybe `other`, in the order of the data.
        rows: Positions there, in event order.
        ties: Whether rows share entity, event time and sequence with others; None where none do.
    """
    if not any(window.asks_rows for window in windows):
        return Limits(windows)
    counts = np.ascontiguousarray(frame["where"].fill_null(False).to_numpy()[rows])
    if ties is None or not any(window.is_ordered for window in windows):
        return Limits(windows, counts)
    # both zeros have codes that differ in their last bit only
    codes = [(codes_of(frame[name]) // 2).alias(name) for name in frame.columns if name != "where"]
    marks = pl.DataFrame(codes).select(pl.struct(pl.all()).rank("dense")).to_series()
    return Limits(windows, counts, np.ascontiguousarray(marks.cast(pl.Int64).to_numpy()[rows]))


class Seen(Protocol):
    """What edges ask of a `Visibility`."""

    @property
    def arranged(self) -> Arranged:
        """The rows and the questions."""

    def known(self, clock: Clock) -> Any:
        """When each row becomes known."""

    def changes(self, clock: Clock) -> tuple[Any, Any]:
        """Rows as they begin and end to count, and when."""

    def follows_events(self, clock: Clock) -> bool:
        """Whether rows become known in event order, and all of them stay."""

    def asked(self) -> tuple[Any, Any]:
        """When clocks are asked, and the rows that ask in this order."""


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """A compiled function with what stands before and after the groups."""

    run: Any
    before: tuple[Any, ...]
    after: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The rows that spine rows look at, and how to find them anew.

    Args:
        low: The first row, by window and spine row.
        high: The row after the last, by spine row.
        tied: A row where ties make a start undecided, else -1; None where that cannot be.
        prepare: Writes the moments at which windows start.
        calls: The functions that write `low`, `high` and `tied`, one after the other.
    """

    low: Any
    high: Any
    tied: Any
    prepare: Callable[[], None] | None
    calls: tuple[_Call, ...]

    def write(self, groups: Any, threads: int) -> None:
        """Find them."""
        if self.prepare is not None:
            self.prepare()
        for call in self.calls:
            run = partial(_called, call)
            for_groups(run, groups, threads)

    def bound(self, groups: Any) -> list[Callable[[], None]]:
        """Calls that find them anew, for what then stands in the arrays."""
        calls = [bound(one.run, *one.before, groups, *one.after) for one in self.calls]
        return calls if self.prepare is None else [self.prepare, *calls]


def _called(call: _Call, groups: Any) -> None:
    call.run(*call.before, groups, *call.after)


def edges_of(limits: Limits, seen: Seen, clock: Clock) -> Edges:
    """The edges of these windows, not written yet.

    Args:
        limits: The windows; if any is an earlier one, all of them are the same.
        seen: Which rows are asked, and when they are known.
        clock: What is compared with the moments that are asked.
    """
    arranged, windows = seen.arranged, limits.windows
    size = len(arranged.spine)
    low, high = np.empty((len(windows), size), np.int64), np.empty(size, np.int64)
    prepare, bounded = _by_time(windows, arranged, low, high)
    if not limits.asks_rows:
        return Edges(low, high, None, prepare, (bounded,))
    tied = np.full(low.shape, -1, np.int64)
    calls = [bounded]
    if any(window.rows for window in windows):
        calls.append(_newest(limits, seen, clock, (high, low, tied)))
    if limits.has_sessions:
        calls.append(_runs(limits, seen, clock, (high, low)))
    return Edges(low, high, None if limits.marks is None else tied, prepare, tuple(calls))


def _by_time(
    windows: tuple[Window, ...], arranged: Arranged, low: Any, high: Any
) -> tuple[Callable[[], None] | None, _Call]:
    """What finds the rows before `as_of` and since the moments at which windows start."""
    if all(window.is_constant for window in windows):
        lengths = np.array([window.reach for window in windows], np.int64)
        given = arranged.time, arranged.as_of
        return None, _Call(compiled(bounds, BOUNDS), given, (lengths, low, high))
    starts, ends = np.empty_like(low), arranged.as_of
    if windows[0].is_earlier:
        ends = np.empty_like(high)
    prepare = partial(_write_moments, windows, arranged.as_of, starts, ends)
    return prepare, _Call(compiled(bounds_from, FROM), (arranged.time, ends, starts), (low, high))


def _write_moments(windows: tuple[Window, ...], as_of: Any, starts: Any, ends: Any) -> None:
    if ends is not as_of:
        ends[:] = _back(as_of, windows[0])
    for start, window in zip(starts, windows, strict=True):
        start[:] = _back(ends if window.is_earlier else as_of, window)
        if window.ttl != ALL_HISTORY:
            np.maximum(start, as_of - window.ttl, out=start)
        if window.period is not None:
            periods = period_starts(window.period, str(window.zone), as_of)
            np.maximum(start, periods, out=start)


def _back(moments: Any, window: Window) -> Any:
    """The length of a window before these moments, rounded down, or before all events."""
    if window.length == ALL_HISTORY:
        return _LEAST
    starts = np.maximum(np.maximum(moments, _LEAST) - window.length, _LEAST)
    return starts - starts % window.hop if window.hop else starts


def _newest(limits: Limits, seen: Seen, clock: Clock, edges: tuple[Any, Any, Any]) -> _Call:
    """What raises starts to the oldest of the newest rows."""
    high, low, tied = edges
    rows = np.array([window.rows for window in limits.windows], np.int64)
    rank = seen.arranged.rank
    given = limits.counts, rank, rank if limits.marks is None else limits.marks
    after = low, tied
    if seen.follows_events(clock):
        run = compiled(newest_in_order, NEWEST_IN_ORDER)
        return _Call(run, (*given, seen.known(clock), seen.arranged.as_of, rows, high), after)
    run = compiled(newest_known, NEWEST_KNOWN)
    return _Call(run, (*given, *seen.changes(clock), *seen.asked(), rows, high), after)


def _runs(limits: Limits, seen: Seen, clock: Clock, edges: tuple[Any, Any]) -> _Call:
    """What raises starts to the first row of a session."""
    high, low = edges
    gaps = np.array([window.gap for window in limits.windows], np.int64)
    given, as_of = (seen.arranged.time, limits.counts), seen.arranged.as_of
    if seen.follows_events(clock):
        run = compiled(runs_in_order, RUNS_IN_ORDER)
        return _Call(run, (*given, seen.known(clock), as_of, gaps, high), (low,))
    run = compiled(runs_known, RUNS_KNOWN)
    return _Call(run, (*given, *seen.changes(clock), *seen.asked(), as_of, gaps, high), (low,))
