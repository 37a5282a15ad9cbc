"""How time and memory grow, also past memory: `python -m bench.growth --folder DATA`.

The workload is written in pieces, so that making it takes no more memory than using it. The same
32 features as in the contest are computed from Parquet to Parquet, in a process of its own, which
tells its seconds and its peak memory. Past the budget a job goes through the disk by itself.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import ROOT
from bench.table import between_markers
from bench.task import WINDOWS, WORDS

DOCS = ROOT / "docs" / "benchmarks.md"
_START = 1_735_689_600_000_000  # 2025-01-01 in microseconds
_YEAR = 365 * 86_400_000_000
_PIECE = 2_000_000
_EVENT_BYTES, _ROW_BYTES = 32, 400
"""On disk, of an event and of a row with its features, with room for partitions."""


class Entities:
    """Draws entities, the i-th as frequent as i ** -0.75.

    Args:
        size: How many there are.
    """

    def __init__(self, size: int) -> None:
        share = np.cumsum(np.arange(1, size + 1) ** -0.75)
        self._share = share / share[-1]
        self._names = np.random.default_rng(1).permutation(size)

    def drawn(self, random: Any, size: int) -> Any:
        """So many of them."""
        return self._names[np.searchsorted(self._share, random.random(size), "right")]


def write(folder: Path, *, events: int, rows: int, entities: int) -> None:
    """Write `events.parquet` and `spine.parquet` piece by piece, unless both are there."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = Entities(entities)
    pieces = -(-events // _PIECE)
    _write(folder / "events.parquet", events, lambda random, piece, size: pl.DataFrame({
        "entity": drawn.drawn(random, size),
        "event_time": pl.Series(_times(random, piece, pieces, size)).cast(pl.Datetime("us")),
        "amount": random.lognormal(3.0, 1.5, size).round(2),
        "merchant": random.integers(0, 5_000, size).astype(np.int32),
    }))  # fmt: skip
    _write(folder / "spine.parquet", rows, lambda random, piece, size: pl.DataFrame({
        "row": np.arange(size) + piece * _PIECE,
        "entity": drawn.drawn(random, size),
        "as_of": pl.Series(_START + random.integers(0, _YEAR, size)).cast(pl.Datetime("us")),
    }))  # fmt: skip


def _times(random: Any, piece: int, pieces: int, size: int) -> Any:
    """Moments of a year that no other piece has, none of them twice."""
    found = np.unique(random.integers(0, _YEAR // pieces, size + size // 100 + 10))
    return _START + random.permutation(found)[:size] * pieces + piece


def _write(path: Path, size: int, made: Callable[[Any, int, int], pl.DataFrame]) -> None:
    if path.exists():
        return
    beside, writer = path.with_suffix(".unfinished"), None
    for piece, rows in enumerate(_pieces(size)):
        table: pa.Table = made(np.random.default_rng([piece, size]), piece, rows).to_arrow()
        writer = writer or pq.ParquetWriter(beside, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
        os.replace(beside, path)


def _pieces(size: int) -> Iterator[int]:
    for start in range(0, size, _PIECE):
        yield min(_PIECE, size - start)


def enrich(folder: Path) -> dict[str, float]:
    """Seconds and bytes of the features, Parquet to Parquet, in this process."""
    import headwater as hw

    began = time.monotonic()
    source = hw.Source(
        "purchases",
        hw.Parquet(str(folder / "events.parquet")),
        event_time="event_time",
        known_time="event_time",
        zone="UTC",
    )
    features = [
        hw.Count(name="rows").within(*WINDOWS)
        if word == "rows"
        else getattr(hw, word.title())("amount", name=word).within(*WINDOWS)
        for word in WORDS
    ]
    view = hw.FeatureView("v", source, entity="entity", features=features)
    as_of = pl.col("as_of").dt.replace_time_zone("UTC")
    rows = hw.enrich(pl.scan_parquet(folder / "spine.parquet"), [view], as_of=as_of)
    enriched = time.monotonic() - began
    rows.sink_parquet(folder / "out.parquet", compression="snappy")
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.monotonic() - began,
        "enriched": enriched,
        "processor": used.ru_utime + used.ru_stime,
        "peak_gib": used.ru_maxrss / (1 << 20),
    }


@dataclass(frozen=True, slots=True)
class Size:
    """A workload and how often it is measured.

    Args:
        events: Rows of the history; a tenth as many ask.
        times: Runs, each in a process of its own.
    """

    events: int
    times: int


SIZES = (Size(10_000, 5), Size(100_000, 5), Size(1_000_000, 5), Size(10_000_000, 5))
LARGEST = Size(100_000_000, 1)


def main() -> None:
    """Measure each size and write the table."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    given.add_argument("--largest", action="store_true", help="100,000,000 events, too")
    given.add_argument("--events", type=int, help="this size alone; docs stay as they are")
    given.add_argument("--memory", default="1.5GB", help="the budget (default: %(default)s)")
    given.add_argument("--folder", type=Path, required=True, help="where the data go, and stay")
    given.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    asked = given.parse_args()
    if asked.measure:
        print(json.dumps(enrich(asked.folder)))
        return
    sizes = [Size(asked.events, 1)] if asked.events else [*SIZES, *[LARGEST] * asked.largest]
    found = {one.events: measured(one, asked.folder, asked.memory) for one in sizes}
    text = "\n".join(table(found, asked.memory))
    print(text)
    if not asked.events:
        page = DOCS.read_text(encoding="utf-8")
        DOCS.write_text(between_markers(page, text, "growth"), encoding="utf-8")


def measured(size: Size, within: Path, memory: str) -> dict[str, float]:
    """The median of each measurement."""
    events, rows = size.events, size.events // 10
    folder = within / f"{events}x{rows}"
    folder.mkdir(parents=True, exist_ok=True)
    needed = 2 * _EVENT_BYTES * events + 2 * _ROW_BYTES * rows
    free = shutil.disk_usage(folder).free
    if free < needed:
        sys.exit(f"{needed / 1e9:.0f} GB of disk are needed, {free / 1e9:.0f} GB are free")
    write(folder, events=events, rows=rows, entities=max(1, events // 50))
    runs = [_measured(folder, memory) for _ in range(size.times)]
    print(f"{events:,} events: {runs}", file=sys.stderr, flush=True)
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _measured(folder: Path, memory: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.growth", "--measure", "--folder", str(folder)]
    environment = {**os.environ, "HEADWATER_MEMORY": memory}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(found: Mapping[int, Mapping[str, float]], memory: str) -> list[str]:
    """Lines in Markdown, with the power of the size by which seconds grow from the one before."""
    lines = [
        f"`python -m bench.growth`: a budget of {memory}, a process for each run, its imports left "
        f"out; medians of {SIZES[0].times} runs, of one run from {LARGEST.events:,} events on.",
        "",
        "| Events | rows | seconds | CPU, s | peak, GiB | times the line above | power |",
        "| --- " * 7 + "|",
    ]
    before: tuple[int, float] | None = None
    for events, one in found.items():
        grown = ["", ""]
        if before is not None:
            times = one["seconds"] / before[1]
            grown = [f"{times:.1f}", f"{math.log(times) / math.log(events / before[0]):.2f}"]
        cells = [f"{events:,}", f"{events // 10:,}", f"{one['seconds']:.2f}"]
        cells += [f"{one['processor']:.2f}", f"{one['peak_gib']:.2f}", *grown]
        lines.append(f"| {' | '.join(cells)} |")
        before = events, one["seconds"]
    return lines


if __name__ == "__main__":
    main()
