"""The growing workload is written in pieces, once; the table says by which power seconds grow."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from bench import growth

ROOT = Path(growth.__file__).parents[1]


def test_no_two_events_share_a_time_and_entities_have_a_heavy_tail(tmp_path: Path) -> None:
    growth.write(tmp_path, events=5_000, rows=300, entities=50)
    events = pl.read_parquet(tmp_path / "events.parquet")
    assert events.height == 5_000
    assert events["event_time"].n_unique() == 5_000
    assert max(Counter(events["entity"].to_list()).values()) > 3 * 5_000 / 50
    assert pl.read_parquet(tmp_path / "spine.parquet")["row"].to_list() == list(range(300))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.parquet", "spine.parquet"]


def test_pieces_share_no_time() -> None:
    times = [growth._times(np.random.default_rng(piece), piece, 3, 1_000) for piece in (0, 1)]
    assert not set(times[0].tolist()) & set(times[1].tolist())


def test_it_says_how_much_disk_it_lacks(tmp_path: Path) -> None:
    asked = ["--folder", str(tmp_path), "--events", f"{10**15}"]
    command = [sys.executable, "-m", "bench.growth", *asked]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "GB of disk are needed" in ran.stderr


def test_a_size_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    asked = ["--folder", str(tmp_path), "--events", "2000"]
    command = [sys.executable, "-m", "bench.growth", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].startswith("| 2,000 | 200 | ")
    assert pl.read_parquet(tmp_path / "2000x200" / "out.parquet").height == 200


def test_the_table_says_by_which_power_seconds_grow() -> None:
    one = {"seconds": 1.0, "processor": 1.5, "peak_gib": 0.5}
    lines = growth.table({100: one, 10_000: {**one, "seconds": 100.0}}, "1GB")
    assert lines[-2] == "| 100 | 10 | 1.00 | 1.50 | 0.50 |  |  |"
    assert lines[-1] == "| 10,000 | 1,000 | 100.00 | 1.50 | 0.50 | 100.0 | 1.00 |"
