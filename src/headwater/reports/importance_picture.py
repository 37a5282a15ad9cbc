"""What shuffling each input costs, as bars from zero with the ends of their intervals.

Places are in per cent of the picture's width, so that text keeps its size on any screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.reports import numbers
from headwater.reports.axes import Tick, round_marks

_EDGE = 3.0  # per cent left free on both sides, for the text of the outermost ticks


@dataclass(frozen=True, slots=True)
class Bar:
    """One input: where its bar ends, where its interval does, and the words beside it.

    Args:
        name: The input.
        text: Its drop.
        end: The end of the bar.
        low: The lower end of the interval; None where there is none.
        high: The upper end.
        is_sure: Whether the interval lies above zero.
    """

    name: str
    text: str
    end: float
    low: float | None
    high: float | None
    is_sure: bool


@dataclass(frozen=True, slots=True)
class ImportancePicture:
    """The bars, where zero is, the axis, and the same in words."""

    bars: tuple[Bar, ...]
    zero: float
    ticks: tuple[Tick, ...]
    text: str


def draw(drops: Sequence[Mapping[str, Any]]) -> ImportancePicture | None:
    """The picture of some drops, in their order; None where there are none."""
    if not drops:
        return None
    ends = [one[end] for one in drops for end in ("drop", "low", "high") if one[end] is not None]
    marks = round_marks(min(0.0, *ends), max(0.0, *ends), 8)
    bars = tuple(_bar(one, marks) for one in drops)
    ticks = tuple(Tick(numbers.short(mark), _place(mark, marks)) for mark in marks)
    words = "; ".join(f"{bar.name}: {bar.text}" for bar in bars) + "."
    return ImportancePicture(bars, _place(0.0, marks), ticks, words)


def _bar(one: Mapping[str, Any], marks: Sequence[float]) -> Bar:
    low, high = one["low"], one["high"]
    return Bar(
        one["name"],
        numbers.metric(one["drop"]),
        _place(one["drop"], marks),
        None if low is None else _place(low, marks),
        None if high is None else _place(high, marks),
        is_sure=low is not None and low > 0,
    )


def _place(value: float, marks: Sequence[float]) -> float:
    share = (value - marks[0]) / (marks[-1] - marks[0])
    return round(_EDGE + share * (100 - 2 * _EDGE), 3)
