"""R3: which of the rows that count a window holds, for windows of every kind; of the reference.

Every window is what is left of the rows before T when its start is known, so each kind is a
function that drops rows. A window by time asks for nothing but the row's own event time:

>>> starts_at(Within(10), 100), starts_at(Within(10, hop=60), 100), starts_at(None, 100)
(90, 60, None)

The window before another ends where that starts, is as long, and is rounded down in the same way:

>>> later, before = Within(6, hop=4), Before(Within(6, hop=4))
>>> starts_at(later, 11), starts_at(before, 11), ends_at(before, 11), ends_at(later, 11)
(4, -4, 4, 11)

A window by rows and a session look at the rows that count, in event order:

>>> rows = [{"at": at} for at in (10, 40, 50, 60)]
>>> order = {"event_time": "at", "sequence": None, "column": None}
>>> [row["at"] for row in held(rows, Newest(2), as_of=65, **order)]
[50, 60]
>>> [row["at"] for row in held(rows, Session(10), as_of=65, **order)]
[40, 50, 60]
>>> held(rows, Session(10), as_of=71, **order)
[]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from headwater.errors import DataError
from headwater.testing.reference_clocks import Row, written

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_QUARTERS = (1, 4, 7, 10)


@dataclass(frozen=True, slots=True)
class Within:
    """From `length` microseconds before T, or from a multiple of `hop` before that."""

    length: int
    hop: int = 1


@dataclass(frozen=True, slots=True)
class Before:
    """The same length up to the start of another window, in place of that."""

    later: Within


@dataclass(frozen=True, slots=True)
class SoFar:
    """From the start of T's day, week, month, quarter or year by the clocks of a zone."""

    period: str
    zone: str


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest rows that count, at most so many, of the last `length` microseconds if given."""

    most: int
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """The longest run of rows without a gap over `gap` microseconds that lasts until T."""

    gap: int


Window = int | Within | Before | SoFar | Newest | Session | None
"""A number of microseconds is that length; None is all history."""


def starts_at(window: Window, as_of: int) -> int | None:
    """The first moment that a window by time holds; None where there is none."""
    if isinstance(window, Newest):
        window = window.length
    if window is None or isinstance(window, Session):
        return None
    if isinstance(window, SoFar):
        return period_start(window.period, window.zone, as_of)
    if isinstance(window, Before):
        return _back(window.later, ends_at(window, as_of))
    return _back(Within(window) if isinstance(window, int) else window, as_of)


def ends_at(window: Window, as_of: int) -> int:
    """The first moment after a window: T, or where the window that follows it starts."""
    return _back(window.later, as_of) if isinstance(window, Before) else as_of


def _back(window: Within, moment: int) -> int:
    return (moment - window.length) // window.hop * window.hop


@cache
def period_start(period: str, zone: str, as_of: int) -> int:
    """The latest moment, not after `as_of`, at which such a period began by the zone's clocks.

    >>> hour = 3_600_000_000
    >>> period_start("day", "Europe/Zurich", 0) // hour, period_start("year", "UTC", 5)
    (-1, 0)
    """
    here = ZoneInfo(zone)
    day = (_EPOCH + as_of * _MICROSECOND).astimezone(here).date() + timedelta(days=1)
    while not _begins(period, day) or first_moment(day, zone) > as_of:
        day -= timedelta(days=1)
    return first_moment(day, zone)


def _begins(period: str, day: date) -> bool:
    """Whether a period begins with this day."""
    return {
        "day": True,
        "week": day.weekday() == 0,
        "month": day.day == 1,
        "quarter": day.day == 1 and day.month in _QUARTERS,
        "year": day.day == 1 and day.month == 1,
    }[period]


@cache
def first_moment(day: date, zone: str) -> int:
    """When a day began: at midnight, of two the first, or when a change of clocks skipped it."""
    here, midnight = ZoneInfo(zone), datetime(day.year, day.month, day.day)
    moment = midnight.replace(tzinfo=here, fold=0).astimezone(UTC)
    if moment.astimezone(here).replace(tzinfo=None) != midnight:
        moment = midnight.replace(tzinfo=UTC) - timedelta(hours=26)
        while moment.astimezone(here).replace(tzinfo=None) < midnight:
            moment += timedelta(minutes=1)
    return (moment - _EPOCH) // _MICROSECOND


def held(
    rows: Sequence[Row],
    window: Window,
    *,
    as_of: int,
    event_time: str,
    sequence: str | None,
    column: str | None,
) -> list[Row]:
    """Of rows that count and happened before T, since the window's start: those that it holds.

    Args:
        rows: Of one entity, in any order.
        window: What is asked; a window by time alone holds all of them.
        as_of: T.
        event_time: The column that says when a row happened.
        sequence: The column that orders rows of one event time, a null before all others.
        column: What is aggregated; None where rows are.

    Raises:
        DataError: HW404, which of some rows of one place in the order are held is not decided, and
            they differ in what is aggregated.
    """

    def rank(row: Row) -> tuple[Any, ...]:
        number = None if sequence is None else row[sequence]
        return (row[event_time], number is not None, 0 if number is None else number)

    if isinstance(window, Session):
        return _last_run(rows, window.gap, as_of=as_of, event_time=event_time)
    if not isinstance(window, Newest) or len(rows) <= window.most:
        return list(rows)
    ordered = sorted(rows, key=rank)
    first = ordered[-window.most]
    if rank(ordered[-window.most - 1]) == rank(first) and column is not None:
        tied = [row[column] for row in ordered if rank(row) == rank(first)]
        _refuse_difference(tied, at=first[event_time])
    return ordered[-window.most :]


def _last_run(rows: Sequence[Row], gap: int, *, as_of: int, event_time: str) -> list[Row]:
    run: list[Row] = []
    later = as_of
    for row in sorted(rows, key=lambda row: int(row[event_time]), reverse=True):
        if later - row[event_time] > gap:
            break
        run.insert(0, row)
        later = row[event_time]
    return run


def _refuse_difference(values: Sequence[Any], *, at: int) -> None:
    """R7: raise where values differ; NaN equals NaN, and null equals null."""
    for value in values:
        both_nan = value != value and values[0] != values[0]
        if value != values[0] and not both_nan:
            message = f"{len(values)} rows tie at {written(at)}, where a window by rows starts"
            hint = "declare sequence= with a column that orders such rows"
            raise DataError("HW404", f"{message}, and differ", hint=hint)
