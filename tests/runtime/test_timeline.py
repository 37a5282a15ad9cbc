"""The time line: buckets that fit, in every part, and when labels were known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from headwater.runtime.timeline import timeline
from headwater.stores.artifacts import Artifact

START = datetime(2024, 1, 31, 23, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")


def artifact(folder: Path, **parts: Sequence[tuple[Any, ...]]) -> Artifact:
    (folder / "raw").mkdir()
    for name, rows in parts.items():
        frame = pl.DataFrame(
            rows, schema={"as_of": TIME, "late": None, "label_known_time": TIME}, orient="row"
        )
        frame.write_parquet(folder / "raw" / f"{name}.parquet")
    return Artifact(folder, {"parts": dict.fromkeys(parts), "columns": {"label": "late"}})


def hours(count: int, *, step: int = 1, start: datetime = START) -> list[Any]:
    moments = [start + timedelta(hours=step * number) for number in range(count)]
    return [(at, number % 4 == 0, at + timedelta(hours=3)) for number, at in enumerate(moments)]


def test_rows_and_prevalence_are_counted_per_bucket_and_part(tmp_path: Path) -> None:
    later = hours(24, start=START + timedelta(days=10))
    found = timeline(artifact(tmp_path, train=hours(240), test=later))
    assert found["every"] == "1d"
    buckets = found["buckets"]
    assert buckets[0] == {
        "start": "2024-01-31T00:00:00+00:00", "part": "train", "rows": 1, "prevalence": 1.0,
    }  # fmt: skip
    assert buckets[1] == {
        "start": "2024-02-01T00:00:00+00:00", "part": "train", "rows": 24, "prevalence": 0.25,
    }  # fmt: skip
    shared = [one for one in buckets if one["start"].startswith("2024-02-10")]
    assert [(one["part"], one["rows"]) for one in shared] == [("train", 23), ("test", 1)]
    assert sum(one["rows"] for one in buckets) == 264


@pytest.mark.parametrize(
    ("count", "step", "every"),
    [
        (1, 1, "1s"),
        (40, 24, "1mo"),
        (4_000, 1, "1d"),
        (4_000, 24 * 7, "3mo"),
        (9, 24 * 365, "100y"),
    ],
)
def test_buckets_are_as_short_as_the_rows_allow(
    tmp_path: Path, count: int, step: int, every: str
) -> None:
    found = timeline(artifact(tmp_path, train=hours(count, step=step)))
    assert found["every"] == every
    assert len(found["buckets"]) <= 400


def test_moments_as_far_apart_as_they_can_be_have_a_bucket(tmp_path: Path) -> None:
    rows = [
        (datetime(year, 1, 1, tzinfo=UTC), True, None)
        for year in (1, 1970, 9_999)
        for _ in range(3)
    ]
    found = timeline(artifact(tmp_path, train=rows))
    assert found["every"] == "100y"
    assert [one["rows"] for one in found["buckets"]] == [3, 3, 3]
    assert found["label_lag"] is None


def test_the_lag_of_labels_is_said_in_seconds(tmp_path: Path) -> None:
    rows = [(START, 1, START + timedelta(hours=number)) for number in range(101)]
    assert timeline(artifact(tmp_path, train=rows))["label_lag"] == {
        "0.5": 180_000,
        "0.95": 342_000,
    }
