"""R1, R2, R4 and R11: when a value is known, in whole microseconds; part of the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from headwater.errors import DataError, SpecError

Row = Mapping[str, Any]
Moments = tuple[tuple[str, int], ...]
"""A clock: time columns plus microseconds, of which the latest counts; () is always known."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def event_microseconds(value: int | datetime | None) -> int | None:
    """R11: an event time or an `as_of` in whole microseconds, rounded down.

    Args:
        value: Nanoseconds since 1970 in UTC, or an aware datetime; None stays None.

    Raises:
        SpecError: The datetime is naive.
        DataError: The value is not a time.

    >>> event_microseconds(1999), event_microseconds(-1)
    (1, -1)
    """
    return None if value is None else _nanoseconds(value) // 1000


def known_microseconds(value: int | datetime | None) -> int | None:
    """R11: a known time in whole microseconds, rounded up; else like `event_microseconds`.

    >>> known_microseconds(1001), known_microseconds(-1)
    (2, 0)
    """
    return None if value is None else -(-_nanoseconds(value) // 1000)


def _nanoseconds(value: int | datetime) -> int:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            hint = "declare the zone of the source, or attach one to the value"
            raise SpecError("HW302", "a naive timestamp has no declared zone", hint=hint)
        return (value - _EPOCH) // _MICROSECOND * 1000
    if isinstance(value, bool) or not isinstance(value, int):
        raise DataError("HW301", f"expected a time, found a value of type {type(value).__name__}")
    return value


def known_at(row: Row, clock: Moments) -> float | None:
    """R2, R4: the latest moment of the clock; minus infinity for always, None for never.

    >>> known_at({"paid": 7, "shipped": 5}, (("paid", 0), ("shipped", 3)))
    8
    """
    if any(row[column] is None for column, _ in clock):
        return None
    return max((row[column] + offset for column, offset in clock), default=-math.inf)


def is_known(row: Row, clock: Moments, *, as_of: int | None) -> bool:
    """R1, R2, R4: whether the latest moment of the clock is not after `as_of`.

    A null moment is never known; a clock without moments is always known; nothing is known at a
    null `as_of`.
    """
    known = known_at(row, clock)
    return as_of is not None and known is not None and known <= as_of


def earlier(as_of: int | None, complete_through: int | None) -> int | None:
    """R12: the moment by which a row must have been known, where the store was behind.

    A look-up at `as_of` saw what the store had received by `complete_through`; with a null it saw
    nothing.

    >>> earlier(9, 7), earlier(9, 11), earlier(9, None)
    (7, 9, None)
    """
    if as_of is None or complete_through is None:
        return None
    return min(as_of, complete_through)


def written(microseconds: int) -> str:
    """A moment as text, for messages.

    >>> written(5)
    '1970-01-01T00:00:00.000005+00:00'
    """
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).isoformat()
    except OverflowError:  # a datetime ends with the year 9999, 64-bit microseconds do not
        return f"{microseconds} us"
