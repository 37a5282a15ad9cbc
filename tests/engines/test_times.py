"""Times become whole UTC microseconds: never early for known times, never late for the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.engines.times import filled, microseconds, plus
from headwater.errors import DataError
from headwater.kernel.passes import NEVER
from headwater.testing import event_microseconds, known_microseconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEW_YORK = "America/New_York"


def stamps(ticks: list[int | None], unit: Any, zone: str | None = "UTC") -> pl.Series:
    return pl.Series("at", ticks, dtype=pl.Int64).cast(pl.Datetime(unit, zone))


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> int:
    moment = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)


@given(ticks=st.lists(st.none() | st.integers(-(2**62), 2**62), max_size=5))
def test_nanoseconds_round_as_the_reference_says(ticks: list[int | None]) -> None:
    down = microseconds(stamps(ticks, "ns"), None, rounded="down").to_list()
    up = microseconds(stamps(ticks, "ns"), None, rounded="up").to_list()
    assert down == [event_microseconds(tick) for tick in ticks]
    assert up == [known_microseconds(tick) for tick in ticks]


@pytest.mark.parametrize("rounded", ["down", "up"])
def test_milliseconds_microseconds_and_other_zones_are_exact(
    rounded: Literal["down", "up"],
) -> None:
    assert microseconds(stamps([-3, None], "ms"), None, rounded=rounded).to_list() == [-3000, None]
    assert microseconds(stamps([-3], "us"), None, rounded=rounded).to_list() == [-3]
    zurich = stamps([5], "us").dt.convert_time_zone("Europe/Zurich")
    assert microseconds(zurich, NEW_YORK, rounded=rounded).to_list() == [5]


def test_a_naive_time_was_written_in_the_declared_zone() -> None:
    winter, summer = datetime(2024, 1, 1, 12), datetime(2024, 7, 1, 12)
    found = microseconds(pl.Series([winter, summer, None]), NEW_YORK, rounded="down")
    assert found.to_list() == [utc(2024, 1, 1, 17), utc(2024, 7, 1, 16), None]


def test_of_an_hour_that_repeats_known_time_is_the_later_and_the_rest_the_earlier() -> None:
    twice = pl.Series([datetime(2024, 11, 3, 1, 30)])
    assert microseconds(twice, NEW_YORK, rounded="down").to_list() == [utc(2024, 11, 3, 5, 30)]
    assert microseconds(twice, NEW_YORK, rounded="up").to_list() == [utc(2024, 11, 3, 6, 30)]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_time_that_no_clock_showed_is_an_error_that_names_the_column(unit: Any) -> None:
    skipped = pl.Series("left_at", [datetime(2024, 3, 10, 2, 30)]).dt.cast_time_unit(unit)
    with pytest.raises(DataError, match=r"column 'left_at'.*non-existent") as caught:
        microseconds(skipped, NEW_YORK, rounded="down")
    assert caught.value.code == "HW408"


def test_a_date_is_midnight_in_the_declared_zone() -> None:
    days = pl.Series([date(2024, 7, 1), date(1969, 12, 31), None])
    found = microseconds(days, NEW_YORK, rounded="down").to_list()
    assert found == [utc(2024, 7, 1, 4), utc(1969, 12, 31, 5), None]
    midnight = datetime(2024, 7, 1, tzinfo=ZoneInfo(NEW_YORK))
    assert found[0] == (midnight - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize("ticks", [2**60, -(2**60)])
def test_times_beyond_microseconds_are_an_error(ticks: int) -> None:
    with pytest.raises(DataError, match="beyond what microseconds hold") as caught:
        microseconds(stamps([0, ticks], "ms"), None, rounded="down")
    assert caught.value.code == "HW408"


def test_no_time_at_all_is_fine() -> None:
    assert microseconds(stamps([], "ns"), None, rounded="up").to_list() == []
    assert microseconds(stamps([None], "ms"), None, rounded="down").to_list() == [None]


def test_null_becomes_never() -> None:
    assert filled(pl.Series([3, None], dtype=pl.Int64)).tolist() == [3, NEVER]


@pytest.mark.parametrize(
    ("time", "offset", "expected"),
    [
        (5, 0, 5),
        (5, 7, 12),
        (5, -7, -2),
        (NEVER, 7, NEVER),
        (NEVER, -7, NEVER),
        (2**62, 2**62, NEVER),
        (2**62, 2**63, NEVER),
        (-(2**62), -(2**63), -NEVER),
        (-(2**62), 2**62, 0),
        (10**15, 2**63 - 1, NEVER),
    ],
)
def test_a_constant_is_added_without_passing_the_ends_of_time(
    time: int, offset: int, expected: int
) -> None:
    assert plus(np.array([time]), offset).tolist() == [expected]
