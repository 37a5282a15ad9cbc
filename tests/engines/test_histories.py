"""Rows of a source: what is read and derived, and when each row is known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.histories import Rows, read_rows
from headwater.errors import DataError
from headwater.kernel.passes import NEVER
from headwater.plan.faults import Faults
from headwater.plan.sources import SourcePlan, plan_source
from headwater.schema.clocks import ALWAYS, Clock, Moment

DAY = datetime(2024, 1, 1, tzinfo=UTC)
FRAME = pl.DataFrame(
    {
        "at": pl.Series([100, 200, 300]).cast(pl.Datetime("us", "UTC")),
        "paid": pl.Series([150, None, 250]).cast(pl.Datetime("us", "UTC")),
        "fine": pl.Series([1_001, 2_000, -1]).cast(pl.Datetime("ns", "UTC")),
        "price": [1.5, 2.5, 3.5],
        "items": [2, 3, 4],
        "number": [1, 2, 2],
    }
)


class Reader:
    """Notes which columns are read."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.asked: list[tuple[str, ...]] = []

    def schema(self) -> dict[str, pl.DataType]:
        return dict(self.frame.schema)

    def read(self, columns: Any) -> pl.DataFrame:
        self.asked.append(tuple(columns))
        return self.frame.select(columns)

    def snapshot(self) -> str:
        return "rows"

    def definition(self) -> dict[str, Any]:
        return {}


def plan(reader: Any, **declared: Any) -> SourcePlan:
    faults = Faults()
    source = hw.Source("orders", reader, event_time="at", **{"known_time": "at", **declared})
    found = plan_source(source, faults)
    faults.raise_all()
    assert found is not None
    return found


def rows(**declared: Any) -> Rows:
    reader = hw.Frame(FRAME)
    return read_rows(plan(reader, **declared), FRAME.columns)


def test_only_the_columns_that_are_needed_are_read() -> None:
    reader = Reader(FRAME)
    derive = {"cost": pl.col("price") * pl.col("items"), "double": pl.col("cost") * 2.0}
    found = read_rows(plan(reader, derive=derive), ["at", "double"])
    assert reader.asked == [("at", "items", "price")]
    assert found.frame["double"].to_list() == [6.0, 15.0, 28.0]


def test_a_column_may_be_derived_over_several_others_and_no_other_is() -> None:
    derive = {
        "cost": pl.col("price") * pl.col("items"),
        "double": pl.col("cost") * 2.0,
        "unused": pl.col("fine"),
        "rounded": pl.col("double").round(),
    }
    reader = Reader(FRAME)
    found = read_rows(plan(reader, derive=derive), ["rounded"])
    assert reader.asked == [("items", "price")]
    assert found.frame.columns == ["items", "price", "cost", "double", "rounded"]
    assert found.frame["rounded"].to_list() == [6.0, 15.0, 28.0]


def test_a_clock_is_the_latest_of_its_moments_plus_constants() -> None:
    clock = Clock((Moment("at", 5), Moment("fine", 0)))
    assert rows().known_times(clock).tolist() == [105, 205, 305]
    assert rows().known_times(Clock((Moment("at", -99), Moment("fine", 0)))).tolist() == [
        2,
        101,
        201,
    ]


def test_known_time_is_rounded_up_and_event_time_down() -> None:
    found = rows().known_times(Clock((Moment("fine"),)))
    assert found.tolist() == [2, 2, 0]
    fine = hw.Source("s", hw.Frame(FRAME), event_time="fine", known_time="fine")
    source = plan_source(fine, Faults())
    assert source is not None
    assert read_rows(source, ["fine"]).event_times().to_list() == [1, 2, -1]


def test_what_is_always_known_comes_before_every_moment() -> None:
    assert rows().known_times(ALWAYS).max() == -NEVER


def test_a_null_clock_is_an_error_that_counts_unless_it_was_declared() -> None:
    clock = Clock((Moment("at"), Moment("paid", -1000)))
    with pytest.raises(
        DataError, match="clock 'paid' of source 'orders' is null in 1 rows"
    ) as caught:
        rows().known_times(clock)
    assert caught.value.code == "HW403"
    assert 'null_known_time="never"' in str(caught.value.hint)
    assert rows(null_known_time="never").known_times(clock).tolist() == [100, NEVER, 300]


def test_a_null_event_time_is_an_error_that_counts() -> None:
    broken = FRAME.with_columns(pl.when(pl.col("items") < 3).then("at").alias("at"))
    found = read_rows(plan(hw.Frame(broken)), ["at"])
    with pytest.raises(
        DataError, match="column 'at' of source 'orders' is null in 2 rows"
    ) as caught:
        found.event_times()
    assert caught.value.code == "HW408"


def test_a_source_without_rows_is_an_error() -> None:
    with pytest.raises(DataError, match="source 'orders' has no rows") as caught:
        read_rows(plan(hw.Frame(FRAME.clear())), ["at"])
    assert caught.value.code == "HW402"


def test_a_clock_far_beyond_the_ends_of_time_is_never_reached() -> None:
    clock = Clock((Moment("at", 2**63 - 50),))
    assert rows().known_times(clock).tolist() == [NEVER, NEVER, NEVER]
