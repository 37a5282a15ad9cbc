"""Days and longer periods begin by the clocks of a zone, also where these change at midnight."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from headwater.engines.periods import period_starts
from headwater.testing import reference_windows

HOUR = 3_600_000_000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def started(period: str, zone: str, *moments: str) -> list[str]:
    starts = period_starts(period, zone, np.array([at(one) for one in moments], np.int64))
    return [datetime.fromtimestamp(one / 1e6, UTC).strftime("%Y-%m-%dT%H:%M") for one in starts]


def test_a_day_begins_at_midnight_by_the_clocks_and_has_23_or_25_hours() -> None:
    assert started("day", "Europe/Zurich", "2024-03-30T22:59", "2024-03-30T23:00") == [
        "2024-03-29T23:00",
        "2024-03-30T23:00",
    ]
    assert started("day", "Europe/Zurich", "2024-03-31T21:59", "2024-03-31T22:00") == [
        "2024-03-30T23:00",
        "2024-03-31T22:00",
    ]
    assert started("day", "America/New_York", "2024-11-04T04:59", "2024-11-04T05:00") == [
        "2024-11-03T04:00",
        "2024-11-04T05:00",
    ]


def test_longer_periods_begin_with_a_day() -> None:
    moment = "2024-05-15T12:00"  # a Wednesday
    starts = {
        period: started(period, "UTC", moment)[0][:10]
        for period in ("day", "week", "month", "quarter", "year")
    }
    assert starts == {
        "day": "2024-05-15",
        "week": "2024-05-13",
        "month": "2024-05-01",
        "quarter": "2024-04-01",
        "year": "2024-01-01",
    }


def test_a_day_whose_midnight_is_skipped_begins_with_the_change() -> None:
    assert started("day", "America/Sao_Paulo", "2018-11-04T02:59", "2018-11-04T03:00") == [
        "2018-11-03T03:00",
        "2018-11-04T03:00",
    ]
    # half an hour before midnight clocks went to half past twelve
    assert started("day", "America/Toronto", "1919-03-31T04:29", "1919-03-31T04:30") == [
        "1919-03-30T05:00",
        "1919-03-31T04:30",
    ]
    # the whole day was left out
    assert started("day", "Pacific/Apia", "2011-12-30T09:59", "2011-12-30T10:00") == [
        "2011-12-29T10:00",
        "2011-12-30T10:00",
    ]


def test_of_a_midnight_that_repeats_the_first_counts() -> None:
    assert started("day", "America/Havana", "2023-11-05T04:30", "2023-11-05T05:30") == [
        "2023-11-05T04:00",
        "2023-11-05T04:00",
    ]
    # a minute after midnight it was an hour earlier again, which is part of the new day
    assert started("day", "America/St_Johns", "2010-11-07T02:29", "2010-11-07T02:45") == [
        "2010-11-06T02:30",
        "2010-11-07T02:30",
    ]


ZONES = ("UTC", "Europe/Zurich", "America/New_York", "America/St_Johns",
         "America/Sao_Paulo", "Pacific/Apia")  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year"])
def test_each_moment_has_the_start_that_the_reference_gives(period: str, zone: str) -> None:
    rng = np.random.default_rng(3)
    years = rng.integers(at("1915-01-01T00:00"), at("2037-01-01T00:00"), 12)
    changes = [at(f"{year}-{day}T00:00") for year in (2010, 2018) for day in ("03-14", "11-07")]
    near = [change + int(by) * HOUR // 2 for change in changes for by in rng.integers(-60, 60, 5)]
    moments = np.concatenate([years, near, [0, -1, 1]])
    wanted = [reference_windows.period_start(period, zone, one) for one in moments.tolist()]
    assert period_starts(period, zone, moments).tolist() == wanted
    assert [int(period_starts(period, zone, moments[i : i + 1])[0]) for i in range(5)] == wanted[:5]


def test_moments_far_apart_and_none_at_all() -> None:
    ends = np.array([-(1 << 62), 1 << 62], np.int64)
    found = period_starts("year", "Europe/Zurich", ends)
    assert ((ends - found >= 0) & (ends - found <= 366 * 24 * HOUR)).all()
    assert len(period_starts("day", "UTC", np.zeros(0, np.int64))) == 0
