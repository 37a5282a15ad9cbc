"""Headwater: the latest amount as of each moment, of all history."""

from __future__ import annotations

import polars as pl

import headwater as hw
from bench.peers.base import main
from bench.task import Task


def enrich(task: Task) -> None:
    """Declare, read, look up, write."""
    source = hw.Source(
        "purchases", hw.Parquet(str(task.events)), event_time="event_time",
        known_time=task.clock, zone="UTC",
    )  # fmt: skip
    view = hw.FeatureView(
        "v", source, entity="entity", features=[hw.Last("amount", name="last").over_all()]
    )
    as_of = pl.col("as_of").dt.replace_time_zone("UTC")
    rows = hw.enrich(pl.read_parquet(task.spine), [view], as_of=as_of, threads=task.threads)
    rows.select("row", last_all="v__last_all").write_parquet(task.out, compression="snappy")


if __name__ == "__main__":
    main(enrich, ("headwater", "polars", "numpy"))
