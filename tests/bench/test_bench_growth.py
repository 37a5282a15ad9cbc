"""The large workload is the same in pieces of any number, and is written once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from bench import out_of_core

ROOT = Path(out_of_core.__file__).parents[1]


def test_no_two_events_share_a_time_and_entities_have_a_heavy_tail(tmp_path: Path) -> None:
    out_of_core.write(tmp_path, events=5_000, rows=300, entities=50)
    events = pl.read_parquet(tmp_path / "events.parquet")
    assert events.height == 5_000
    assert events["event_time"].n_unique() == 5_000
    assert max(Counter(events["entity"].to_list()).values()) > 3 * 5_000 / 50
    assert pl.read_parquet(tmp_path / "spine.parquet")["row"].to_list() == list(range(300))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.parquet", "spine.parquet"]


def test_pieces_share_no_time() -> None:
    times = [out_of_core._times(np.random.default_rng(piece), piece, 3, 1_000) for piece in (0, 1)]
    assert not set(times[0].tolist()) & set(times[1].tolist())


def test_it_says_how_much_disk_it_lacks(tmp_path: Path) -> None:
    asked = ["--folder", str(tmp_path), "--events", f"{10**15}"]
    command = [sys.executable, "-m", "bench.out_of_core", *asked]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "GB of disk are needed" in ran.stderr
