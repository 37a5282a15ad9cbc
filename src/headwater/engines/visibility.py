"""What the features of one view share: where windows begin and end, when rows become known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from headwater.engines.arrangement import Arranged, order_of
from headwater.engines.histories import Rows
from headwater.kernel.compile import bound, compiled
from headwater.kernel.passes import NEVER, bounds
from headwater.kernel.pool import for_groups
from headwater.schema.clocks import Clock

BOUNDS = (
    "void(const int64[::1], const int64[::1], const int64[:,::1], const int64[::1], "
    "int64[:,::1], int64[::1])"
)


@dataclass(frozen=True, slots=True, eq=False)
class Visibility:
    """Answers about one arranged history, each computed once.

    Args:
        history: The rows in the order of the data.
        arranged: The same in the kernel's order.
        threads: How many to use.
        known_by: The moment at which clocks are asked for each arranged spine row; None where it
            is `as_of`.
    """

    history: Rows
    arranged: Arranged
    threads: int
    known_by: Any = None
    _edges: dict[tuple[int, ...], tuple[Any, Any]] = field(default_factory=dict)
    _known: dict[Clock, Any] = field(default_factory=dict)
    _until: dict[Clock, Any] = field(default_factory=dict)
    _follows: dict[Clock, bool] = field(default_factory=dict)
    _changes: dict[Clock, tuple[Any, Any]] = field(default_factory=dict)

    def asking(self, arranged: Arranged, known_by: Any) -> Visibility:
        """The same rows asked by other spine rows, on one thread; what is known of rows is kept."""
        return replace(self, arranged=arranged, threads=1, known_by=known_by, _edges={})

    def edges(self, windows: tuple[int, ...]) -> tuple[Any, Any]:
        """`low[window, row]` and `high[row]` of `bounds`."""
        if windows not in self._edges:
            lengths, size = np.array(windows, np.int64), len(self.arranged.spine)
            low, high = np.empty((len(windows), size), np.int64), np.empty(size, np.int64)
            find, given = compiled(bounds, BOUNDS), (self.arranged.time, self.arranged.as_of)
            for_groups(
                lambda groups: find(*given, groups, lengths, low, high),
                self.arranged.groups,
                self.threads,
            )
            self._edges[windows] = low, high
        return self._edges[windows]

    def bound_edges(self) -> list[Callable[[], None]]:
        """Calls that write all edges asked so far anew, for what then stands in `arranged`."""
        find, rows = compiled(bounds, BOUNDS), self.arranged
        return [
            bound(find, rows.time, rows.as_of, rows.groups, np.array(windows, np.int64), low, high)
            for windows, (low, high) in self._edges.items()
        ]

    def questions(self, windows: tuple[int, ...]) -> tuple[Any, Any, Any, Any]:
        """The spine rows of each entity in the order in which their clocks are asked.

        Returns:
            Where each spine row comes in that order (None where this is the kernel's own), then
            the moments, `low` and `high`, in that order.
        """
        low, high = self.edges(windows)
        if self.known_by is None:
            return None, self.arranged.as_of, low, high
        sizes = self.arranged.groups[:, 3] - self.arranged.groups[:, 2]
        order = order_of(np.repeat(np.arange(len(sizes)), sizes), self.known_by)
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return back, self.known_by[order], np.ascontiguousarray(low[:, order]), high[order]

    def known(self, clock: Clock) -> Any:
        """When each row becomes known, in the kernel's order.

        Raises:
            DataError: HW403, a clock is null and the source does not say that this means never.
        """
        if clock not in self._known:
            self._known[clock] = self.history.known_times(clock)[self.arranged.rows]
        return self._known[clock]

    def until(self, clock: Clock) -> Any:
        """The moment from which each row no longer counts; None where no row ever ends."""
        if clock not in self._until:
            until = self.history.until_times(clock)
            self._until[clock] = None if until is None else until[self.arranged.rows]
        return self._until[clock]

    def changes(self, clock: Clock) -> tuple[Any, Any]:
        """Rows of each entity as they begin and end to count, with the moments, in their order.

        A row that ends is `~row`; see `activated_tree`. Nothing ends where `until` is None.
        """
        if clock not in self._changes:
            known, until = self.known(clock), self.until(clock)
            if until is None:
                order = order_of(self.arranged.codes, _compact(known))
                self._changes[clock] = order, known[order]
            else:
                self._changes[clock] = self._changes_with_ends(known, until)
        return self._changes[clock]

    def _changes_with_ends(self, known: Any, until: Any) -> tuple[Any, Any]:
        never_counts = until <= known
        moments = np.concatenate([known, until])
        moments[np.concatenate([never_counts, never_counts])] = NEVER
        codes = np.concatenate([self.arranged.codes, self.arranged.codes])
        order, rows = order_of(codes, _compact(moments)), len(known)
        return np.where(order < rows, order, ~(order - rows)), moments[order]

    def follows_events(self, clock: Clock) -> bool:
        """Whether rows of each entity become known in event order, and all of them stay.

        Only event time plus a constant is asked, whose data may still break it: of nanoseconds,
        and of local times in an hour that repeats, known time is rounded the other way.
        """
        if self.known_by is not None:
            return False
        if clock not in self._follows:
            self._follows[clock] = self._stays_in_order(clock)
        return self._follows[clock]

    def _stays_in_order(self, clock: Clock) -> bool:
        event_time = self.history.plan.source.event_time
        if any(moment.column != event_time for moment in clock.moments):
            return False
        if self.until(clock) is not None:
            return False
        known, codes = self.known(clock), self.arranged.codes
        return bool(((known[1:] >= known[:-1]) | (codes[1:] != codes[:-1])).all())


def _compact(moments: Any) -> Any:
    """The same order with smaller numbers for `NEVER`, so that sorted keys fit one number."""
    never = moments == NEVER
    if never.any() and not never.all():
        return np.where(never, moments[~never].max() + 1, moments)
    return moments
