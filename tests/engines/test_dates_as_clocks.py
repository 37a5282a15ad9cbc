"""A date as a clock counts when the day is over, wherever that midnight lies (R11)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError

ZURICH = "Europe/Zurich"
MICROSECOND = timedelta(microseconds=1)


def seen(day: date, *asked: datetime, known_time: str = "paid_on", zone: str = ZURICH) -> list[int]:
    """How many rows count, of one that happened long before and was paid on a day."""
    rows = pl.DataFrame({"who": ["a"], "day": [date(2024, 1, 1)], "paid_on": [day]})
    orders = hw.Source("orders", hw.Frame(rows), event_time="day", known_time=known_time, zone=zone)
    view = hw.FeatureView("v", orders, entity="who", features=[hw.Count("paid_on").over_all()])
    spine = pl.DataFrame({"who": ["a"] * len(asked), "at": asked})
    return list(hw.enrich(spine, [view], as_of="at")["v__paid_on_count_all"])


@pytest.mark.parametrize(
    "day",
    [date(2024, 3, 5), date(2024, 3, 31), date(2024, 10, 27)],
    ids=["plain", "of 23 hours", "of 25 hours"],
)
def test_a_value_of_a_day_is_known_from_the_next_local_midnight_on(day: date) -> None:
    over = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZURICH)) + timedelta(days=1)
    midnight = over.astimezone(UTC)
    assert seen(day, midnight - MICROSECOND, midnight) == [0, 1]


def test_an_event_time_that_is_a_date_counts_from_its_first_moment_as_a_clock_too() -> None:
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    assert seen(date(2024, 1, 1), noon, known_time="day", zone="UTC") == [1]


def test_a_column_known_on_a_day_is_refused_at_the_first_moment_of_that_day() -> None:
    rows = pl.DataFrame(
        {"who": ["a"], "at": [datetime(2024, 1, 1, tzinfo=UTC)], "paid_on": [date(2024, 1, 2)]}
    ).with_columns(paid=pl.lit(True), value=pl.lit(1.0))
    orders = hw.Source("orders", hw.Frame(rows), event_time="at", known_time="paid_on", zone="UTC")
    training_set = hw.TrainingSet(
        "paid",
        spine=hw.Spine(orders, as_of="paid_on", keep=["value"]),
        features=[],
        label=hw.Label("is_paid", pl.col("paid")),
        split=hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
    )
    with pytest.raises(SpecError) as caught:
        hw.build(training_set)
    assert caught.value.code == "HW303"
    assert "'value' is known at paid_on + 1d, which is after as_of = paid_on" in str(caught.value)


def test_a_label_known_on_a_day_is_known_when_the_day_is_over(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    start = datetime(2024, 1, 1, 23, tzinfo=UTC)
    rows = pl.DataFrame(
        {
            "at": [start + timedelta(days=day) for day in range(10)],
            "x": [float(day) for day in range(10)],
            "y": [day % 2 for day in range(10)],
            "told_on": [date(2024, 1, 2) + timedelta(days=day) for day in range(10)],
        }
    )
    told = hw.Source("told", hw.Frame(rows), event_time="at", known_time=hw.ALWAYS, zone="UTC")
    training_set = hw.TrainingSet(
        "told",
        spine=hw.Spine(told, as_of="at", keep=["x"]),
        features=[],
        label=hw.Label("late", pl.col("y") == 1, known_time="told_on"),
        split=hw.SplitByTime(train=0.5, validation=0.0, test=0.5),
    )
    built = hw.build(training_set)
    # the row asked on the 5th at 23:00 was told on the 6th, so by the 7th at 0:00, and the test
    # part begins on the 6th at 23:00
    assert built.manifest["excluded"]["purged"] == 1
