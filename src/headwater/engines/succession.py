"""Which version of an event is in effect when: arrays in, arrays out, no loop over rows.

Versions lie sorted, those of an event together, oldest first. A version is in effect from the
moment when it is known until a newer one is. What holds within an event is computed by running
maxima and minima over all of them, in numbers that keep events apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.engines.ordering import order_of
from headwater.kernel.passes import NEVER


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """The moments at which another version comes into effect for a clock, event by event.

    Args:
        moment: Sorted within each event.
        until: The next change of the event; `NEVER` for its last one.
        version: For each clock the position of the version in effect, -1 where none is known.
    """

    moment: Any
    until: Any
    version: Mapping[Any, Any]


def changes(codes: Any, known: Mapping[Any, Any]) -> Changes:
    """All changes of some clocks.

    Args:
        codes: The event of each version.
        known: For each clock, when each version is known by it.

    >>> found = changes(np.array([0, 0]), {"a": np.array([10, 30]), "b": np.array([20, NEVER])})
    >>> found.moment.tolist(), found.until.tolist() == [20, 30, NEVER]
    ([10, 20, 30], True)
    >>> found.version["a"].tolist(), found.version["b"].tolist()
    ([0, 0, 1], [-1, 0, 0])
    """
    spans = {clock: in_effect(codes, since) for clock, since in known.items()}
    rows = np.concatenate(list(spans.values()))
    since = np.concatenate([known[clock][span] for clock, span in spans.items()])
    order = order_of(codes[rows], since)
    event, moment = codes[rows[order]], since[order]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (event[1:] != event[:-1]) | (moment[1:] != moment[:-1])
    places = np.empty_like(order)
    places[order] = np.cumsum(is_new) - 1
    event, moment = event[is_new], moment[is_new]
    version, start = {}, 0
    for clock, span in spans.items():
        version[clock] = _filled(codes, event, places[start : start + len(span)], span)
        start += len(span)
    until = np.full(len(event), NEVER)
    until[:-1] = np.where(event[1:] == event[:-1], moment[1:], NEVER)
    return Changes(moment, until, version)


def _filled(codes: Any, event: Any, places: Any, span: Any) -> Any:
    """The version in effect at each change: the last that came into effect at or before it."""
    version = np.full(len(event), -1, np.int64)
    version[places] = span
    version = np.maximum.accumulate(version)
    return np.where(codes[version] == event, version, -1)


def in_effect(codes: Any, known: Any) -> Any:
    """Positions of the versions that are the newest known one at some moment.

    >>> in_effect(np.array([0, 0, 0, 1]), np.array([5, 9, 9, NEVER])).tolist()
    [0, 2]
    """
    return np.flatnonzero(known < _least_later(codes, known))


def _least_later(codes: Any, known: Any) -> Any:
    """The earliest moment at which a newer version of the same event is known; `NEVER` for none."""
    later = np.full(len(known), NEVER)
    if len(known) < 2:
        return later
    values, ranks = np.unique(known, return_inverse=True)
    apart = codes * len(values) + ranks  # a later event is above all of an earlier one
    least = values[np.minimum.accumulate(apart[::-1])[::-1] % len(values)]
    later[:-1] = np.where(codes[1:] == codes[:-1], least[1:], NEVER)
    return later


def newest_known(codes: Any, is_known: Any, last: Any) -> Any:
    """The newest version of each event that is known; -1 where none is.

    Args:
        codes: The event of each version.
        is_known: Whether it is known at the moment that the event is asked about.
        last: The position of the newest version of each event.
    """
    known = np.where(is_known, np.arange(len(codes)), -1)
    newest = np.maximum.accumulate(known)[last]
    return np.where(codes[newest] == codes[last], newest, -1)
