"""What the features of one view share: where windows begin and end, when rows become known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headwater.engines.arrangement import Arranged, order_of
from headwater.engines.histories import Rows
from headwater.kernel.compile import compiled
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
    """

    history: Rows
    arranged: Arranged
    threads: int
    _edges: dict[tuple[int, ...], tuple[Any, Any]] = field(default_factory=dict)
    _known: dict[Clock, Any] = field(default_factory=dict)
    _activations: dict[Clock, Any] = field(default_factory=dict)

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

    def known(self, clock: Clock) -> Any:
        """When each row becomes known, in the kernel's order.

        Raises:
            DataError: HW403, a clock is null and the source does not say that this means never.
        """
        if clock not in self._known:
            self._known[clock] = self.history.known_times(clock)[self.arranged.rows]
        return self._known[clock]

    def activation(self, clock: Clock) -> Any:
        """The positions of the rows of each entity in the order in which they become known."""
        if clock not in self._activations:
            known = self.known(clock)
            never = known == NEVER
            if never.any() and not never.all():
                # they come last all the same, and the keys fit one number
                known = np.where(never, known[~never].max() + 1, known)
            self._activations[clock] = order_of(self.arranged.codes, known)
        return self._activations[clock]

    def follows_events(self, clock: Clock) -> bool:
        """Whether rows of each entity become known in event order, as the clock alone promises.

        Only event time plus a constant is asked, whose data may still break it: of nanoseconds,
        and of local times in an hour that repeats, known time is rounded the other way.
        """
        event_time = self.history.plan.source.event_time
        if any(moment.column != event_time for moment in clock.moments):
            return False
        known, codes = self.known(clock), self.arranged.codes
        return bool(((known[1:] >= known[:-1]) | (codes[1:] != codes[:-1])).all())
