"""How the flights fall into parts, worked out from the rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

TWO_HOURS = timedelta(hours=2)
LATE = pl.col("arrival_delay") > 15


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2013, month, day, hour, minute, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """The labelled rows cut at two values of as_of; a tie goes to the later part."""

    train: pl.DataFrame
    validation: pl.DataFrame
    test: pl.DataFrame


@pytest.fixture(scope="session")
def labelled(folder: Path) -> pl.DataFrame:
    landed = pl.read_parquet(folder / "flights.parquet").drop_nulls("landed_at")
    as_of = pl.col("scheduled_departure") - TWO_HOURS
    return landed.with_columns(as_of=as_of).sort("as_of", maintain_order=True)


@pytest.fixture(scope="session")
def parts(labelled: pl.DataFrame) -> Parts:
    first, second = (labelled["as_of"][labelled.height * share // 100] for share in (70, 85))
    as_of = pl.col("as_of")
    return Parts(
        labelled.filter(as_of < first),
        labelled.filter(as_of >= first, as_of < second),
        labelled.filter(as_of >= second),
    )


def test_split_boundaries_are_values_of_as_of(parts: Parts) -> None:
    assert parts.validation["as_of"].min() == at(9, 13, 21, 5)
    assert parts.test["as_of"].min() == at(11, 6, 16, 0)
    # The flights at the boundaries are scheduled two hours later.
    assert parts.validation["scheduled_departure"].min() == at(9, 13, 23, 5)
    assert parts.test["scheduled_departure"].min() == at(11, 6, 18, 0)


def test_split_into_70_15_15_counts_labelled_rows_before_purging(parts: Parts) -> None:
    sizes = [part.height for part in (parts.train, parts.validation, parts.test)]
    assert sizes == [229_136, 49_097, 49_113]


def test_purge_takes_rows_landed_after_the_first_as_of_of_the_next_part(parts: Parts) -> None:
    pairs = [(parts.train, parts.validation), (parts.validation, parts.test)]
    purged = [
        part.filter(pl.col("landed_at") > following["as_of"].min()).height
        for part, following in pairs
    ]
    assert purged == [354, 270]


def test_prevalence_differs_between_the_parts(parts: Parts) -> None:
    late = [p.select(LATE.mean()).item() for p in (parts.train, parts.validation, parts.test)]
    assert [round(share, 3) for share in late] == [0.252, 0.147, 0.259]
