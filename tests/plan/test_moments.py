"""Lengths and moments that a definition states as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from headwater.plan.faults import Faults
from headwater.plan.moments import length, moment

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
MICROSECONDS = 1_711_886_400_000_000


@pytest.mark.parametrize("given", ["1h30m", timedelta(minutes=90)])
def test_a_length_is_text_or_a_timedelta(given: Any) -> None:
    faults = Faults()
    assert length(given, "delay=", faults, None) == 5_400_000_000
    assert length(timedelta(0), "delay=", faults, None) == 0
    assert faults.found == []


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        (90, "HW211", "delay= takes a duration, found int"),
        ("2 hours", "HW202", "delay= '2 hours' is not a duration"),
        (timedelta(hours=-1), "HW202", "is negative"),
    ],
)
def test_what_is_no_length_is_a_fault(given: Any, code: str, words: str) -> None:
    faults = Faults()
    assert length(given, "delay=", faults, None) is None
    (fault,) = faults.found
    assert fault.code == code
    assert words in fault.message


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        (NOON, None),
        (NOON.astimezone(timezone(timedelta(hours=-5))), "Europe/Zurich"),
        ("2024-03-31T12:00:00Z", None),
        ("2024-03-31T14:00:00+02:00", "UTC"),
        ("2024-03-31T14:00:00", "Europe/Zurich"),
        (datetime(2024, 3, 31, 14), "Europe/Zurich"),
    ],
)
def test_a_moment_is_a_datetime_or_text_with_its_offset_or_in_the_zone(
    given: Any, zone: str | None
) -> None:
    faults = Faults()
    assert moment(given, "complete_through=", zone, faults, None) == MICROSECONDS
    assert faults.found == []


def test_of_an_hour_that_repeats_the_earlier_one_is_meant() -> None:
    faults = Faults()
    repeated = moment("2024-10-27T02:30:00", "start=", "Europe/Zurich", faults, None)
    assert repeated == moment("2024-10-27T02:30:00+02:00", "start=", None, faults, None)


@pytest.mark.parametrize(
    ("given", "zone", "code", "words"),
    [
        ("2024-03-31T12:00:00", None, "HW302", "end= 2024-03-31T12:00:00 has no zone"),
        (datetime(2024, 3, 31), None, "HW302", "has no zone"),
        ("noon", "UTC", "HW211", "end= takes a datetime or ISO text, found 'noon'"),
        (7, "UTC", "HW211", "found 7"),
        ("2024-03-31T02:30:00", "Europe/Zurich", "HW211", "is no time in zone 'Europe/Zurich'"),
        ("2024-03-31T02:30:00", "Europe/Zurch", "HW211", "is no time in zone 'Europe/Zurch'"),
    ],
)
def test_what_is_no_moment_is_a_fault(given: Any, zone: Any, code: str, words: str) -> None:
    faults = Faults()
    assert moment(given, "end=", zone, faults, None) is None
    (fault,) = faults.found
    assert fault.code == code
    assert words in fault.message
