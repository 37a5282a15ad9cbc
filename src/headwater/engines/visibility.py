"""What the features of one view share: where windows begin and end, when rows become known."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from headwater.engines.arrangement import Arranged
from headwater.engines.edges import Edges, Limits, edges_of
from headwater.engines.gathering import gathered
from headwater.engines.histories import Rows
from headwater.engines.ordering import order_of
from headwater.engines.times import plus
from headwater.kernel.passes import NEVER
from headwater.schema.clocks import Clock


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
    _edges: dict[Hashable, Edges] = field(default_factory=dict)
    _known: dict[Clock, Any] = field(default_factory=dict)
    _until: dict[Clock, Any] = field(default_factory=dict)
    _follows: dict[Clock, bool] = field(default_factory=dict)
    _changes: dict[Clock, tuple[Any, Any]] = field(default_factory=dict)

    def asking(self, arranged: Arranged, known_by: Any) -> Visibility:
        """The same rows asked by other spine rows, on one thread; what is known of rows is kept."""
        return replace(self, arranged=arranged, threads=1, known_by=known_by, _edges={})

    def edges(self, limits: Limits, clock: Clock) -> tuple[Any, Any]:
        """`low[window, row]` and `high[row]`: the rows of each window, as far as they are known."""
        found = self._edges_of(limits, clock)
        return found.low, found.high

    def ties_at_starts(self, limits: Limits, clock: Clock) -> Any:
        """A row that ties with unlike ones where it starts a window by rows, else -1.

        None where no window can start among ties.
        """
        return self._edges_of(limits, clock).tied

    def _edges_of(self, limits: Limits, clock: Clock) -> Edges:
        # windows by time hold the same rows whatever is folded and whatever it is known by
        key = (limits, clock) if limits.asks_rows else limits.windows
        if key not in self._edges:
            found = self._edges[key] = edges_of(limits, self, clock)
            found.write(self.arranged.groups, self.threads)
        return self._edges[key]

    def starts_rise(self, limits: Limits, clock: Clock) -> bool:
        """Whether no window of an entity starts before that of an earlier `as_of`.

        Sessions may, where rows are known late: a row between two of them makes them one.
        """
        if not limits.has_sessions:
            return True
        low, _ = self.edges(limits, clock)
        rises = (low[:, 1:] >= low[:, :-1]).all(axis=0)
        rises[self.arranged.groups[1:, 2] - 1] = True
        return bool(rises.all())

    def bound_edges(self) -> list[Callable[[], None]]:
        """Calls that write all edges asked so far anew, for what then stands in `arranged`."""
        groups = self.arranged.groups
        return [call for edges in self._edges.values() for call in edges.bound(groups)]

    def asked(self) -> tuple[Any, Any]:
        """When the clocks of each spine row are asked, and the rows of entities in that order."""
        if self.known_by is None:
            return self.arranged.as_of, np.arange(len(self.arranged.as_of))
        sizes = self.arranged.groups[:, 3] - self.arranged.groups[:, 2]
        order = order_of(np.repeat(np.arange(len(sizes)), sizes), self.known_by)
        return self.known_by, order

    def questions(self, limits: Limits, clock: Clock) -> tuple[Any, Any, Any, Any]:
        """The spine rows of each entity in the order in which their clocks are asked.

        Returns:
            Where each spine row comes in that order (None where this is the kernel's own), then
            the moments, `low` and `high`, in that order.
        """
        low, high = self.edges(limits, clock)
        if self.known_by is None:
            return None, self.arranged.as_of, low, high
        if len(self.known_by) == 1:  # these very arrays, which one row writes its questions into
            return None, self.known_by, low, high
        asked, order = self.asked()
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return back, asked[order], np.ascontiguousarray(low[:, order]), high[order]

    def known(self, clock: Clock) -> Any:
        """When each row becomes known, in the kernel's order.

        Raises:
            DataError: HW403, a clock is null and the source does not say that this means never.
        """
        if clock not in self._known:
            later = self.history.follows_by(clock)
            if later is None:
                known = self.history.known_times(clock)
                self._known[clock] = gathered(known, self.arranged.rows, self.threads)
            else:
                self._known[clock] = plus(self.arranged.time, later)
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
                order = order_of(self.arranged.codes, _compact(known), threads=self.threads)
                self._changes[clock] = order, known[order]
            else:
                self._changes[clock] = self._changes_with_ends(known, until)
        return self._changes[clock]

    def _changes_with_ends(self, known: Any, until: Any) -> tuple[Any, Any]:
        never_counts = until <= known
        moments = np.concatenate([known, until])
        moments[np.concatenate([never_counts, never_counts])] = NEVER
        codes = np.concatenate([self.arranged.codes, self.arranged.codes])
        order, rows = order_of(codes, _compact(moments), threads=self.threads), len(known)
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
        if self.history.follows_by(clock) is not None:
            return True
        known, codes = self.known(clock), self.arranged.codes
        return bool(((known[1:] >= known[:-1]) | (codes[1:] != codes[:-1])).all())


def _compact(moments: Any) -> Any:
    """The same order with smaller numbers for `NEVER`, so that sorted keys fit one number."""
    never = moments == NEVER
    if never.any() and not never.all():
        return np.where(never, moments[~never].max() + 1, moments)
    return moments
