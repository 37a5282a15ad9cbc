"""A build of data several times its budget stays within it, as the system measures it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from headwater.runtime.resources import peak_is_known

BUILD = Path(__file__).with_name("measured_build.py")
BUDGET = 300_000_000
TIME = pl.Datetime("us", "UTC")
FILES = 4

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not peak_is_known(), reason="the system does not measure a part of a run"),
]


def moments(rng: np.random.Generator, rows: int) -> pl.Series:
    return pl.Series(rng.integers(0, 90 * 86_400, rows) * 1_000_000).cast(TIME)


def make_project(folder: Path, rows: int) -> None:
    """A history in files, and two thousand rows that ask."""
    (folder / "events").mkdir(parents=True)
    rng = np.random.default_rng(1)
    for part in range(FILES):
        size = rows // FILES
        frame = pl.DataFrame({"entity": rng.integers(0, 5_000, size), "at": moments(rng, size)})
        numbers = [pl.Series(name, rng.normal(size=size)) for name in "abcd"]
        frame.with_columns(numbers).write_parquet(
            folder / "events" / f"{part}.parquet", row_group_size=50_000
        )
    asked = {"entity": rng.integers(0, 5_000, 2_000), "at": moments(rng, 2_000)}
    is_so = pl.Series("y", rng.random(2_000) < 0.3)
    pl.DataFrame(asked).with_columns(is_so).write_parquet(folder / "asked.parquet")


def taken(folder: Path, memory: str) -> int:
    """The bytes that a build took at its peak."""
    found = subprocess.run(
        [sys.executable, str(BUILD), str(folder)],
        env={**os.environ, "HEADWATER_MEMORY": memory},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return int(found.stdout)


def contents(folder: Path) -> list[bytes]:
    found = sorted((folder / "large" / ".headwater" / "artifacts").rglob("*.parquet"))
    return [path.read_bytes() for path in found]


def test_a_build_of_four_times_its_budget_stays_within_it_with_the_same_bytes(
    tmp_path: Path,
) -> None:
    make_project(tmp_path / "small", 1_000)
    make_project(tmp_path / "large", 12_000_000)
    (tmp_path / "small" / "headwater.toml").touch()
    (tmp_path / "large" / "headwater.toml").touch()
    whole = taken(tmp_path, "100GB")
    expected = contents(tmp_path)
    assert whole > 3 * BUDGET
    assert len(expected) > 0
    for name in ("small", "large"):
        shutil.rmtree(tmp_path / name / ".headwater")
    assert taken(tmp_path, str(BUDGET)) < BUDGET
    assert contents(tmp_path) == expected
