"""Labels that look ahead: what counts, when they are known, and when they are mature (R8)."""

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
TIME = pl.Datetime("us", "UTC")
FAR = "2024-04-01T00:00:00Z"


def hours(*offsets: float | None) -> list[datetime | None]:
    return [None if offset is None else NOON + timedelta(hours=offset) for offset in offsets]


def orders(
    happened: list[float], known: list[float | None] | None = None, **columns: list[Any]
) -> pl.DataFrame:
    """Orders of customer `a`, by hours; known at once where nothing else is said."""
    return pl.DataFrame(
        {
            "customer": ["a"] * len(happened),
            "amount": [1.0] * len(happened),
            "ordered_at": hours(*happened),
            "paid_at": hours(*(happened if known is None else known)),
            **columns,
        },
        schema_overrides={"ordered_at": TIME, "paid_at": TIME},
    )


def source(frame: pl.DataFrame, **changes: Any) -> hw.Source:
    given: dict[str, Any] = {
        "event_time": "ordered_at",
        "known_time": "paid_at",
        "null_known_time": "never",
        "complete_through": FAR,
    }
    return hw.Source("orders", hw.Frame(frame), **(given | changes))


def asked(*offsets: float | None, **columns: list[Any]) -> pl.DataFrame:
    given = {"customer": ["a"] * len(offsets), "at": hours(*offsets)} | columns
    return pl.DataFrame(given, schema_overrides={"at": TIME})


def rows(
    history: hw.Source,
    spine: pl.DataFrame | hw.Spine,
    expression: Any = None,
    *,
    split: Any = None,
    ahead: Any = None,
) -> SpineRows:
    faults = Faults()
    own = hw.Spine(spine, as_of="at") if isinstance(spine, pl.DataFrame) else spine
    label = hw.Label(
        "y",
        pl.col("n") if expression is None else expression,
        ahead={"n": hw.Count().ahead("2h")} if ahead is None else ahead,
        source=history,
        entity="customer",
    )
    whole = hw.SplitByTime(train=1.0, validation=0, test=0)
    made = hw.TrainingSet("t", spine=own, features=[], label=label, split=split or whole)
    plan = plan_training_set(made, faults)
    faults.raise_all()
    assert plan is not None
    return spine_rows(plan)


def column(found: SpineRows, name: str = "y") -> list[Any]:
    return found.frame[name].to_list()


def excluded(found: SpineRows) -> dict[str, int]:
    books = found.facts
    assert found.frame.height + sum(books["excluded"].values()) == books["spine_rows"]
    return {reason: count for reason, count in books["excluded"].items() if count}


def test_an_event_at_the_moment_counts_and_one_at_the_end_of_the_horizon_does_not() -> None:
    assert column(rows(source(orders([-0.1, 0, 1.9, 2])), asked(0))) == [2]


def test_a_row_that_was_known_by_the_end_counts_and_one_known_later_does_not() -> None:
    history = source(orders([0, 0.5, 1, 1.5], [2, 2.0001, 1, None]))
    assert column(rows(history, asked(0))) == [2]


def test_a_row_may_be_late_by_the_delay_of_its_source_and_no_later() -> None:
    history = source(orders([0, 0.5, 1, 1.5], [3, 3.0001, 1, None]), delay="1h")
    found = rows(history, asked(0))
    assert column(found) == [2]
    assert column(found, "label_known_time") == hours(3)


def test_a_delay_without_a_known_time_lets_the_whole_horizon_count() -> None:
    history = source(orders([0, 1.9, 2]), known_time=None, delay="5h")
    found = rows(history, asked(0))
    assert column(found) == [2]
    assert column(found, "label_known_time") == hours(7)


def test_what_becomes_known_afterwards_changes_no_label() -> None:
    history = orders([0, 1, 1.5], [1, 2.5, 9])
    later = pl.concat([history, orders([1.2, 1.3], [2.1, 99])])
    whole = rows(source(later), asked(0))
    assert column(rows(source(history), asked(0))) == column(whole) == [1]


def test_a_label_is_mature_where_the_source_is_complete_exactly_so_far() -> None:
    history = source(orders([0, 1]), complete_through=NOON + timedelta(hours=5), delay="1h")
    found = rows(history, asked(2, 2.0001, 1))
    assert excluded(found) == {"label_not_mature": 1}
    assert column(found, "as_of") == hours(2, 1)


def test_a_value_that_was_seen_early_is_not_mature_early() -> None:
    history = source(orders([0, 0.5]), complete_through=NOON + timedelta(hours=1))
    with pytest.raises(DataError, match="HW406"):
        rows(history, asked(0), pl.col("n") > 0)


def test_a_source_is_complete_through_its_last_known_time() -> None:
    history = source(orders([0, 1, 5], [4, 1, None]), complete_through=None)
    assert excluded(rows(history, asked(2, 2.0001))) == {"label_not_mature": 1}


def test_without_a_known_time_the_last_event_says_how_far_and_the_delay_is_part_of_it() -> None:
    history = source(orders([0, 4]), complete_through=None, known_time=None)
    assert excluded(rows(history, asked(2, 2.0001))) == {"label_not_mature": 1}
    late = source(orders([0, 4]), complete_through=None, known_time=None, delay="9h")
    found = rows(late, asked(2, 2.0001))
    assert excluded(found) == {"label_not_mature": 1}
    assert column(found, "label_known_time") == hours(13)


def test_a_source_of_which_nothing_was_ever_known_leaves_no_label() -> None:
    history = source(orders([0, 1], [None, None]), complete_through=None)
    with pytest.raises(DataError, match="HW406"):
        rows(history, asked(0))


def test_a_null_key_and_a_stranger_have_the_empty_result() -> None:
    ahead = {"n": hw.Count().ahead("2h"), "s": hw.Sum("amount").ahead("2h")}
    spine = asked(0, 0, 0, customer=["a", None, "z"])
    found = rows(source(orders([0])), spine, pl.col("n") + pl.col("s").fill_null(7), ahead=ahead)
    assert column(found) == [2.0, 7.0, 7.0]


def test_a_sum_over_nothing_is_null_and_its_label_is_left_out_by_name() -> None:
    ahead = {"n": hw.Sum("amount").ahead("2h")}
    found = rows(source(orders([0, 9])), asked(0, 4), pl.col("n") > 0, ahead=ahead)
    assert column(found) == [True]
    assert excluded(found) == {"label_null": 1}


def test_a_row_without_a_moment_is_counted_as_such() -> None:
    found = rows(source(orders([0])), asked(0, None))
    assert excluded(found) == {"as_of_null": 1}


def test_each_name_has_a_horizon_of_its_own_and_the_label_waits_for_the_longest() -> None:
    ahead = {
        "short": hw.Count().ahead("1h"),
        "long": hw.Count().ahead("3h"),
        "shorter": hw.Max("amount").ahead("1h"),
    }
    expression = pl.col("long") * 10 + pl.col("short") + pl.col("shorter") * 100
    found = rows(source(orders([0, 2, 2.5])), asked(0), expression, ahead=ahead)
    assert column(found) == [131]
    assert column(found, "label_known_time") == hours(3)


def test_conditions_and_expressions_of_an_aggregation_are_taken_ahead() -> None:
    history = source(orders([0, 0.5, 1], amount=[1.0, 5.0, 9.0]))
    ahead = {"n": hw.Count(where=pl.col("amount") > 2).ahead("2h")}
    assert column(rows(history, asked(0), ahead=ahead)) == [2]


def test_own_columns_are_read_beside_the_future_and_their_clock_counts() -> None:
    history = source(orders([0, 1, 2], [0, 9, None], amount=[2.0, 0.5, 1.0]))
    spine = hw.Spine(history, as_of="ordered_at")
    found = rows(history, spine, pl.col("n") > pl.col("amount"))
    assert column(found) == [False, False]
    assert column(found, "label_known_time") == hours(2, 9)
    assert excluded(found) == {"label_never_known": 1}


def test_rows_are_purged_by_the_end_of_their_own_horizon() -> None:
    history = source(orders([0]))
    halves = hw.SplitByTime(train=0.5, validation=0, test=0.5)
    found = rows(history, asked(0, 2, 2.0001, 4, 5, 6), split=halves)
    assert found.facts["boundaries"] == {"test": "2024-03-01T16:00:00.000000+00:00"}
    assert excluded(found) == {"purged": 1}
    assert column(found, "as_of") == hours(0, 2, 4, 5, 6)


def test_a_label_ahead_of_a_spine_filter_and_label_filter_keeps_the_books() -> None:
    spine = hw.Spine(
        asked(0, 0, 0, 0, big=[True, True, False, None], paid=[True, False, True, True]),
        as_of="at",
        filter=pl.col("big"),
        label_filter=pl.col("paid"),
        label_filter_reason="unpaid orders are no orders",
    )
    found = rows(source(orders([0])), spine)
    assert excluded(found) == {"filtered": 2, "label_filtered": 1}


def test_ties_of_an_ordered_aggregation_ask_for_a_sequence() -> None:
    tied = orders([1, 1], amount=[1.0, 2.0])
    ahead = {"n": hw.Last("amount").ahead("2h")}
    with pytest.raises(DataError, match="HW404"):
        rows(source(tied), asked(0), ahead=ahead)
    ordered = source(tied.with_columns(number=pl.Series([2, 1])), sequence="number")
    assert column(rows(ordered, asked(0), ahead=ahead)) == [1.0]


def test_the_newest_version_that_was_known_by_the_end_counts() -> None:
    versions = orders([1, 1, 1], [1, 2, 3], amount=[1.0, 2.0, 3.0], order=[7, 7, 7])
    ahead = {"n": hw.Sum("amount").ahead("2h")}
    for delay, expected in (("0s", 2.0), ("59m", 2.0), ("1h", 3.0)):
        history = source(versions, identity="order", delay=delay)
        assert column(rows(history, asked(0), ahead=ahead)) == [expected], delay


def test_an_undeclared_null_clock_stops_the_build() -> None:
    history = source(orders([0, 1], [0, None]), null_known_time="error", complete_through=None)
    with pytest.raises(DataError, match="HW403"):
        rows(history, asked(0))
