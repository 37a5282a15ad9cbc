"""Sources and spines whose times differ in unit, zone or library: the same moments, or an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, Literal

import polars as pl
import pyarrow as pa
import pytest

import headwater as hw
from headwater.errors import DataError, SpecError
from headwater.plugins import members

FIRST = datetime(2024, 11, 3, 5, 0, tzinfo=UTC)
LAST = datetime(2024, 11, 3, 6, 30, 0, 2_000, tzinfo=UTC)
AGAIN = datetime(2024, 11, 3, 6, 0, tzinfo=UTC)
"""The clocks of New York show what they showed at FIRST."""
ROWS = pl.DataFrame({"k": [1, 1], "at": [FIRST, LAST]})
SPINE = pl.DataFrame({"k": [1, 1], "t": [LAST, LAST + timedelta(milliseconds=1)]})
UNITS: tuple[Literal["ms", "us", "ns"], ...] = ("ms", "us", "ns")
ZONES = ("UTC", "America/New_York", "Asia/Kolkata")


def counted(rows: Any, spine: Any, **declared: Any) -> list[int]:
    source = hw.Source("s", hw.Frame(rows), event_time="at", known_time="at", **declared)
    view = hw.FeatureView("v", source, entity="k", features=[hw.Count().over_all()])
    found = hw.enrich(spine, [view], as_of="t")
    return [int(one) for one in (found["v__count_all"].tolist() if _is_pandas(found) else
            pl.DataFrame(found)["v__count_all"].to_list())]  # fmt: skip


def _is_pandas(frame: Any) -> bool:
    return type(frame).__module__.startswith("pandas")


LIBRARIES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "pandas": lambda frame: frame.to_pandas(),
    "arrow": lambda frame: frame.to_arrow(),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_units_and_zones_of_both_sides_do_not_matter(library: str) -> None:
    made = LIBRARIES[library]
    for ours, theirs, here, there in product(UNITS, UNITS, ZONES, ZONES):
        history = ROWS.with_columns(pl.col("at").dt.cast_time_unit(ours))
        asked = SPINE.with_columns(pl.col("t").dt.cast_time_unit(theirs))
        history = history.with_columns(pl.col("at").dt.convert_time_zone(here))
        asked = asked.with_columns(pl.col("t").dt.convert_time_zone(there))
        assert counted(made(history), made(asked)) == [1, 2], (ours, theirs, here, there)


@pytest.mark.parametrize("offset", ["+05:30", "-09:30", "+00:00", "+02:00"])
def test_a_fixed_offset_is_a_zone(offset: str) -> None:
    times = pa.array([FIRST, LAST], pa.timestamp("us", tz=offset))
    table = pa.table({"k": [1, 1], "at": times})
    assert counted(table, SPINE.to_arrow()) == [1, 2]


def test_naive_times_are_those_of_the_declared_zone() -> None:
    local = ROWS.with_columns(
        pl.col("at").dt.convert_time_zone("America/New_York").dt.replace_time_zone(None)
    )[:1]
    for unit, made in product(UNITS, LIBRARIES.values()):
        history = made(local.with_columns(pl.col("at").dt.cast_time_unit(unit)))
        asked = made(SPINE.with_columns(t=pl.Series([AGAIN - timedelta(microseconds=1), AGAIN])))
        # the hour repeats: an event is taken for the earlier one, its known time for the later
        assert counted(history, asked, zone="America/New_York") == [0, 1]


@pytest.mark.parametrize("library", LIBRARIES)
def test_naive_times_without_a_zone_are_refused_on_either_side(library: str) -> None:
    made = LIBRARIES[library]
    history = ROWS.with_columns(pl.col("at").dt.replace_time_zone(None))
    asked = SPINE.with_columns(pl.col("t").dt.replace_time_zone(None))
    for given in ((history, SPINE), (ROWS, asked)):
        with pytest.raises(SpecError, match="holds times without a zone") as caught:
            counted(*map(made, given))
        assert caught.value.code == "HW302"
        assert "UTC" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("times", "code"),
    [
        (pl.Series([1, 2]), "HW301"),
        (pl.Series(["2024-11-03", "2024-11-04"]), "HW301"),
        (pl.Series([timedelta(1), timedelta(2)]), "HW301"),
        (pl.Series([date(2024, 11, 3), date(2024, 11, 4)]), "HW302"),
    ],
    ids=["integers", "text", "durations", "dates"],
)
def test_what_is_no_moment_is_refused_on_either_side(times: pl.Series, code: str) -> None:
    for given in ((ROWS.with_columns(at=times), SPINE), (ROWS, SPINE.with_columns(t=times))):
        with pytest.raises(SpecError) as caught:
            counted(*given)
        assert f"[{code}]" in str(caught.value)


ORDERED = sorted(
    name
    for name, found in members("aggregations").items()
    if found.origin == "headwater" and found.load().ordered
)


def test_words_that_read_the_order_of_rows_are_known() -> None:
    assert {"First", "Lag", "Last", "LastK", "Latest", "Streak", "ZScore"} <= set(ORDERED)


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize("name", ORDERED)
def test_each_word_that_reads_the_order_refuses_a_tie_without_a_sequence(name: str) -> None:
    """All rows of a key tie, in groups of four; equal values tie without harm."""
    rows = pl.DataFrame(
        {
            "k": ["differs"] * 12 + ["equal"] * 12,
            "at": [FIRST + timedelta(hours=i // 4) for i in range(12)] * 2,
            "x": [float(i) for i in range(12)] + [float(i // 4) for i in range(12)],
            "n": list(range(24)),
        }
    )
    spine = pl.DataFrame({"k": ["equal", "differs"]}).with_columns(t=pl.lit(LAST + timedelta(1)))
    member: Any = members("aggregations")[name].load()

    def asked(spine: pl.DataFrame, sequence: str | None) -> pl.DataFrame:
        source = hw.Source("s", hw.Frame(rows), event_time="at", known_time="at", sequence=sequence)
        feature = member.of_example("x", name="f").over_all()
        view = hw.FeatureView("v", source, entity="k", features=[feature])
        found: pl.DataFrame = hw.enrich(spine, [view], as_of="t")
        return found

    with pytest.raises(DataError, match=r"rows of \{'k': 'differs'\} at .* tie with") as caught:
        asked(spine, None)
    assert caught.value.code == "HW404"
    assert caught.value.hint == "declare sequence= in source 's'"
    assert asked(spine, "n")["v__f_all"].null_count() == 0
    assert asked(spine[:1], None).equals(asked(spine[:1], "n"))
