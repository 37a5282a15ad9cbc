"""Clocks: when a system could have known a value, as a symbol that can be reasoned about.

A clock is the latest of some moments of one row, each a time column plus a constant. The clock of
nothing is `ALWAYS`. Clocks flow through expressions as the latest of what is read (R2), and a
comparison with a moment that has the same base is decided without reading a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headwater.schema.durations import format_duration

Verdict = Literal["proved", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A time column of a row plus a constant number of microseconds."""

    column: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.offset:
            return self.column
        sign = "-" if self.offset < 0 else "+"
        return f"{self.column} {sign} {format_duration(abs(self.offset))}"


@dataclass(frozen=True, slots=True)
class Clock:
    """The latest of its moments; with no moment, always known.

    Args:
        moments: Sorted by column, one per column (see `latest`).
    """

    moments: tuple[Moment, ...] = ()

    def __str__(self) -> str:
        return " and ".join(map(str, self.moments)) or "always"

    def known_by(self, as_of: Moment) -> Verdict:
        """Whether every row knows this by its `as_of`.

        `proved` where all moments share the base of `as_of` and are not later, `refused` where one
        shares it and is later, else `unknown`: the rows must be asked.
        """
        same = [moment for moment in self.moments if moment.column == as_of.column]
        if any(moment.offset > as_of.offset for moment in same):
            return "refused"
        return "proved" if len(same) == len(self.moments) else "unknown"


ALWAYS = Clock()
"""The clock of a value that was known before any moment that can be asked."""


def latest(*clocks: Clock) -> Clock:
    """The clock of a value that reads values with these clocks.

    >>> str(latest(Clock((Moment("landed_at"),)), ALWAYS))
    'landed_at'
    """
    offsets: dict[str, int] = {}
    for clock in clocks:
        for moment in clock.moments:
            offsets[moment.column] = max(offsets.get(moment.column, moment.offset), moment.offset)
    return Clock(tuple(Moment(column, offset) for column, offset in sorted(offsets.items())))
