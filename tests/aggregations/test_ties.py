"""What depends on the order of rows says so where the data leaves it open."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.base import Aggregation

ROWS = pl.DataFrame(
    {
        "key": ["a"] * 5,
        "day": [1, 2, 2, 3, 4],
        "line": [1, 1, 2, 1, 1],
        "x": [1.5, 2.0, 3.0, 3.0, 3.0],
    }
).with_columns(at=pl.datetime(2024, 1, "day", time_zone="UTC"))


def enriched(feature: Any, *, sequence: str | None, rows: pl.DataFrame = ROWS) -> list[Any]:
    source = hw.Source("s", hw.Frame(rows), event_time="at", known_time="at", sequence=sequence)
    view = hw.FeatureView("v", source, entity="key", features=[feature.over_all()])
    spine = pl.DataFrame({"key": ["a"], "as_of": [datetime(2024, 2, 1, tzinfo=UTC)]})
    found: pl.DataFrame = hw.enrich(spine, [view], as_of="as_of")
    return found.to_series(-1).to_list()


def named(given: Any) -> str:
    return given.word if isinstance(given, Aggregation) else str(given)


@pytest.mark.parametrize(
    ("feature", "result"),
    [
        (hw.FirstK("x", 2), [1.5, 2.0]),
        (hw.LastK("x", 3), [3.0, 3.0, 3.0]),
        (hw.Lag("x", 2), 3.0),
        (hw.Nth("x", 1), 2.0),
        (hw.Nth("x", -4), 2.0),
        (hw.Difference("x", 3), 1.0),
        (hw.PercentChange("x", 3), 0.5),
        (hw.Streak("x"), 3),
        (hw.ChangeCount("x"), 2),
    ],
    ids=named,
)
def test_a_tie_that_is_read_names_its_moment_and_a_sequence_settles_it(
    feature: Any, result: Any
) -> None:
    message = r"HW404.*2024-01-02T00:00:00\+00:00 tie with different values"
    for rows in (ROWS, ROWS[::-1]):
        with pytest.raises(hw.DataError, match=message):
            enriched(feature, sequence=None, rows=rows)
        assert enriched(feature, sequence="line", rows=rows) == [result]


@pytest.mark.parametrize(
    ("feature", "result"),
    [
        (hw.First("x"), 1.5),
        (hw.FirstK("x", 1), [1.5]),
        (hw.LastK("x", 2), [3.0, 3.0]),
        (hw.Lag("x", 1), 3.0),
        (hw.Lag("x", 4), 1.5),
        (hw.Nth("x", 0), 1.5),
        (hw.Nth("x", 7), None),
        (hw.Difference("x", 4), 1.5),
        (hw.PercentChange("x", 1), 0.0),
        (hw.Streak("x", where=pl.col("x") > 2, name="large"), 3),
        (hw.ChangeCount("x", where=pl.col("x") > 2, name="large"), 0),
        (hw.ChangeCount("key"), 0),
        (hw.Streak("key"), 5),
    ],
    ids=named,
)
def test_a_tie_that_is_not_read_or_of_one_value_is_none(feature: Any, result: Any) -> None:
    for rows in (ROWS, ROWS[::-1]):
        assert enriched(feature, sequence=None, rows=rows) == [result]


def test_first_refuses_a_tie_at_the_start() -> None:
    with pytest.raises(hw.DataError, match="HW404"):
        enriched(hw.First("x"), sequence=None, rows=ROWS[1:])
