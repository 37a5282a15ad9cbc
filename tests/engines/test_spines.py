"""The rows of a training set before its features: moments, own columns, label, part or reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.spines import SpineRows, spine_rows
from headwater.errors import DataError
from headwater.plan.faults import Faults
from headwater.plan.training_sets import plan_training_set

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
WHOLE = hw.SplitByTime(train=1.0, validation=0, test=0)
HALVES = hw.SplitByTime(train=0.5, validation=0, test=0.5)
STARTS = pl.col("starts_at")


def hours(*offsets: float | None) -> list[datetime | None]:
    return [None if offset is None else NOON + timedelta(hours=offset) for offset in offsets]


RIDES = pl.DataFrame(
    {
        "driver": ["a", "b", "a", "b"],
        "price": [1.0, 2.0, 3.0, None],
        "starts_at": hours(0, 1, 2, 3),
        "ends_at": hours(1, 2, None, 5),
        "part": ["wheel", "door", "roof", "seat"],
    },
    schema_overrides={"ends_at": pl.Datetime("us", "UTC"), "starts_at": pl.Datetime("us", "UTC")},
)


def source(frame: pl.DataFrame = RIDES, **changes: Any) -> hw.Source:
    given: dict[str, Any] = {
        "event_time": "starts_at",
        "known_time": "ends_at",
        "known_times": {
            name: STARTS - pl.duration(days=1) for name in ("driver", "starts_at", "part")
        },
        "null_known_time": "never",
    }
    return hw.Source("rides", hw.Frame(frame), **(given | changes))


def rows(spine: hw.Spine, *, history: hw.Source | None = None, **changes: Any) -> SpineRows:
    view = hw.FeatureView(
        "v",
        history or spine.source or source(),
        entity=changes.pop("entity", "driver"),
        features=[hw.Count().within("1d")],
    )
    given = {"label": hw.Label("dear", pl.col("price") > 1.5), "split": WHOLE} | changes
    if "part" in spine.keep:
        given["recipe"] = hw.Recipe(hw.EncodeTarget(hw.strings()))
    faults = Faults()
    plan = plan_training_set(hw.TrainingSet("set", spine=spine, features=[view], **given), faults)
    faults.raise_all()
    assert plan is not None
    return spine_rows(plan)


def column(found: SpineRows, name: str) -> list[Any]:
    return found.frame[name].to_list()


def excluded(found: SpineRows) -> dict[str, int]:
    return {reason: count for reason, count in found.facts["excluded"].items() if count}


def test_rows_stay_in_the_order_of_the_source() -> None:
    found = rows(hw.Spine(source(RIDES.reverse()), as_of="starts_at"))
    assert column(found, "as_of") == hours(1, 0)
    assert column(found, "dear") == [True, False]


def test_reasons_are_counted_and_the_books_balance() -> None:
    spine = hw.Spine(source(), as_of="starts_at", filter=pl.col("driver") == "b")
    found = rows(spine)
    assert found.facts["excluded"] == {
        "filtered": 2,
        "as_of_null": 0,
        "label_filtered": 0,
        "label_never_known": 0,
        "label_not_mature": 0,
        "label_null": 1,
        "purged": 0,
    }
    assert found.facts["spine_rows"] == 4
    assert found.frame.height + sum(found.facts["excluded"].values()) == 4


def test_a_filter_that_is_null_leaves_the_row_out() -> None:
    found = rows(hw.Spine(source(), as_of="ends_at", filter=pl.col("price") < 9))
    assert excluded(found) == {"filtered": 1, "as_of_null": 1}


def test_a_filter_does_not_see_what_is_known_later() -> None:
    """The price is known when a ride ends: two of four rides ended within the hour (R10)."""
    asked = STARTS + pl.duration(hours=1)
    found = rows(hw.Spine(source(), as_of=asked, filter=pl.col("price") < 9))
    assert excluded(found) == {"filtered": 2}
    assert column(found, "dear") == [False, True]
    unseen = hw.Spine(source(), as_of=asked, filter=pl.col("price").is_null() | (STARTS < NOON))
    with pytest.raises(DataError, match="HW406"):  # the two that remain have no label
        rows(unseen)


def test_rows_that_are_chosen_later_are_counted_apart() -> None:
    spine = hw.Spine(
        source(), as_of="starts_at", label_filter=pl.col("price") != 2,
        label_filter_reason="two is a test ride",
    )  # fmt: skip
    found = rows(spine)
    assert excluded(found) == {"label_filtered": 2, "label_never_known": 1}
    assert column(found, "as_of") == hours(0)


def test_a_row_without_a_moment_is_counted() -> None:
    spine = hw.Spine(source(), as_of="ends_at")
    assert excluded(rows(spine)) == {"as_of_null": 1, "label_null": 1}


def test_a_label_is_known_at_its_clock_and_purged_when_that_is_after_the_next_part_began() -> None:
    frame = RIDES.with_columns(ends_at=pl.Series(hours(1, 3.5, 4, 5)), price=pl.lit(1.0))
    found = rows(hw.Spine(source(frame), as_of="starts_at"), split=HALVES)
    assert excluded(found) == {"purged": 1}
    assert column(found, "label_known_time") == hours(1, 4, 5)
    boundary = datetime.fromisoformat(found.facts["boundaries"]["test"])
    assert boundary == NOON + timedelta(hours=2)


def test_what_is_not_known_at_the_moment_is_null_and_counted() -> None:
    frame = RIDES.with_columns(
        paid_at=pl.Series(hours(-1, 1, 2.5, None)), fee=pl.Series([1, 2, 3, 4])
    )
    known = source(frame, known_times={"fee": "paid_at", "driver": hw.ALWAYS, "price": hw.ALWAYS})
    found = rows(
        hw.Spine(known, as_of="starts_at", keep=["fee"]),
        label=hw.Label("dear", pl.col("price").fill_null(0) > 1.5),
    )
    assert column(found, "fee") == [1, 2, None, None]
    assert found.facts["masked"] == {"fee": 2}


def test_a_null_that_was_one_already_is_not_counted_as_masked() -> None:
    frame = RIDES.with_columns(fee=pl.lit(None, pl.Int64))
    known = source(frame, known_times={"driver": hw.ALWAYS})
    found = rows(hw.Spine(known, as_of="starts_at", keep=["fee"]))
    assert found.facts["masked"] == {"fee": 0}


def test_a_key_that_is_not_known_is_a_null_key() -> None:
    frame = RIDES.with_columns(assigned_at=pl.Series(hours(-1, 2, 0, 0)))
    found = rows(hw.Spine(source(frame, known_times={"driver": "assigned_at"}), as_of="starts_at"))
    assert column(found, "driver") == ["a", None]
    assert found.facts["masked"] == {"driver": 1}


def test_what_is_proved_is_not_asked_and_not_counted() -> None:
    found = rows(hw.Spine(source(), as_of="starts_at", keep=["part"]))
    assert found.facts["masked"] == {}


def test_a_kept_column_may_be_named_part() -> None:
    found = rows(hw.Spine(source(), as_of="starts_at", keep=["part"]), split=HALVES, entity="part")
    assert column(found, "part") == ["wheel", "door"]


def test_a_null_clock_that_was_not_declared_stops_the_build_with_its_count() -> None:
    with pytest.raises(DataError) as caught:
        rows(hw.Spine(source(null_known_time="error"), as_of="starts_at"))
    assert caught.value.code == "HW403"
    assert "null in 1 rows" in caught.value.message


def test_a_null_clock_of_a_column_that_nobody_reads_stops_nothing() -> None:
    frame = RIDES.with_columns(ends_at="starts_at", paid_at=pl.lit(None, pl.Datetime("us", "UTC")))
    known = source(frame, known_times={"part": "paid_at"}, null_known_time="error")
    assert rows(hw.Spine(known, as_of="starts_at")).frame.height == 3


def test_an_empty_source_is_refused() -> None:
    with pytest.raises(DataError, match="HW402"):
        rows(hw.Spine(source(RIDES.clear()), as_of="starts_at"))


def test_moments_are_rounded_down_and_clocks_up() -> None:
    moment = pl.Series([1_500, 1_500, 2_000], dtype=pl.Datetime("ns", "UTC"))
    frame = pl.DataFrame(
        {
            "driver": ["a", "b", "c"],
            "price": [1, 2, 3],
            "fee": [1, 2, 3],
            "starts_at": moment,
            "ends_at": pl.Series([1_000, 1_001, 2_000], dtype=pl.Datetime("ns", "UTC")),
        }
    )
    early = source(frame, known_time=hw.ALWAYS, known_times={"fee": "ends_at"})
    found = rows(hw.Spine(early, as_of="starts_at", keep=["fee"]))
    assert found.frame["as_of"].cast(pl.Int64).to_list() == [1, 1, 2]
    assert column(found, "fee") == [1, None, 3]


def test_naive_times_are_read_in_the_zone_of_the_source() -> None:
    frame = RIDES.with_columns(pl.col("starts_at", "ends_at").dt.replace_time_zone(None))
    found = rows(hw.Spine(source(frame, zone="Europe/Zurich"), as_of="starts_at"))
    assert column(found, "as_of") == hours(-1, 0)


# rows of a frame


ASKED = pl.DataFrame(
    {
        "driver": ["a", "b", "c"],
        "price": [1.0, 2.0, None],
        "at": hours(0, 1, 2),
        "told_at": pl.Series(hours(1, None, 3), dtype=pl.Datetime("us", "UTC")),
    }
)


KNOWN = hw.Label("is_told", pl.col("told_at").is_not_null())


def test_the_label_of_a_frame_counts_as_known_and_says_no_time() -> None:
    found = rows(hw.Spine(ASKED, as_of="at"), history=source())
    assert column(found, "label_known_time") == [None, None]
    assert excluded(found) == {"label_null": 1}
    found = rows(hw.Spine(ASKED, as_of="at"), history=source(), split=HALVES)
    assert excluded(found) == {"label_null": 1}


def test_a_null_clock_of_a_frames_label_is_never_known() -> None:
    label = hw.Label("dear", pl.col("price").fill_null(0) > 1.5, known_time="told_at")
    found = rows(hw.Spine(ASKED, as_of="at"), history=source(), label=label)
    assert excluded(found) == {"label_never_known": 1}
    assert column(found, "label_known_time") == hours(1, 3)


def test_the_own_columns_of_a_frame_are_all_known() -> None:
    found = rows(hw.Spine(ASKED, as_of="at", keep=["price"]), history=source(), label=KNOWN)
    assert column(found, "price") == [1.0, 2.0, None]
    assert found.facts["masked"] == {}


# rows of events with versions


TOLD = pl.DataFrame(
    {
        "ride": [1, 1, 2, 2, 3, 4, 4],
        "driver": ["a", "b", "c", "c", "d", "e", "e"],
        "fee": [1, 2, 3, 4, None, 6, 7],
        "price": [1.0, 2.0, 1.0, 5.0, 3.0, 2.0, 2.0],
        "starts_at": hours(0, 1, 4, 3, 5, 6, 6),
        "told_at": hours(-1, 1.5, 0, 9, 8, 2, 3),
        "gone": [False, False, False, False, False, False, True],
    },
    schema_overrides={"starts_at": pl.Datetime("us", "UTC")},
)


def told(frame: pl.DataFrame = TOLD, **changes: Any) -> hw.Source:
    given: dict[str, Any] = {
        "event_time": "starts_at",
        "known_time": "told_at",
        "identity": "ride",
        "deleted": "gone",
    }
    return hw.Source("rides", hw.Frame(frame), **(given | changes))


def test_an_event_asks_once_at_the_moment_that_its_newest_version_gives() -> None:
    found = rows(hw.Spine(told(), as_of="starts_at", keep="fee"))
    assert found.facts["spine_rows"] == 4
    assert column(found, "as_of") == hours(1, 3, 5)
    assert column(found, "driver") == ["a", "c", None]
    assert column(found, "fee") == [1, 3, None]


def test_the_label_is_that_of_the_newest_version_and_known_with_it() -> None:
    found = rows(hw.Spine(told(), as_of="starts_at"))
    assert column(found, "dear") == [True, True, True]
    assert column(found, "label_known_time") == hours(1.5, 9, 8)


def test_an_event_that_was_deleted_at_last_has_no_label() -> None:
    found = rows(hw.Spine(told(), as_of="starts_at"))
    assert excluded(found) == {"label_never_known": 1}
    assert found.frame.height + sum(found.facts["excluded"].values()) == 4


def test_an_event_that_was_deleted_at_the_moment_shows_nothing_of_itself() -> None:
    revived = TOLD.filter(pl.col("ride") == 4)
    again = pl.concat([revived, revived[:1].with_columns(told_at=pl.Series(hours(20)))])
    found = rows(hw.Spine(told(again), as_of="starts_at", keep="fee"))
    assert column(found, "driver") == [None]
    assert column(found, "fee") == [None]
    assert column(found, "dear") == [True]
    assert found.facts["masked"] == {"driver": 1, "fee": 1}


def test_what_no_version_knew_is_masked_and_counted() -> None:
    found = rows(hw.Spine(told(), as_of="starts_at", keep="fee"))
    assert found.facts["masked"] == {"driver": 2, "fee": 1}


def test_what_is_proved_is_the_newest_versions() -> None:
    planned = told(known_times={"driver": STARTS - pl.duration(days=1)})
    found = rows(hw.Spine(planned, as_of="starts_at"))
    assert column(found, "driver") == ["b", "c", "d"]
    assert found.facts["masked"] == {}


def test_a_spine_of_versions_without_own_columns_has_moments_and_labels() -> None:
    given = {"label": hw.Label("dear", pl.col("price") > 1.5), "split": WHOLE}
    spine = hw.Spine(told(), as_of="starts_at")
    faults = Faults()
    plan = plan_training_set(hw.TrainingSet("set", spine=spine, features=[], **given), faults)
    assert faults.found == []
    assert plan is not None
    found = spine_rows(plan)
    assert found.frame.columns[:2] == ["as_of", "dear"]
    assert found.frame.height == 3


def test_the_rows_of_a_grid_are_asked_like_others() -> None:
    frame = RIDES.with_columns(ends_at="starts_at")
    history = source(frame, complete_through=NOON + timedelta(days=2))
    spine = hw.Spine.every(
        "1d", source=history, entity="driver", active_within="1d",
        filter=pl.col("driver") == "b",
    )  # fmt: skip
    label = hw.Label("n", pl.col("rides"), ahead={"rides": hw.Count().ahead("1d")})
    found = rows(spine, history=history, label=label)
    assert column(found, "driver") == ["b"]
    assert column(found, "as_of") == [datetime(2024, 3, 2, tzinfo=UTC)]
    assert excluded(found) == {"filtered": 1}
    assert found.facts["masked"] == {}
