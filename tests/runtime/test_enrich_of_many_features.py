"""Thousands of features are computed a few at a time: memory holds little but their columns."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, resource, sys
from datetime import UTC, datetime, timedelta

import polars as pl

import headwater as hw

START = datetime(2024, 1, 1, tzinfo=UTC)
numbers = pl.int_range(2_000, eager=True)
events = pl.DataFrame(
    {
        "shop": numbers % 50,
        "channel": "c" + (numbers * 7 % 1_000).cast(pl.String),
        "amount": (numbers * 31 % 97) / 4,
        "at": [START + timedelta(hours=number) for number in range(2_000)],
    }
)
source = hw.Source("orders", hw.Frame(events), event_time="at", known_time="at")


def view(channels):
    features = [
        hw.Sum("amount", name=f"s{i}", where=pl.col("channel") == f"c{i}").within(
            "10d", "20d", "30d", "60d", "90d"
        )
        for i in channels
    ]
    return hw.FeatureView("v", source, entity="shop", features=features)


asked = pl.DataFrame(
    {
        "shop": [number % 50 for number in range(200)],
        "asked": [START + timedelta(days=30 + number % 50) for number in range(200)],
    }
)
hw.enrich(asked, [view([0])], as_of="asked")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = hw.enrich(asked, [view(range(1_000))], as_of="asked")
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
few = hw.enrich(asked, [view([0, 499, 999])], as_of="asked")
told = {
    "features": found.width - 2,
    "is_same": found.select(few.columns).equals(few),
    "known": sum(few[name].is_not_null().sum() for name in few.columns[2:]),
    "grown_kilobytes": after - before,
}
print(json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is in kilobytes on Linux only")
def test_five_thousand_features_take_little_more_memory_than_their_columns(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    run = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    told = json.loads(run.stdout)
    assert told["features"] == 5_000
    assert told["is_same"]
    assert told["known"] > 0
    assert told["grown_kilobytes"] < 200_000  # of which the columns are 8,000
