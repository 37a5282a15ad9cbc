"""R1, R2, R4 and R11 of the reference, by cases computed by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from headwater.errors import DataError, SpecError
from headwater.testing.histories import WINDOWS
from headwater.testing.reference_clocks import (
    earlier,
    event_microseconds,
    is_known,
    known_at,
    known_microseconds,
)


@pytest.mark.parametrize(
    ("nanoseconds", "event", "known"),
    [(0, 0, 0), (1, 0, 1), (999, 0, 1), (1000, 1, 1), (1001, 1, 2), (-1, -1, 0), (-1000, -1, -1)],
)
def test_nanoseconds_round_down_for_event_time_and_up_for_known_time(
    nanoseconds: int, event: int, known: int
) -> None:
    assert event_microseconds(nanoseconds) == event
    assert known_microseconds(nanoseconds) == known


def test_rounding_is_exact_where_a_float_would_not_be() -> None:
    assert event_microseconds(1_710_054_000_123_456_789) == 1_710_054_000_123_456
    assert known_microseconds(1_710_054_000_123_456_789) == 1_710_054_000_123_457


def test_aware_datetimes_become_utc() -> None:
    new_york = timezone(timedelta(hours=-5))
    local = datetime(2024, 3, 10, 1, 59, 59, 999_999, tzinfo=new_york)
    assert event_microseconds(local) == 1_710_053_999_999_999
    assert known_microseconds(local) == 1_710_053_999_999_999
    assert event_microseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000


def test_the_repeated_hour_of_autumn_keeps_its_two_meanings() -> None:
    first = datetime(2024, 11, 3, 1, 30, tzinfo=timezone(timedelta(hours=-4)))
    second = datetime(2024, 11, 3, 1, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert event_microseconds(first) == 1_730_611_800_000_000
    assert event_microseconds(second) == 1_730_611_800_000_000 + WINDOWS["1h"]


def test_null_times_stay_null() -> None:
    assert event_microseconds(None) is None
    assert known_microseconds(None) is None


@pytest.mark.parametrize("convert", [event_microseconds, known_microseconds])
def test_a_naive_datetime_is_an_error_with_a_hint(convert: Any) -> None:
    with pytest.raises(SpecError) as caught:
        convert(datetime(2024, 3, 10, 2, 30))
    assert caught.value.code == "HW302"
    assert caught.value.hint


@pytest.mark.parametrize("value", [1.5, "2024-03-10", True])
def test_a_value_that_is_not_a_time_is_an_error(value: Any) -> None:
    with pytest.raises(DataError) as caught:
        event_microseconds(value)
    assert caught.value.code == "HW301"


# when a clock is reached


def test_a_negative_offset_makes_a_value_known_before_its_event() -> None:
    assert is_known({"e": 130}, (("e", -30),), as_of=100)
    assert not is_known({"e": 131}, (("e", -30),), as_of=100)


def test_the_latest_moment_of_a_clock_decides() -> None:
    clock = (("k", 0), ("e", 3))
    assert is_known({"k": 100, "e": 97}, clock, as_of=100)
    assert not is_known({"k": 100, "e": 98}, clock, as_of=100)
    assert not is_known({"k": 101, "e": 0}, clock, as_of=100)
    assert not is_known({"k": None, "e": 0}, clock, as_of=100)


def test_a_clock_without_moments_is_always_known_but_not_at_a_null_as_of() -> None:
    assert is_known({}, (), as_of=-(2**63))
    assert not is_known({}, (), as_of=None)


def test_a_clock_is_reached_at_its_latest_moment_or_never() -> None:
    clock = (("k", 0), ("e", 3))
    assert known_at({"k": 5, "e": 9}, clock) == 12
    assert known_at({"k": None, "e": 9}, clock) is None
    assert known_at({}, ()) == -math.inf


def test_a_store_that_is_behind_knows_less_and_one_that_is_ahead_no_more() -> None:
    assert earlier(100, 60) == 60
    assert earlier(100, 100) == 100
    assert earlier(100, 140) == 100
    assert earlier(100, None) is None
    assert earlier(None, 60) is None
