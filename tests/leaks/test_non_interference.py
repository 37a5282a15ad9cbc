"""What was not known when a row asked cannot move its features, whatever happens to it.

At 25 moments of the flights' year, everything that was not known then is changed, deleted, invented
and shuffled; no bit of a feature of a row that asked by then may move. Each moment is asked about
the rows of the day before it, and about rows drawn from all earlier time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from headwater.plan.views import ViewPlan
from headwater.testing.non_interference import changed, truncated, unknown

DAY = 86_400_000_000
LONGEST = 30 * DAY
DRAWN = 300
"""Rows of all earlier time that are asked about at each moment."""
Bits = Callable[[pl.DataFrame], list[Any]]
Stored = list[tuple[pl.DataFrame, pl.DataFrame]]
"""For each moment some rows that asked by then, with their features as they are."""


def near(view: ViewPlan, frame: pl.DataFrame, at: int) -> pl.DataFrame:
    """The rows that windows of the day before a moment can reach, and some that come later.

    Earlier rows are in no window of that day (R3). Of later ones those of a day stay, and those
    that enter the timetable just then.
    """
    event_time = view.source.source.event_time
    if event_time is None:
        return frame
    after = pl.col(event_time).dt.epoch("us") - at
    return frame.filter(
        after.is_between(-LONGEST - DAY, DAY) | after.is_between(LONGEST - DAY, LONGEST + DAY)
    )


def changed_near(at: int, seed: int) -> Callable[[ViewPlan, pl.DataFrame], pl.DataFrame]:
    """At every fifth moment with versions of known events, too."""

    def change(view: ViewPlan, frame: pl.DataFrame) -> pl.DataFrame:
        return changed_whole(at, seed)(view, near(view, frame, at))

    return change


def changed_whole(at: int, seed: int) -> Callable[[ViewPlan, pl.DataFrame], pl.DataFrame]:
    """The same change of all rows of the year."""

    def change(view: ViewPlan, frame: pl.DataFrame) -> pl.DataFrame:
        return changed(view.source, frame, at=at, seed=seed, versions=seed % 5 == 2)

    return change


@pytest.fixture(scope="module")
def both(flights: Any, moments: list[int]) -> tuple[Stored, Stored]:
    """The rows of the day before each moment, and rows drawn from all time before it."""
    days = [flights.asked_before(at, DAY) for at in moments]
    all_earlier = [flights.asked_before(at, at) for at in moments]
    drawn = [rows.sample(DRAWN, seed=seed).sort("as_of") for seed, rows in enumerate(all_earlier)]
    asked = [*days, *drawn]
    features = flights.features(pl.concat(asked), lambda _, frame: frame)
    ends = np.cumsum([rows.height for rows in asked]).tolist()
    starts = [end - rows.height for end, rows in zip(ends, asked, strict=True)]
    found = [(rows, features[a:b]) for rows, a, b in zip(asked, starts, ends, strict=True)]
    return found[: len(moments)], found[len(moments) :]


@pytest.fixture(scope="module")
def stored(both: tuple[Stored, Stored]) -> Stored:
    """The rows of the day before each moment."""
    return both[0]


@pytest.fixture(scope="module")
def earlier(both: tuple[Stored, Stored]) -> Stored:
    """Rows drawn from all time before each moment."""
    return both[1]


def demand_unmoved(
    found: pl.DataFrame, expected: pl.DataFrame, asked: pl.DataFrame, bits: Bits
) -> None:
    """No value differs by a bit; else say whose."""
    for column, values, as_it_was in zip(found.columns, bits(found), bits(expected), strict=True):
        if values != as_it_was:
            pairs = enumerate(zip(values, as_it_was, strict=True))
            moved = [row for row, (now, then) in pairs if now != then]
            raise AssertionError((column, asked[moved[:3]].to_dicts()))


def test_the_moments_are_asked_at_and_hold_both_changes_of_clocks(moments: list[int]) -> None:
    assert len(set(moments)) == len(moments) == 25
    dates = pl.Series(moments).cast(pl.Datetime("us", "UTC")).dt.date().cast(pl.String).to_list()
    assert dates.count("2013-03-10") >= 1
    assert dates.count("2013-11-03") >= 1
    assert {date[5:7] for date in dates} == {f"{month:02}" for month in range(1, 13)}


def test_what_was_not_known_then_moves_no_bit_of_a_feature(
    flights: Any, moments: list[int], stored: Stored, bits: Bits
) -> None:
    compared = 0
    for number, (at, (asked, expected)) in enumerate(zip(moments, stored, strict=True)):
        assert asked["as_of"].to_physical()[-1] == at
        found = flights.features(asked, changed_near(at, number))
        demand_unmoved(found, expected, asked, bits)
        compared += found.height
    assert compared > 10_000


@pytest.mark.parametrize(
    "number",
    [pytest.param(number, marks=[] if number == 16 else pytest.mark.slow) for number in range(25)],
)
def test_nor_does_it_for_rows_of_all_earlier_time_with_all_of_history(
    number: int, flights: Any, moments: list[int], earlier: Stored, bits: Bits
) -> None:
    at, (asked, expected) = moments[number], earlier[number]
    year, drawn = flights.spine["as_of"].to_physical(), asked["as_of"].to_physical()
    assert drawn[-1] <= at
    assert drawn[0] - year[0] < (at - year[0]) / 4
    found = flights.features(asked, changed_whole(at, number))
    demand_unmoved(found, expected, asked, bits)


def test_much_is_changed_and_all_that_was_known_is_there(flights: Any, moments: list[int]) -> None:
    """The test above would be empty if nothing were changed, and unfair if known rows were."""
    view = next(view for view in flights.plan.views if view.view.name == "carrier")
    at = moments[7]
    rows = near(view, flights.sources["flights"], at)
    hidden = unknown(view.source, rows, at=at)
    other = changed(view.source, rows, at=at, seed=1)
    late = rows.filter(pl.Series(hidden["arrival_delay"]))
    assert late.height > 1_000
    identity = list(view.source.source.identity)
    pairs = late.join(other, on=identity, suffix="_new")
    moved = pairs.filter(pl.col("arrival_delay").ne_missing(pl.col("arrival_delay_new")))
    assert moved.height > 0.8 * pairs.height
    assert late.join(other, on=identity, how="anti").height > 100
    assert other.join(rows, on=identity, how="anti").height > 300
    whole = rows.filter(~pl.Series(hidden["arrival_delay"]) & ~pl.Series(hidden["tailnum"]))
    assert other.join(whole, on=rows.columns, how="semi", nulls_equal=True).height == whole.height
    assert other[: rows.height].rows() != rows.rows()


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_changing_one_visible_row_moves_a_feature(
    step: int, flights: Any, moments: list[int], stored: Stored, bits: Bits
) -> None:
    """Else no test here could fail."""
    for at, (asked, expected) in list(zip(moments, stored, strict=True))[::step]:
        last = asked[-1]
        row = newest_visible(flights.sources["flights"], last["carrier"][0], at)

        def worse(
            view: ViewPlan, frame: pl.DataFrame, at: int = at, row: int = row
        ) -> pl.DataFrame:
            if view.source.source.name != "flights":
                return near(view, frame, at)
            chosen = pl.int_range(pl.len()) == row
            delay = pl.when(chosen).then(pl.col("arrival_delay") + 1000).otherwise("arrival_delay")
            return near(view, frame.with_columns(delay.alias("arrival_delay")), at)

        assert bits(flights.features(last, worse)) != bits(expected[-1])


def newest_visible(rows: pl.DataFrame, carrier: str, at: int) -> int:
    """The place of the last flight of a carrier that had landed by a moment."""
    landed = (pl.col("carrier") == carrier) & (pl.col("landed_at").dt.epoch("us") <= at)
    return int(rows.with_row_index("<row>").filter(landed).sort("landed_at")["<row>"][-1])


@pytest.mark.slow
def test_what_was_known_at_a_moment_gives_the_features_that_are_stored(
    flights: Any, moments: list[int], stored: Stored, bits: Bits
) -> None:
    """Replay: the data cut off at the moment, as a system had it then, and nothing after it."""
    for at, (asked, expected) in zip(moments, stored, strict=True):

        def then(view: ViewPlan, frame: pl.DataFrame, at: int = at) -> pl.DataFrame:
            return truncated(view.source, near(view, frame, at), at=at)

        assert bits(flights.features(asked, then)) == bits(expected)


def test_what_is_cut_off_holds_nothing_of_later(flights: Any, moments: list[int]) -> None:
    view, at = flights.plan.views[0], moments[12]
    rows = truncated(view.source, flights.sources["flights"], at=at)
    latest = rows.select(pl.col(pl.Datetime).dt.epoch("us").max()).row(0, named=True)
    assert latest["landed_at"] <= at
    assert latest["departed_at"] <= at
    assert at < latest["scheduled_departure"] <= at + LONGEST
    assert rows.filter(pl.col("landed_at").is_null())["arrival_delay"].null_count() > 25_000
    assert rows["arrival_delay"].count() > 100_000


@pytest.mark.slow
def test_nor_does_it_in_a_week_of_rows_with_all_of_history(
    flights: Any, moments: list[int], bits: Bits
) -> None:
    for number, at in enumerate(moments[2::6]):
        asked = flights.asked_before(at, 7 * DAY)
        expected = flights.features(asked, lambda _, frame: frame)
        found = flights.features(asked, changed_whole(at, 101 + number))
        demand_unmoved(found, expected, asked, bits)
