"""Features of real flights equal the naive reference, row by row."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.testing import reference

ROOT = Path(__file__).parents[2]
DAY = 86_400_000_000
LANDED = (("landed_at", 0), ("scheduled_departure", -30 * DAY))
WINDOWS = {"3h": DAY // 8, "1d": DAY, "30d": 30 * DAY, "all": None}


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("data")
    script = ROOT / "examples" / "flights" / "data.py"
    subprocess.run([sys.executable, str(script), str(folder)], check=True)
    return pl.read_parquet(folder / "flights.parquet")


def _view(flights: pl.DataFrame, entity: str) -> Any:
    timetable = pl.col("scheduled_departure") - pl.duration(days=30)
    names = ("scheduled_departure", "flight", "tailnum", "carrier")
    source = hw.Source(
        "flights",
        hw.Frame(flights),
        event_time="scheduled_departure",
        known_time="landed_at",
        known_times=dict.fromkeys(names, timetable),
        null_known_time="never",
        sequence="flight",
    )
    features = [
        cls("arrival_delay", name=name).within("3h", "1d", "30d")
        for name, cls in (
            ("mean", hw.Mean),
            ("last", hw.Last),
            ("count", hw.Count),
            ("sum", hw.Sum),
        )
    ]
    features += [hw.Std("arrival_delay", name="std").over_all(), hw.Count(name="rows").over_all()]
    return hw.FeatureView("v", source, entity=entity, features=features)


@pytest.mark.parametrize(
    ("entity", "rows"),
    [("tailnum", 60), pytest.param("carrier", 3, marks=pytest.mark.slow)],
)
def test_sampled_flights_have_the_features_of_the_reference(
    flights: pl.DataFrame, entity: str, rows: int
) -> None:
    picked = sorted(random.Random(7).sample(range(flights.height), rows))
    spine = flights[picked].select(
        entity, asked_at=pl.col("scheduled_departure") - pl.duration(hours=2)
    )
    found = hw.enrich(spine, [_view(flights, entity)], as_of="asked_at")
    columns = [entity, "scheduled_departure", "flight", "landed_at", "arrival_delay"]
    history = flights.select(columns).join(spine.select(entity).unique(), on=entity, how="semi")
    plain = _plain(history, "scheduled_departure", "landed_at")
    asked = _plain(spine, "asked_at")
    compared = 0
    for column in (name for name in found.columns if name.startswith("v__")):
        name, window = column.removeprefix("v__").split("_")
        counts_rows = name == "rows"
        feature = reference.Feature(
            "count" if counts_rows else name,
            None if counts_rows else "arrival_delay",
            WINDOWS[window],
            clock=(("scheduled_departure", -30 * DAY),) if counts_rows else LANDED,
        )
        expected = reference.enrich(
            asked, plain, entity=(entity,), as_of="asked_at", event_time="scheduled_departure",
            sequence="flight", feature=feature,
        )  # fmt: skip
        assert all(map(_same, found[column].to_list(), expected)), column
        compared += sum(value is not None for value in expected)
    assert compared > 5 * rows


def _plain(frame: pl.DataFrame, *times: str) -> list[dict[str, Any]]:
    return frame.with_columns(pl.col(*times).cast(pl.Int64)).to_dicts()


def _same(found: Any, expected: Any) -> bool:
    """Equal; means and deviations within two units in the last place."""
    if isinstance(found, float) and isinstance(expected, float):
        return abs(found - expected) <= 2 * math.ulp(expected)
    return type(found) is type(expected) and bool(found == expected)
