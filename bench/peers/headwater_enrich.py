"""Headwater: one feature view, `hw.enrich`."""

from __future__ import annotations

import time
from typing import Any

import polars as pl

import headwater as hw
from bench.peers.base import main
from bench.task import WINDOWS, Task
from headwater.engines import edges, passes, state_passes
from headwater.kernel.pool import for_groups

_kernel: list[float] = []


def enrich(task: Task) -> None:
    """Declare, read, compute, write."""
    source = hw.Source(
        "purchases",
        hw.Parquet(str(task.events)),
        event_time="event_time",
        known_time=task.clock,
        zone="UTC",
    )
    view = hw.FeatureView(
        "v", source, entity="entity", features=[_feature(word) for word in task.words]
    )
    as_of = pl.col("as_of").dt.replace_time_zone("UTC")
    rows = hw.enrich(pl.read_parquet(task.spine), [view], as_of=as_of, threads=task.threads)
    features = rows.drop("entity", "as_of").rename(lambda name: name.removeprefix("v__"))
    features.write_parquet(task.out, compression="snappy")


def _feature(word: str) -> Any:
    if word == "rows":
        return hw.Count(name="rows").within(*WINDOWS)
    return getattr(hw, word.title())("amount", name=word).within(*WINDOWS)


def _measure_kernel() -> None:
    """Note the seconds of each parallel phase of compiled passes."""

    def timed(*arguments: Any, **named: Any) -> None:
        began = time.monotonic()
        for_groups(*arguments, **named)
        _kernel.append(time.monotonic() - began)

    for module in (edges, passes, state_passes):
        vars(module)["for_groups"] = timed


def _timed_enrich(task: Task) -> None:
    _kernel.clear()
    enrich(task)


if __name__ == "__main__":
    _measure_kernel()
    main(
        _timed_enrich,
        ("headwater", "polars", "numba", "numpy"),
        details=lambda: {"kernel": sum(_kernel)},
    )
