"""The rows of a training set over time, coloured by part, and below them how many come true.

Shapes lie in a box of 1000 by 100 that stretches with the page; words lie outside of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from headwater.reports import numbers
from headwater.reports.axes import Tick, time_ticks

WIDTH, HEIGHT = 1000, 100


@dataclass(frozen=True, slots=True)
class PartOfTime:
    """One part: the area of its rows, the line of its prevalence, and where it begins.

    Args:
        name: The part.
        area: The path of its rows.
        line: The path of its prevalence.
        begins: Its first moment, in per cent of the width.
    """

    name: str
    area: str
    line: str
    begins: float


@dataclass(frozen=True, slots=True)
class TimelinePicture:
    """What is drawn.

    Args:
        parts: In their order.
        ticks: Of the axis of time.
        most_rows: The top of the upper picture.
        most_prevalence: The top of the lower picture.
        text: The same in words.
    """

    parts: tuple[PartOfTime, ...]
    ticks: tuple[Tick, ...]
    most_rows: int
    most_prevalence: float
    text: str


def draw(timeline: Mapping[str, Any]) -> TimelinePicture | None:
    """The picture of a timeline; None where there are no rows."""
    buckets = [{**one, "at": _moment(one["start"])} for one in timeline["buckets"]]
    if not buckets:
        return None
    first, last = buckets[0]["at"], max(one["at"] for one in buckets)
    width = _width_of(timeline["every"])
    span = (last - first).total_seconds() + width
    most = max(one["rows"] for one in buckets)
    top = max((one["prevalence"] or 0.0 for one in buckets), default=0.0)
    parts = []
    for name, found in groupby(buckets, key=lambda one: one["part"]):
        places = [
            (
                (one["at"] - first).total_seconds() / span,
                width / span,
                one["rows"] / most,
                one["prevalence"],
            )
            for one in found
        ]
        parts.append(_part(name, places, top or 1.0))
    ticks = [
        Tick(tick.text, round(tick.place * (span - width) / span, 3))
        for tick in time_ticks(first, last, 12)
        if tick.place < 97
    ]
    words = _words(timeline, buckets)
    return TimelinePicture(tuple(parts), tuple(ticks), most, top, words)


def bucket(every: str) -> str:
    """A bucket's length in words.

    >>> bucket("1d"), bucket("3mo")
    ('day', '3 months')
    """
    digits = every.rstrip("smhdwoy")
    unit = _UNITS[every[len(digits) :]]
    return unit if digits == "1" else f"{digits} {unit}s"


def _part(
    name: str, places: Sequence[tuple[float, float, float, float | None]], top: float
) -> PartOfTime:
    points = [(at + width / 2, share / top) for at, width, _, share in places if share is not None]
    line = "".join(
        f"{'L' if number else 'M'}{_x(at)} {_y(height)}"
        for number, (at, height) in enumerate(points)
    )
    return PartOfTime(name, _area(places), line, 100 * places[0][0])


def _area(places: Sequence[tuple[float, float, float, float | None]]) -> str:
    """One outline of all buckets; where rows are missing it goes down to the ground."""
    path: list[str] = []
    end: float | None = None
    for at, width, height, _ in places:
        if end is None or at - end > width / 2:
            path.append(f"{f'V{HEIGHT}Z' if path else ''}M{_x(at)} {HEIGHT}")
        path.append(f"V{_y(height)}H{_x(at + width)}")
        end = at + width
    return "".join(path) + f"V{HEIGHT}Z"


def _words(timeline: Mapping[str, Any], buckets: Sequence[Mapping[str, Any]]) -> str:
    said = []
    for name, found in groupby(buckets, key=lambda one: one["part"]):
        rows = list(found)
        total = sum(one["rows"] for one in rows)
        begins, ends = (numbers.moment(rows[place]["start"])[:10] for place in (0, -1))
        said.append(f"{name}: {numbers.count(total)} rows from {begins} to {ends}.")
    return f"Rows per {bucket(timeline['every'])}. " + " ".join(said)


def _x(share: float) -> str:
    return f"{WIDTH * share:.1f}"


def _y(share: float) -> str:
    return f"{HEIGHT * (1 - share):.1f}"


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


_UNITS = {
    **{"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"},
    **{"mo": "month", "y": "year"},
}
_SECONDS = {
    **{"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800},
    **{"mo": 2_629_746, "y": 31_556_952},
}


def _width_of(every: str) -> float:
    """A bucket's length in seconds; of months and years, as they are on average."""
    digits = every.rstrip("smhdwoy")
    return float(digits) * _SECONDS[every[len(digits) :]]
