"""Spines that a source gives, from its versions or at every moment of a grid; of the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.testing.reference import Feature, visible
from headwater.testing.reference_clocks import Moments, Row, known_at
from headwater.testing.reference_values import Value
from headwater.testing.reference_versions import Versions, events, is_deleted, knows


@dataclass(frozen=True, slots=True)
class AskedEvent:
    """The spine row of one event.

    Args:
        as_of: The moment that the newest version of all gives: the question is not masked.
        own: Keys and kept columns, each as it was known at `as_of`, else None.
        newest: The newest version, of which the label is read.
        label_known: When its label is known; None is never, minus infinity always.
    """

    as_of: int | None
    own: dict[str, Value]
    newest: Row
    label_known: float | None


def asked_events(
    rows: Sequence[Row],
    *,
    versions: Versions,
    as_of: Callable[[Row], int | None],
    own: Sequence[str],
    label_clock: Moments,
) -> list[AskedEvent]:
    """R5, R6: one spine row per event, in the order of the events' first rows.

    An event whose newest version is deleted has no label: it is never known.
    """
    found = []
    for told in events(rows, versions):
        newest = told[-1]
        at = as_of(newest)
        gone = versions.deleted is not None and newest[versions.deleted] is True
        known = None if gone else known_at(newest, label_clock)
        columns = {name: _own(told, name, versions, as_of=at) for name in own}
        found.append(AskedEvent(at, columns, newest, known))
    return found


def _own(told: Sequence[Row], column: str, versions: Versions, *, as_of: int | None) -> Value:
    """R5, R6: a column of the spine's event as it was known; None while it was deleted."""
    if is_deleted(told, versions, as_of=as_of):
        return None
    knowing = knows(told, column, versions, as_of=as_of)
    value: Value = None if knowing is None else knowing[column]
    return value


def every(
    period: int,
    rows: Sequence[Row],
    *,
    entity: tuple[str, ...],
    event_time: str,
    clock: Moments,
    active_within: int,
    last: int,
    start: int | None = None,
) -> list[tuple[int, tuple[Any, ...]]]:
    """The moments `start + k * period` up to `last`, with each entity that was active before them.

    An entity is active at T if one of its rows counts in `[T - active_within, T)`: R3 of a feature
    that reads the key and the event time.

    Args:
        period: Between two moments of the grid, in microseconds.
        rows: The history.
        entity: The key; a null in any part belongs to none.
        event_time: The column that says when a row happened.
        clock: When key and event time are known.
        active_within: How long a row keeps its entity active, in microseconds.
        last: The last moment at which may be asked; the grid may end before.
        start: The first moment of the grid; None for multiples of the period since 1970.

    Returns:
        `(as_of, key)` in order.
    """
    if not rows:
        return []
    first = min(row[event_time] for row in rows)
    origin = start or 0
    step = 0 if start is not None else (first - origin) // period
    asked = set()
    while (at := origin + step * period) <= last:
        feature = Feature("count", None, active_within, clock)
        for row in rows:
            key = tuple(row[part] for part in entity)
            if None not in key and visible(row, feature, as_of=at, event_time=event_time):
                asked.add((at, key))
        step += 1
    return sorted(asked)
