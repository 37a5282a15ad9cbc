"""Durations enter a recipe as numbers of microseconds, in batch and row by row alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError
from headwater.runtime.distributions import distribution


@pytest.fixture
def rows() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "since": [timedelta(seconds=3), None, timedelta(microseconds=7)],
            "gap": pl.Series([1, 2, None]).cast(pl.Duration("ms")),
        }
    )


def test_a_duration_is_prepared_as_its_microseconds(rows: pl.DataFrame) -> None:
    fitted = hw.Recipe(hw.ImputeMedian(hw.numeric())).fit(rows)
    prepared: Any = fitted.apply(rows)
    assert prepared["since"].to_list() == [3_000_000.0, 1_500_003.5, 7.0]
    assert prepared["gap"].to_list() == [1_000.0, 2_000.0, 1_500.0]
    for row in range(rows.height):
        assert fitted.apply_one(rows.row(row, named=True)) == prepared.row(row, named=True)


def test_a_duration_does_not_stand_for_text(rows: pl.DataFrame) -> None:
    fitted = hw.Recipe(hw.EncodeOrdinal(hw.strings())).fit(pl.DataFrame({"since": ["a", "b"]}))
    with pytest.raises(DataError, match="HW603"):
        fitted.apply(rows)
    with pytest.raises(DataError, match="HW603"):
        fitted.apply_one({"since": timedelta(seconds=1)})


def test_a_report_shows_durations_in_seconds(rows: pl.DataFrame) -> None:
    found = distribution("since", {"train": rows["since"], "test": rows["since"]})
    assert found["kind"] == "number"
    assert found["name"] == "since"
    assert -5 < min(found["edges"]) < max(found["edges"]) < 5
