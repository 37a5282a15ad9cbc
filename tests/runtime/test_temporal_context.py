"""Window, boundary, lag and availability in words, against the rules that they stand for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.plan.faults import Faults
from headwater.plan.proof import prove_views
from headwater.plan.views import plan_view
from headwater.runtime.temporal_context import temporal_context

AT = datetime(2024, 3, 1, tzinfo=UTC)
ROWS = pl.DataFrame({"at": [AT], "known_at": [AT], "seen_at": [AT], "key": ["a"], "x": [1.0]})


def contexts(*features: Any, ttl: Any = None, **given: Any) -> list[dict[str, Any]]:
    options: dict[str, Any] = {"event_time": "at", "known_time": "at", "zone": "UTC", **given}
    source = hw.Source("rows", hw.Frame(ROWS), **options)
    view = hw.FeatureView("v", source, entity="key", features=features, ttl=ttl)
    return planned(view)


def planned(view: Any) -> list[dict[str, Any]]:
    faults = Faults()
    plan = plan_view(view, faults)
    faults.raise_all()
    assert plan is not None
    pairs = zip(plan.features, prove_views([plan]), strict=True)
    return [temporal_context(plan, feature, proof) for feature, proof in pairs]


def words(what: str, *features: Any, **given: Any) -> list[str]:
    return [one[what]["words"] for one in contexts(*features, **given)]


MEAN = hw.Mean("x")


@pytest.mark.parametrize(
    ("feature", "window", "boundary"),
    [
        (
            MEAN.within("90m"),
            "the 1 hour 30 minutes before as_of",
            "rows with at from as_of - 1h30m (included) to before as_of (excluded)",
        ),
        (
            MEAN.over_all(),
            "all history before as_of",
            "rows with at before as_of (excluded)",
        ),
        (
            MEAN.over_rows(1),
            "the newest row",
            "rows with at before as_of (excluded)",
        ),
        (
            MEAN.over_rows(10, within="2d"),
            "the newest 10 rows, in the 2 days before as_of",
            "rows with at from as_of - 2d (included) to before as_of (excluded)",
        ),
        (
            MEAN.over_session("30m"),
            "the session that lasts until as_of, without a gap over 30 minutes",
            "rows with at before as_of (excluded)",
        ),
        (
            MEAN.so_far("week", zone="Europe/Zurich"),
            "the week of as_of so far, in Europe/Zurich",
            "rows with at from the start of the week of as_of in Europe/Zurich (included) to "
            "before as_of (excluded)",
        ),
        (
            MEAN.within("1d", hop="1h"),
            "the 1 day before as_of (its start rounded down to 1 hour)",
            "rows with at from as_of - 1d rounded down to 1h (included) to before as_of (excluded)",
        ),
        (
            hw.Change(hw.Mean("x"), name="change").within("7d"),
            "the 7 days before as_of",
            "rows with at from as_of - 7d (included) to before as_of (excluded); and from as_of - "
            "14d (included) to before as_of - 7d (excluded)",
        ),
        (
            hw.Ratio(hw.Sum("x"), hw.Count(), name="ratio").within("7d"),
            "the 7 days before as_of",
            "rows with at from as_of - 7d (included) to before as_of (excluded)",
        ),
    ],
)
def test_a_window_and_its_ends_are_said_in_words(feature: Any, window: str, boundary: str) -> None:
    (found,) = contexts(feature)
    assert found["window"]["words"] == window
    assert found["boundary"]["words"] == boundary


def test_a_ttl_is_part_of_the_window_and_moves_its_start() -> None:
    (found,) = contexts(MEAN.so_far("day"), ttl="6h")
    assert found["window"]["words"] == (
        "the day of as_of so far, in UTC, no row older than 6 hours (ttl)"
    )
    assert found["boundary"]["words"] == (
        "rows with at from the latest of as_of - 6h, the start of the day of as_of in UTC "
        "(included) to before as_of (excluded)"
    )


def test_the_parts_of_a_window_stand_apart_for_programs() -> None:
    (found,) = contexts(MEAN.over_rows(3, within="2d"), ttl="1h")
    assert found["window"] == {
        "written": "3 rows, 2d, ttl 1h",
        "words": "the newest 3 rows, in the 2 days before as_of, no row older than 1 hour (ttl)",
        "length": "2 days",
        "hop": None,
        "period": None,
        "zone": None,
        "rows": 3,
        "session_gap": None,
        "ttl": "1 hour",
    }
    assert (found["boundary"]["start"], found["boundary"]["end"]) == ("as_of - 1h", "as_of")
    (hopping,) = contexts(MEAN.within("1d", hop="1h"))
    (session,) = contexts(MEAN.over_session("30m"))
    assert (hopping["window"]["hop"], session["window"]["session_gap"]) == ("1 hour", "30 minutes")


@pytest.mark.parametrize(
    ("given", "lag", "microseconds", "known"),
    [
        ({}, "none: known with the event", 0, "once at is reached (the event time, by known_time)"),
        (
            {"known_time": None, "delay": "2h"},
            "2 hours after the event, for every row",
            7_200_000_000,
            "once at + 2h is reached (the event time, by delay)",
        ),
        (
            {"known_time": pl.col("at") - pl.duration(days=1)},
            "none: known with the event",
            0,
            "once at - 1d is reached (the event time, by known_time)",
        ),
        (
            {"known_time": "known_at"},
            "differs from row to row: until known_at",
            None,
            "once known_at is reached (a time of the row, by known_time; null: a build stops "
            "(HW403))",
        ),
        (
            {"known_times": {"x": "seen_at"}, "null_known_time": "never"},
            "differs from row to row: until seen_at",
            None,
            "once at is reached (the event time, by known_time) and seen_at is reached (a time of "
            "the row, by known_times of 'x'; null: never known)",
        ),
        (
            {"known_time": None},
            "none: known with the event",
            0,
            "once at is reached (the event time, by assumed: no clock is declared)",
        ),
        (
            {"known_time": hw.ALWAYS},
            "none: always known",
            0,
            "at any moment",
        ),
    ],
)
def test_lag_and_availability_are_those_of_the_clock(
    given: dict[str, Any], lag: str, microseconds: int | None, known: str
) -> None:
    (found,) = contexts(MEAN.within("7d"), **given)
    assert found["lag"]["words"] == lag
    assert found["lag"]["microseconds"] == microseconds
    assert found["lag"]["is_constant"] == (microseconds is not None)
    assert found["availability"]["words"] == known


def test_availability_has_the_clock_its_columns_and_the_proof() -> None:
    (found,) = contexts(MEAN.within("7d"), known_time="known_at")
    assert found["availability"] == {
        "clock": "known_at",
        "verdict": "masked",
        "because": "rows count only where known_at <= as_of",
        "moments": [
            {
                "moment": "known_at",
                "column": "known_at",
                "type": "Datetime(time_unit='us', time_zone='UTC')",
                "declared": ["known_time"],
                "null": "a build stops (HW403)",
                "words": "a time of the row, by known_time; null: a build stops (HW403)",
            }
        ],
        "words": "once known_at is reached (a time of the row, by known_time; null: a build stops "
        "(HW403))",
    }


def test_checks_that_set_rows_aside_are_part_of_when_a_row_is_known() -> None:
    checks = [hw.Between("x", 0, 9, on_break="set_aside")]
    given: dict[str, Any] = {"known_times": {"x": "seen_at"}, "contract": checks}
    assert words("lag", hw.Count().within("1d"), **given) == [
        "differs from row to row: until seen_at"
    ]
    (known,) = words("availability", hw.Count().within("1d"), **given)
    assert "whether a check sets the row aside" in known


def test_a_table_without_times_says_so() -> None:
    table = hw.Source("table", hw.Frame(ROWS), static="a list of colours")
    (found,) = planned(hw.Attributes("v", table, entity="key", columns=["x"]))
    assert found["window"]["words"] == "none: the table has no times"
    assert found["boundary"] == {
        "start": None,
        "end": None,
        "words": "none: every row of the table counts",
    }
    assert found["lag"]["words"] == "none: always known"
    assert found["availability"]["words"] == (
        "at any moment: the table has no times (a list of colours)"
    )
