"""The workload: a heavy-tailed history of purchases and the moments that look back at it.

The same sizes give the same files. No two events share a time, so that no peer needs a rule for
ties. One spine row in twenty lies exactly at an event, or a window's length after one, where
half-open windows are told from closed ones; one in a hundred asks for an entity without events.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench.task import WINDOWS

_START = 1_735_689_600_000_000  # 2025-01-01 in microseconds
_YEAR = 365 * 86_400_000_000
_TIME = pl.Datetime("us")


@dataclass(frozen=True, slots=True)
class Workload:
    """How much of what.

    Args:
        events: Rows of the history.
        rows: Rows of the spine.
        entities: How many entities they are spread over; the i-th is as frequent as i ** -0.75.
    """

    events: int
    rows: int
    entities: int


def write(workload: Workload, folder: Path) -> None:
    """Write `events.parquet` and `spine.parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(20250101)
    history = _events(workload, random)
    history.write_parquet(folder / "events.parquet")
    _spine(workload, history, random).write_parquet(folder / "spine.parquet")


def _events(workload: Workload, random: Any) -> pl.DataFrame:
    size = workload.events
    times = _distinct(_START + random.integers(0, _YEAR, size))
    late = random.exponential(6 * 3_600_000_000, size).astype(np.int64)
    return pl.DataFrame(
        {
            "entity": _entities(workload, random, size),
            "event_time": pl.Series(times).cast(_TIME),
            "known_time": pl.Series(times + late).cast(_TIME),
            "amount": random.lognormal(3.0, 1.5, size).round(2),
            "merchant": random.integers(0, 5_000, size).astype(np.int32),
        }
    )


def _spine(workload: Workload, history: pl.DataFrame, random: Any) -> pl.DataFrame:
    size = workload.rows
    entities = _entities(workload, random, size)
    moments = _START + random.integers(0, _YEAR, size)
    at_edge = np.flatnonzero(random.random(size) < 0.05)
    events = random.integers(0, workload.events, len(at_edge))
    lengths = np.array([0, *WINDOWS.values()], np.int64) * 1_000_000
    entities[at_edge] = history["entity"].to_numpy()[events]
    moments[at_edge] = history["event_time"].to_physical().to_numpy()[events]
    moments[at_edge] += lengths[random.integers(0, len(lengths), len(at_edge))]
    entities[random.random(size) < 0.01] = workload.entities
    return pl.DataFrame(
        {"row": np.arange(size), "entity": entities, "as_of": pl.Series(moments).cast(_TIME)}
    )


def _entities(workload: Workload, random: Any, size: int) -> Any:
    share = np.cumsum(np.arange(1, workload.entities + 1) ** -0.75)
    names = np.random.default_rng(1).permutation(workload.entities)
    return names[np.searchsorted(share / share[-1], random.random(size), "right")]


def _distinct(times: Any) -> Any:
    """The times, moved by microseconds where two were the same."""
    order = np.argsort(times, kind="stable")
    step = np.arange(len(times))
    moved = np.empty_like(times)
    moved[order] = np.maximum.accumulate(times[order] - step) + step
    return moved


if __name__ == "__main__":
    write(Workload(*map(int, sys.argv[2:5])), Path(sys.argv[1]))
