from __future__ import annotations

import datetime as dt

import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.schema.clocks import Moment
from headwater.spec.clock_expressions import moment_of
from headwater.spec.row_expressions import UnknownColumn

HOUR = 3_600_000_000
DAY = 24 * HOUR
SCHEMA: dict[str, pl.DataType] = {
    "at": pl.Datetime("us", "UTC"),
    "coarse": pl.Datetime("ms"),
    "other": pl.Datetime("us", "UTC"),
    "day": pl.Date(),
    "length": pl.Duration("us"),
    "hours": pl.Int64(),
    "name": pl.String(),
}
at, hour = pl.col("at"), dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("clock", "offset"),
    [
        ("at", 0),
        (at, 0),
        (at.alias("clock"), 0),
        (at + hour, HOUR),
        (at - hour, -HOUR),
        (hour + at, HOUR),
        (pl.lit(hour) + at, HOUR),
        (pl.lit(hour, dtype=pl.Duration("ms")) + at, HOUR),
        (pl.lit(hour, dtype=pl.Duration("ns")) + at, HOUR),
        (at - pl.duration(days=30), -30 * DAY),
        (at - pl.duration(days=-30), 30 * DAY),
        (pl.duration(weeks=1, hours=2, microseconds=5) + at, 7 * DAY + 2 * HOUR + 5),
        (at + pl.duration(hours=1.5), HOUR + HOUR // 2),
        (at + pl.duration(hours=pl.lit(2)), 2 * HOUR),
        (at + pl.duration(nanoseconds=3_000), 3),
        (at + pl.duration(microseconds=1_500, time_unit="ms"), 1_000),
        (at + pl.duration(), 0),
        ((at + hour) - (pl.duration(days=1) - hour), 2 * HOUR - DAY),
        ((hour - pl.duration(days=1)) + (at - hour) + hour, HOUR - DAY),
        (at + -pl.lit(hour), -HOUR),
        (at.add(hour).sub(pl.duration(hours=3)), -2 * HOUR),
        ((at + hour).alias("z") - hour, 0),
        (cs.by_name("at") - hour, -HOUR),
        (pl.col("^at$") - hour, -HOUR),
    ],
)
def test_constant_is_read_off_the_definition(clock: pl.Expr | str, offset: int) -> None:
    assert moment_of(clock, SCHEMA) == Moment("at", offset)


@pytest.mark.parametrize(
    ("clock", "message"),
    [
        (at - pl.col("other"), "subtracts column 'other'"),
        (hour - at, "subtracts column 'at'"),
        (-at, "subtracts column 'at'"),
        (at + pl.col("length"), "adds 'at' and 'length'"),
        ((at + hour) + (pl.col("other") - hour), "adds 'at' and 'other'"),
        (at + pl.duration(hours=pl.col("hours")), "give pl.duration numbers"),
        (at + pl.duration(hours=pl.lit(1) + 1), "give pl.duration numbers"),
        (at.dt.offset_by("1mo"), r"offset_by\(\)"),
        (at.dt.offset_by("1h"), r"offset_by\(\)"),
        (at.dt.truncate("1d"), r"truncate\(\)"),
        (at.dt.replace_time_zone("Asia/Tokyo"), r"replace_time_zone\(\)"),
        (at.cast(pl.Datetime("ms")), r"cast\(\)"),
        (at.shift(1), r"shift\(\)"),
        (at.max() + hour, r"agg\(\)"),
        (pl.max_horizontal("at", "other"), r"max_horizontal\(\)"),
        (pl.coalesce("at", "other"), r"coalesce\(\)"),
        (pl.when(at > at).then(at).otherwise(at), r"ternary\(\)"),
        (at + pl.lit(hour) * 2, "Multiply"),
        (at * 1, "Multiply"),
        (at + 3_600, "constant that is not a duration"),
        (at + pl.lit(None, dtype=pl.Duration), "constant that is not a duration"),
        (pl.lit(dt.datetime(2024, 1, 1)), "constant that is not a duration"),
        (pl.lit(pl.Series([hour])) + at, "constant that is not a duration"),
        (pl.lit(hour), "reads no column"),
        (pl.duration(hours=1), "reads no column"),
        (at + pl.duration(nanoseconds=1_500), "whole number of microseconds"),
        (pl.all() + hour, "selects 7 columns"),
        (cs.float() + hour, "selects 0 columns"),
        ("name", "'name' holds String"),
        (pl.col("hours"), "'hours' holds Int64"),
        (pl.col("length") + hour, "'length' holds Duration"),
        (pl.col("day") + hour, "'day' holds dates"),
    ],
)
def test_anything_else_is_refused_with_its_reason(clock: pl.Expr | str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        moment_of(clock, SCHEMA)


def test_date_without_a_constant_is_a_clock() -> None:
    assert moment_of("day", SCHEMA) == Moment("day")


@pytest.mark.parametrize("clock", ["att", pl.col("att") - hour])
def test_misspelt_column_is_named(clock: pl.Expr | str) -> None:
    with pytest.raises(UnknownColumn) as fault:
        moment_of(clock, SCHEMA)
    assert fault.value.column == "att"


lengths = st.integers(-(10**12), 10**12)
signs = st.booleans()


@given(st.lists(st.tuples(lengths, signs, signs), max_size=6))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_proved_constant_is_the_one_that_polars_adds(
    steps: list[tuple[int, bool, bool]],
) -> None:
    clock, constant = at, pl.lit(dt.timedelta())
    for length, is_added, is_nested in steps:
        step = pl.duration(microseconds=length)
        if is_nested:
            constant = constant + step if is_added else step - constant
        else:
            clock = clock + step if is_added else clock - step
    clock = constant + clock
    moment = dt.datetime(2024, 3, 31, 0, 30, tzinfo=dt.UTC)
    frame = pl.DataFrame({"at": [moment, moment]}, schema={"at": pl.Datetime("us", "UTC")})
    added = frame.select((clock - at).dt.total_microseconds()).to_series()[0]
    assert moment_of(clock, SCHEMA) == Moment("at", added)
