"""How one input is distributed in each part, on a strip small enough for a table.

The first part is a filled shape, the others are outlines over it, all in a box of 240 by 36 that
stretches. Heights are shares of the part's rows that have a value, on one scale for all parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from headwater.reports import numbers

WIDTH, HEIGHT = 240, 36
_AIR = 0.12  # of a bar's width, free on both sides
_MIDDLE = ("0.25", "0.5", "0.75")


@dataclass(frozen=True, slots=True)
class Strip:
    """What is drawn of one input.

    Args:
        paths: Part and outline, the first part first.
        low: What stands below the left end.
        high: What stands below the right end.
        text: The same in words.
    """

    paths: tuple[tuple[str, str], ...]
    low: str
    high: str
    text: str


def draw(entry: Mapping[str, Any]) -> Strip:
    """The strip of one entry of a run's distributions."""
    heights = {name: _shares(part["counts"]) for name, part in entry["parts"].items()}
    top = max((share for shares in heights.values() for share in shares), default=0.0) or 1.0
    is_category = entry["kind"] == "category"
    edges = _even(entry) if is_category else _scaled(entry["edges"])
    trace = _bars if is_category or entry["values"] else _outline
    paths = tuple(
        (name, trace(edges, [share / top for share in shares])) for name, shares in heights.items()
    )
    low, high = _ends(entry)
    return Strip(paths, low, high, in_words(entry))


def in_words(entry: Mapping[str, Any]) -> str:
    """What the strip shows, for who does not see it."""
    return "; ".join(f"{name}: {_said(entry, part)}" for name, part in entry["parts"].items())


def _said(entry: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    known = part["rows"] - part["nulls"]
    if not known:
        return "no values"
    if entry["kind"] == "category":
        named = zip(entry["values"], part["counts"], strict=False)
        return ", ".join(f"{name} {numbers.percent(rows / known)}" for name, rows in named)
    quantiles = (numbers.short(part["quantiles"][share]) for share in _MIDDLE)
    low, middle, high = quantiles
    return f"median {middle}, middle half {low} to {high}"


def _ends(entry: Mapping[str, Any]) -> tuple[str, str]:
    if entry["kind"] != "category":
        places = entry["values"] or entry["edges"]
        return numbers.short(places[0]), numbers.short(places[-1])
    others = entry["distinct"] - len(entry["values"])
    shown = ", ".join(entry["values"])
    return shown, f"and {numbers.count(others)} more" if others else ""


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    return [rows / total if total else 0.0 for rows in counts]


def _even(entry: Mapping[str, Any]) -> list[float]:
    bins = len(next(iter(entry["parts"].values()))["counts"])
    return [number / bins for number in range(bins + 1)]


def _scaled(edges: Sequence[float]) -> list[float]:
    return [(edge - edges[0]) / (edges[-1] - edges[0]) for edge in edges]


def _outline(edges: Sequence[float], heights: Sequence[float]) -> str:
    """Steps over bins that lie side by side."""
    path = [f"M{_x(edges[0])} {HEIGHT}"]
    for end, height in zip(edges[1:], heights, strict=True):
        path.append(f"V{_y(height)}H{_x(end)}")
    return "".join(path) + f"V{HEIGHT}"


def _bars(edges: Sequence[float], heights: Sequence[float]) -> str:
    """A bar for each value, apart from its neighbours."""
    path = []
    for (start, end), height in zip(pairwise(edges), heights, strict=True):
        air = (end - start) * _AIR
        path.append(f"M{_x(start + air)} {HEIGHT}V{_y(height)}H{_x(end - air)}V{HEIGHT}")
    return "".join(path)


def _y(share: float) -> str:
    return f"{HEIGHT * (1 - share):.1f}"


def _x(share: float) -> str:
    return f"{WIDTH * share:.1f}"
