"""Lengths and moments that a definition states as text, in microseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from headwater.errors import Place
from headwater.plan.faults import Faults
from headwater.schema.durations import parse_duration

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = "write numbers with w, d, h, m, s, ms or us, such as 7d or 1h30m"


def length(given: Any, what: str, faults: Faults, place: Place | None) -> int | None:
    """Microseconds of a duration that is not negative; None with a fault where it is none."""
    if not isinstance(given, str | timedelta):
        found = type(given).__name__
        faults.add("HW211", f"{what} takes a duration, found {found}", place=place, hint=_UNITS)
        return None
    try:
        microseconds = parse_duration(given)
    except ValueError as error:
        faults.add("HW202", f"{what} {error}", place=place, hint=_UNITS)
        return None
    if microseconds < 0:
        faults.add("HW202", f"{what} {given!r} is negative", place=place)
        return None
    return microseconds


def moment(
    given: Any, what: str, zone: str | None, faults: Faults, place: Place | None
) -> int | None:
    """UTC microseconds of a datetime or ISO text; None with a fault where it is none.

    Args:
        given: Without an offset of its own it was written in `zone`.
        what: Names the argument in a fault.
        zone: The declared zone; of an hour that a clock change repeats, the earlier is taken.
        faults: Where a fault is noted.
        place: The user's line.
    """
    try:
        time = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        time = None
    if not isinstance(time, datetime):
        faults.add(
            "HW211",
            f"{what} takes a datetime or ISO text, found {given!r}",
            place=place,
            hint='write it such as "2024-03-31T12:00:00Z"',
        )
        return None
    if time.utcoffset() is None:
        return _local(time, what, zone, faults, place)
    return (time - _EPOCH) // timedelta(microseconds=1)


def is_zone(zone: str) -> bool:
    """Whether Polars knows a zone; it brings its own database, and waits for no data to look."""
    if not zone:  # which Polars takes for no zone
        return False
    try:
        pl.Series([], dtype=pl.Datetime("us")).dt.replace_time_zone(zone)
    except (TypeError, pl.exceptions.PolarsError):
        return False
    return True


def _local(
    time: datetime, what: str, zone: str | None, faults: Faults, place: Place | None
) -> int | None:
    if zone is None:
        hint = 'write an offset, such as "2024-03-31T12:00:00Z", or declare zone='
        faults.add("HW302", f"{what} {time.isoformat()} has no zone", place=place, hint=hint)
        return None
    naive = pl.Series([time], dtype=pl.Datetime("us"))
    try:
        aware = naive.dt.replace_time_zone(zone, ambiguous="earliest")
    except pl.exceptions.ComputeError:
        words = f"{what} {time.isoformat()} is no time in zone {zone!r}"
        faults.add("HW211", words, place=place, hint="a clock change skips it, or no such zone")
        return None
    return int(aware.to_physical()[0])
