"""Headwater on Feast's job: the latest values of ten columns as of each row."""

from __future__ import annotations

import polars as pl

import headwater as hw
from bench.peers.base import main
from bench.task import Task

COLUMNS = tuple(f"x{number}" for number in range(10))


def enrich(task: Task) -> None:
    """Declare, read, look up, write."""
    source = hw.Source(
        "wide", hw.Parquet(str(task.events)), event_time="event_time", known_time="event_time"
    )
    view = hw.Attributes("v", source, entity="entity", columns=COLUMNS)
    rows = hw.enrich(pl.read_parquet(task.spine), [view], as_of="as_of", threads=task.threads)
    features = rows.drop("entity", "as_of").rename(lambda name: name.removeprefix("v__"))
    features.write_parquet(task.out, compression="snappy")


if __name__ == "__main__":
    main(enrich, ("headwater", "polars", "numpy"))
