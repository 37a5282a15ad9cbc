"""Windows resolved: the limits that a row has to meet beside `event_time < as_of` and its clock.

A window is what meets all of its limits, each of which leaves out the oldest rows: a length of
time, the start of a period of the calendar, a number of rows, a session. So the rows that it holds
are always the newest of those that its feature can see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from headwater.errors import Place, closest
from headwater.kernel.passes import ALL_HISTORY
from headwater.plan.faults import Faults
from headwater.plan.moments import is_zone, length
from headwater.schema.durations import DAY, MICROSECONDS, format_duration, parse_duration
from headwater.schema.windows import DeclaredWindow, Hopping, NewestRows, Session, SoFar

LONGEST = 1 << 62
"""The longest window in microseconds: its start before any `as_of` still fits 64 bits."""
_SLACK = 26 * MICROSECONDS["h"]
PERIODS = {
    "day": _SLACK,
    "week": 6 * DAY + _SLACK,
    "month": 30 * DAY + _SLACK,
    "quarter": 91 * DAY + _SLACK,
    "year": 365 * DAY + _SLACK,
}
"""The periods of the calendar, and what none of them is longer than, in microseconds."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window resolved; a limit that is not asked for has the value that it has by default.

    Args:
        length: Microseconds before `as_of`; `ALL_HISTORY` for no limit.
        hop: What the start by `length` is rounded down to multiples of.
        period: A word of `PERIODS`, at whose start in `zone` the window begins.
        zone: See `period`.
        rows: The newest rows that count, at most so many.
        gap: The longest gap in a session.
        ttl: Microseconds before `as_of` at which the window is cut, whatever its length.
        is_earlier: In place of `[start, as_of)` the same length before, `[start - length, start)`,
            whose start is rounded down as `start` is.
    """

    length: int = ALL_HISTORY
    hop: int = 0
    period: str | None = None
    zone: str | None = None
    rows: int = 0
    gap: int = 0
    ttl: int = ALL_HISTORY
    is_earlier: bool = False

    @property
    def asks_rows(self) -> bool:
        """Whether its start depends on which rows are visible, not on `as_of` alone."""
        return bool(self.rows or self.gap)

    @property
    def is_ordered(self) -> bool:
        """Whether the order of rows decides which of them it holds."""
        return bool(self.rows)

    @property
    def is_constant(self) -> bool:
        """Whether it has no start by time, or `as_of` minus a constant, `reach`."""
        return not (self.hop or self.period or self.is_earlier)

    @property
    def reach(self) -> int:
        """The shorter of its length and its ttl; `ALL_HISTORY` where it has neither."""
        return _shortest(self.length, self.ttl)

    @property
    def longest(self) -> int:
        """No row counts so long after its event, in microseconds; `ALL_HISTORY` where one may."""
        period = ALL_HISTORY if self.period is None else PERIODS[self.period]
        return _shortest(self.length, self.ttl, self.gap or ALL_HISTORY, period)

    def earlier(self) -> Window | None:
        """The window of the same length just before; None where this has no length."""
        of_length = Window(length=self.length, hop=self.hop, ttl=self.ttl)
        is_length = self == of_length and self.length != ALL_HISTORY
        return replace(self, is_earlier=True) if is_length else None

    def within(self, ttl: int) -> Window:
        """This window without rows that are older than `ttl`."""
        return replace(self, ttl=ttl)

    def starts(self) -> Iterator[str]:
        """The moments that it starts with, the latest of which counts, as text."""
        if self.hop or self.is_earlier:
            yield self._start_by_length
            if self.ttl != ALL_HISTORY:
                yield f"as_of - {format_duration(self.ttl)}"
        elif self.reach != ALL_HISTORY:
            yield f"as_of - {format_duration(self.reach)}"
        if self.period is not None:
            yield f"the start of the {self.period} of as_of in {self.zone}"

    @property
    def _start_by_length(self) -> str:
        if self.is_earlier and self.hop:
            return self._rounded(f"({self.end}) - {format_duration(self.length)}")
        return self._rounded(f"as_of - {format_duration(self.length * (1 + self.is_earlier))}")

    @property
    def end(self) -> str:
        """The moment before which it ends, as text."""
        return replace(self, is_earlier=False)._start_by_length if self.is_earlier else "as_of"

    def _rounded(self, start: str) -> str:
        return f"{start} rounded down to {format_duration(self.hop)}" if self.hop else start

    def limits(self) -> Iterator[str]:
        """The limits that rows together have to meet, as text."""
        if self.rows:
            yield f"the newest {self.rows} row{'s' * (self.rows > 1)}"
        if self.gap:
            yield f"no gap over {format_duration(self.gap)} until as_of"

    def __str__(self) -> str:
        """What a report calls it: `7d`, `all history`, `10 rows`.

        >>> str(Window(length=7 * DAY)), str(Window(rows=10, length=DAY)), str(Window())
        ('7d', '10 rows, 1d', 'all history')
        """
        parts = [f"{self.rows} row{'s' * (self.rows > 1)}"] if self.rows else []
        if self.period is not None:
            parts.append(f"{self.period} so far in {self.zone}")
        if self.gap:
            parts.append(f"session with gaps up to {format_duration(self.gap)}")
        if self.length != ALL_HISTORY:
            hop = f" in hops of {format_duration(self.hop)}" if self.hop else ""
            parts.append(format_duration(self.length) + hop)
        parts = parts or ["all history"]
        if self.ttl != ALL_HISTORY:
            parts.append(f"ttl {format_duration(self.ttl)}")
        return ("before " if self.is_earlier else "") + ", ".join(parts)


def _shortest(*limits: int) -> int:
    return min((one for one in limits if one != ALL_HISTORY), default=ALL_HISTORY)


EVERYTHING = Window()
"""All history."""


def plan_window(given: Any, zone: str | None, faults: Faults, place: Place | None) -> Window | None:
    """A declared window resolved; None with its faults where it is none.

    Args:
        given: A `DeclaredWindow`, or what stands in its place.
        zone: That of the source.
        faults: Where faults are noted, all together.
        place: The user's line.
    """
    if given is None:
        return EVERYTHING
    if isinstance(given, Hopping):
        found = positive(given.length, "window", faults, place)
        hop = positive(given.hop, "hop", faults, place)
        return None if found is None or hop is None else Window(length=found, hop=hop)
    if isinstance(given, NewestRows):
        return _newest(given, faults, place)
    if isinstance(given, SoFar):
        return _so_far(given, zone, faults, place)
    if isinstance(given, Session):
        gap = positive(given.gap, "gap", faults, place)
        return None if gap is None else Window(gap=gap)
    found = positive(given, "window", faults, place)
    return None if found is None else Window(length=found)


def positive(given: Any, what: str, faults: Faults, place: Place | None) -> int | None:
    """Microseconds of a duration above zero; None with a fault where it is none."""
    found = length(given, what, faults, place)
    if found is None:
        return None
    if found == 0:
        faults.add("HW202", f"{what} {given!r} is not longer than zero", place=place)
        return None
    if found > LONGEST:
        hints = {"ttl": "leave ttl= out", "window": "write .over_all() for all history"}
        faults.add(
            "HW202",
            f"{what} {given!r} is longer than what microseconds hold",
            place=place,
            hint=hints.get(what),
        )
        return None
    return found


def _newest(given: NewestRows, faults: Faults, place: Place | None) -> Window | None:
    reach: Window | None = EVERYTHING
    if given.within is not None:
        found = positive(given.within, "within=", faults, place)
        reach = None if found is None else Window(length=found)
    rows: Any = given.rows
    if not isinstance(rows, int) or isinstance(rows, bool):
        faults.add(
            "HW211",
            f"over_rows takes numbers of rows, found {type(rows).__name__}",
            place=place,
            hint='write .over_rows(10), or .within("7d") for a length of time',
        )
        return None
    if not 0 < rows <= LONGEST:
        most = f"more than {LONGEST}" if rows > 0 else "not a number above zero"
        faults.add("HW202", f"window of {rows} rows is {most}", place=place)
        return None
    return None if reach is None else replace(reach, rows=rows)


def _so_far(given: SoFar, zone: str | None, faults: Faults, place: Place | None) -> Window | None:
    period: Any = given.period
    asked = zone if given.zone is None else given.zone
    is_period = isinstance(period, str) and period in PERIODS
    if not is_period:
        faults.add(
            "HW202",
            f"{period!r} is no period of the calendar",
            place=place,
            hint=closest(str(period), PERIODS, "periods"),
        )
    if asked is None:
        faults.add(
            "HW302",
            f"when a {period} begins depends on the zone, and none is declared",
            place=place,
            hint='add zone="UTC", or the zone whose days are meant, such as zone="Europe/Zurich"',
        )
    elif given.zone is not None and not is_zone(given.zone):
        faults.add(
            "HW211",
            f"zone {given.zone!r} is not known",
            place=place,
            hint="name a zone of the time zone database, such as Europe/Zurich or UTC",
        )
    elif is_period and is_zone(asked):  # a fault of the source's zone is noted there
        return Window(period=period, zone=asked)
    return None


def window_name(given: DeclaredWindow) -> str:
    """A window in a column's name: lengths as the user wrote them.

    A zone is not in it.

    >>> window_name("7d"), window_name(NewestRows(10, "7d")), window_name(SoFar("day", "UTC"))
    ('7d', '10rows_7d', 'day_so_far')
    >>> window_name(Hopping("7d", "1h"))
    '7d_hop_1h'
    """
    if given is None:
        return "all"
    if isinstance(given, Hopping):
        return f"{_written(given.length)}_hop_{_written(given.hop)}"
    if isinstance(given, NewestRows):
        reach = "" if given.within is None else f"_{_written(given.within)}"
        return f"{given.rows}rows{reach}"
    if isinstance(given, SoFar):
        return f"{given.period}_so_far"
    if isinstance(given, Session):
        return f"session_{_written(given.gap)}"
    return _written(given)


def _written(given: str | timedelta) -> str:
    return given if isinstance(given, str) else format_duration(parse_duration(given))
