"""Axes: round places for labels, on a line of numbers or of time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MANTISSAS = (1, 2, 5, 10)
_FIXED = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 7, 14)),
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
_MONTH = timedelta(days=30.44)
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis, in per cent of its length."""

    text: str
    place: float


def step_for(span: float, most: int) -> float:
    """The least of 1, 2 or 5 times a power of ten that cuts a span in at most so many pieces.

    >>> step_for(0.7, 4), step_for(93.0, 10)
    (0.2, 10.0)
    """
    power = 10.0 ** math.floor(math.log10(span / most))
    # the tolerance keeps a span that is itself round from taking the next longer step
    return next(float(f"{m * power:.12g}") for m in _MANTISSAS if span <= m * power * most * 1.0001)


def round_marks(low: float, high: float, most: int) -> list[float]:
    """Round numbers, evenly spaced, that enclose both ends; at least two."""
    if high <= low:
        low, high = low - 0.5, low + 0.5
    step = step_for(high - low, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    places = max(0, -math.floor(math.log10(step)))  # 3 * 0.1 is not 0.3
    return [round(number * step, places) for number in range(first, max(last, first + 1) + 1)]


def time_ticks(first: datetime, last: datetime, most: int = 12) -> list[Tick]:
    """Round moments within a span of time, with short words; times in UTC.

    >>> ticks = time_ticks(datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 4, 1, tzinfo=UTC), 4)
    >>> [(tick.text, round(tick.place)) for tick in ticks]
    [('Jan 2013', 0), ('Feb', 34), ('Mar', 66), ('Apr', 100)]
    """
    span = last - first
    if not span:
        return [Tick(f"{first:%Y-%m-%d %H:%M}", 0.0)]
    fixed = next((step for step in _FIXED if span / step <= most), None)
    moments = _months(first, last, most) if fixed is None else _steps(first, last, fixed)
    ticks: list[Tick] = []
    before: datetime | None = None
    for moment in moments:
        ticks.append(Tick(_words(moment, before, fixed), round(100 * (moment - first) / span, 3)))
        before = moment
    return ticks


def _steps(first: datetime, last: datetime, step: timedelta) -> Iterator[datetime]:
    moment = _MONDAY + math.ceil((first - _MONDAY) / step) * step
    while moment <= last:
        yield moment
        moment += step


def _months(first: datetime, last: datetime, most: int) -> Iterator[datetime]:
    step = next((n for n in _MONTHS if (last - first) / (n * _MONTH) <= most), _MONTHS[-1])
    start = datetime(first.year, first.month, 1, tzinfo=UTC)
    number = first.year * 12 + first.month - 1 + (start < first)
    number += -number % step
    while (moment := datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)) <= last:
        yield moment
        number += step


def _words(moment: datetime, before: datetime | None, fixed: timedelta | None) -> str:
    """A moment as short as the one before it allows."""
    if fixed is not None and fixed < timedelta(days=1):
        is_other_day = before is None or before.date() != moment.date()
        return f"{moment:%-d %b %H:%M}" if is_other_day else f"{moment:%H:%M}"
    is_other_year = before is None or before.year != moment.year
    if fixed is not None:
        return f"{moment:%-d %b %Y}" if is_other_year else f"{moment:%-d %b}"
    if before is not None and (moment.month, before.month) == (1, 1):
        return f"{moment:%Y}"
    return f"{moment:%b %Y}" if is_other_year else f"{moment:%b}"
