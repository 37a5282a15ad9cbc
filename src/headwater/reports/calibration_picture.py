"""A reliability diagram: what came true over what was promised, bin by bin, beside the diagonal.

Places are in a square of 300 by 300 with its origin at the lower left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.reports import numbers
from headwater.reports.axes import round_marks

SIDE = 300
_READ = ("score", "share", "share_low", "share_high")


@dataclass(frozen=True, slots=True)
class Point:
    """One bin: its score across, its share and the ends of the interval of that upwards."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled place on both axes."""

    text: str
    place: float


@dataclass(frozen=True, slots=True)
class CalibrationPicture:
    """The points, the line through them, the marks on the axes, and the same in words."""

    points: tuple[Point, ...]
    line: str
    marks: tuple[Mark, ...]
    text: str


def draw(calibration: Mapping[str, Any]) -> CalibrationPicture | None:
    """The picture of one part's calibration; None where it is undefined."""
    bins: Sequence[Mapping[str, Any]] = calibration.get("bins") or ()
    if not bins:
        return None
    highest = max(max(one["score"], one["share_high"]) for one in bins)
    marks = round_marks(0.0, min(1.0, highest), 5)
    points = tuple(Point(*(_place(one[name], marks[-1]) for name in _READ)) for one in bins)
    line = "".join(
        f"{'L' if number else 'M'}{point.x:.1f} {SIDE - point.y:.1f}"
        for number, point in enumerate(points)
    )
    labels = tuple(Mark(numbers.short(mark), _place(mark, marks[-1])) for mark in marks)
    return CalibrationPicture(points, line, labels, _words(calibration))


def _place(share: float, top: float) -> float:
    return round(SIDE * share / top, 1)


def _words(calibration: Mapping[str, Any]) -> str:
    said = [
        f"scores around {numbers.metric(one['score'])}: {numbers.metric(one['share'])} came true"
        for one in calibration["bins"]
    ]
    return "; ".join(said) + "."
