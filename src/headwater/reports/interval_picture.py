"""Where the intervals of several variants lie on one axis, for a picture without a library.

Places across are in per cent of the picture's width, so that text keeps its size on any screen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.reports import numbers

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_MOST_STEPS = 6
_EDGE = 3.0  # per cent left free on both sides, for the text of the outermost ticks


@dataclass(frozen=True, slots=True)
class Bar:
    """One variant: its middle and its ends across, and the words beside it."""

    variant: str
    text: str
    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on the axis."""

    text: str
    place: float


@dataclass(frozen=True, slots=True)
class Picture:
    """The bars in their order, and the axis below them."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def draw(clocks: Sequence[Mapping[str, Any]]) -> Picture | None:
    """The picture of a clocks table; None where no variant has a ROC-AUC.

    A variant without an interval is drawn as a point; one without a ROC-AUC is left out.
    """
    shown = [row for row in clocks if row["roc_auc"] is not None]
    if not shown:
        return None
    values = [value for row in shown for value in _ends(row)]
    marks = _marks(min(values), max(values))
    return Picture(
        tuple(_bar(row, marks) for row in shown),
        tuple(Tick(_label(mark, marks), _place(mark, marks)) for mark in marks),
    )


def _ends(row: Mapping[str, Any]) -> tuple[float, float, float]:
    middle = float(row["roc_auc"])
    if row["low"] is None or row["high"] is None:
        return middle, middle, middle
    return float(row["low"]), middle, float(row["high"])


def _bar(row: Mapping[str, Any], marks: Sequence[float]) -> Bar:
    low, middle, high = (_place(value, marks) for value in _ends(row))
    ends = numbers.interval((row["low"], row["high"]))
    text = numbers.metric(row["roc_auc"]) + (f" ({ends})" if ends else "")
    return Bar(row["variant"], text, middle, low, high)


def _marks(low: float, high: float) -> list[float]:
    """Round numbers, evenly spaced, that enclose both ends; at least two."""
    step = next((s for s in _STEPS if (high - low) / s <= _MOST_STEPS - 1), _STEPS[-1])
    # the tolerance keeps an end that is itself a round number from adding a mark
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def _place(value: float, marks: Sequence[float]) -> float:
    share = (value - marks[0]) / (marks[-1] - marks[0])
    return round(_EDGE + share * (100 - 2 * _EDGE), 3)


def _label(mark: float, marks: Sequence[float]) -> str:
    return f"{mark:.3f}" if marks[1] - marks[0] < 0.0099 else f"{mark:.2f}"
