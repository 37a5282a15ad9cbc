"""R6: events that were told of several times, as they were known at a moment; of the reference.

Rows with the same identity are versions of one event, each a whole row. Every column of the event
has the value of the newest version that could know it at the moment asked:

>>> told = Versions(("order",), order=(("told", 0),), clocks={"amount": (("told", 0),)})
>>> rows = [{"order": 7, "told": 20, "amount": 5.0}, {"order": 7, "told": 10, "amount": 4.0}]
>>> [existing(rows, ("amount",), versions=told, as_of=at) for at in (9, 19, 20)]
[[], [{'amount': 4.0}], [{'amount': 5.0}]]
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater.errors import DataError
from headwater.testing.reference_clocks import Moments, Row, is_known, known_at


@dataclass(frozen=True, slots=True)
class Versions:
    """How the rows of a history are versions of events.

    Args:
        identity: The columns that versions of one event share.
        order: The row's own clock, by which versions follow one another; one that is never reached
            makes the row the newest.
        clocks: The clock of each column that is read, and of `deleted`.
        sequence: Orders versions of one known time; a null comes before all others.
        deleted: A boolean column; the event does not exist where it is known to be true.
    """

    identity: tuple[str, ...]
    order: Moments
    clocks: Mapping[str, Moments] = field(default_factory=dict)
    sequence: str | None = None
    deleted: str | None = None


def existing(
    rows: Sequence[Row], columns: Sequence[str], *, versions: Versions, as_of: int | None
) -> list[Row]:
    """R6: each event as it was known at a moment, where it existed and all columns were known.

    Raises:
        DataError: HW405, two versions of one order differ.
    """
    found = [known_event(told, columns, versions, as_of=as_of) for told in events(rows, versions)]
    return [event for event in found if event is not None]


def events(rows: Sequence[Row], versions: Versions) -> list[list[Row]]:
    """R6: the versions of each event, oldest first; events in the order of their first row.

    Raises:
        DataError: HW405, two versions of one order differ, or a null in an identity repeats.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in versions.identity), []).append(row)
    if any(None in identity and len(told) > 1 for identity, told in groups.items()):
        raise DataError("HW405", f"identity {list(versions.identity)} is null in rows that repeat")
    return [_in_order(told, versions) for told in groups.values()]


def known_event(
    told: Sequence[Row], columns: Sequence[str], versions: Versions, *, as_of: int | None
) -> Row | None:
    """R6: one event, of these columns; None where one is not known, or the event is deleted."""
    if is_deleted(told, versions, as_of=as_of):
        return None
    event = {}
    for column in columns:
        knowing = knows(told, column, versions, as_of=as_of)
        if knowing is None:
            return None
        event[column] = knowing[column]
    return event


def knows(told: Sequence[Row], column: str, versions: Versions, *, as_of: int | None) -> Row | None:
    """R6: the newest version whose clock for the column is not after `as_of`, if there is one."""
    for row in reversed(told):
        if is_known(row, versions.clocks[column], as_of=as_of):
            return row
    return None


def is_deleted(told: Sequence[Row], versions: Versions, *, as_of: int | None) -> bool:
    """R6: whether the event is known at `as_of` to be deleted; a newer version may revive it."""
    if versions.deleted is None:
        return False
    knowing = knows(told, versions.deleted, versions, as_of=as_of)
    return knowing is not None and knowing[versions.deleted] is True


def _in_order(rows: Sequence[Row], versions: Versions) -> list[Row]:
    """Versions from the oldest to the newest, equal ones once."""
    ordered: list[Row] = []
    for row in sorted(rows, key=lambda row: _rank(row, versions)):
        if not ordered or _rank(row, versions) != _rank(ordered[-1], versions):
            ordered.append(row)
        elif not _same(row, ordered[-1]):
            identity = ", ".join(f"{name}={row[name]!r}" for name in versions.identity)
            raise DataError(
                "HW405",
                f"two versions of {identity} have one place in time, and differ",
                hint="declare sequence= with a column that orders such versions",
            )
    return ordered


def _rank(row: Row, versions: Versions) -> tuple[Any, ...]:
    known = known_at(row, versions.order)
    number = None if versions.sequence is None else row[versions.sequence]
    return (
        math.inf if known is None else known,
        number is not None,
        0 if number is None else number,
    )


def _same(left: Row, right: Row) -> bool:
    """Whether all columns agree; NaN equals NaN, and -0.0 is not 0.0."""
    return {name: repr(left[name]) for name in left} == {name: repr(right[name]) for name in right}
