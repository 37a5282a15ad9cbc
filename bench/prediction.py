"""`python -m bench.prediction`: what `headwater plan` predicts of builds, beside what they took.

Each training set is planned, built once so that its passes are compiled, and built again from
nothing in a process of its own, whose seconds and peak memory are measured. Seconds are those of
the clock or of computing, whichever are fewer, as in the calibration: on a machine that does
nothing else they are those of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench.measure import ROOT

_START = 1_735_689_600_000_000
_YEAR = 365 * 86_400_000_000
_TIME = pl.Datetime("us", "UTC")
_FLIGHTS = ROOT / "examples" / "flights"
_WINDOWS = ("1d", "7d", "30d", "90d")
_SUMS = ("Count", "Sum", "Mean", "Std", "Variance")
_STATES = ("Min", "Max", "First", "Last")
_VALUES = ("Median", "CountDistinct")


@dataclass(frozen=True, slots=True)
class Shape:
    """One training set.

    Args:
        history: Rows of its history.
        spine: Rows that ask.
        words: Its aggregations, each over all windows.
        windows: How many of `1d`, `7d`, `30d` and `90d`.
        columns: How many columns each aggregation folds.
        is_late: Whether rows become known hours after their event.
        has_text: Whether entities are named by text.
    """

    history: int
    spine: int
    words: tuple[str, ...]
    windows: int = 1
    columns: int = 1
    is_late: bool = False
    has_text: bool = False

    @property
    def features(self) -> int:
        """How many there are."""
        return len(self.words) * self.windows * self.columns


SHAPES = {
    "one mean": Shape(100_000, 20_000, ("Mean",)),
    "forty": Shape(100_000, 20_000, (*_SUMS, *_STATES, "Range"), 4),
    "known late": Shape(500_000, 50_000, ("Mean", "Max", "Last"), 2, is_late=True),
    "sums": Shape(500_000, 100_000, _SUMS, 2),
    "values": Shape(500_000, 50_000, _VALUES, 2),
    "values of many rows": Shape(1_000_000, 100_000, _VALUES, 2),
    "text keys": Shape(1_000_000, 100_000, ("Mean", "Last"), 4, has_text=True),
    "one mean of many rows": Shape(2_000_000, 100_000, ("Mean",)),
    "states": Shape(2_000_000, 200_000, _STATES, 2),
    "forty of many rows": Shape(2_000_000, 100_000, (*_SUMS, *_STATES, "Range"), 4),
    "five columns": Shape(1_000_000, 200_000, ("Mean", "Max"), 4, columns=5),
}

_DEFINITIONS = """
import polars as pl

import headwater as hw

events = hw.Source(
    "events", hw.Parquet("data/events.parquet"), event_time="at", known_time={known!r}
)
asked = hw.Source("asked", hw.Parquet("data/spine.parquet"), event_time="at", known_time="at")
view = hw.FeatureView("view", events, entity="entity", features=[
    cls(column).within(*{windows!r})
    for cls in ({words})
    for column in {columns!r}
])
large = hw.TrainingSet(
    "large",
    spine=hw.Spine(asked, as_of=pl.col("at")),
    features=[view],
    label=hw.Label("is_large", pl.col("y") > 0),
    split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
    recipe=hw.Recipe(hw.ImputeMedian(hw.numeric())),
)
"""


def write(shape: Shape, folder: Path) -> None:
    """Write a project with its data."""
    (folder / "data").mkdir(parents=True)
    random = np.random.default_rng(20250103)
    entities = max(20, shape.history // 50)

    def rows(size: int) -> pl.DataFrame:
        keys = pl.Series("entity", random.integers(0, entities, size))
        times = pl.Series("at", _START + random.integers(0, _YEAR, size)).cast(_TIME)
        return pl.DataFrame([keys, times])

    history, spine = rows(shape.history), rows(shape.spine)
    late = pl.Series(random.exponential(6 * 3_600_000_000, shape.history).astype(np.int64))
    names = [f"x{number}" for number in range(shape.columns)]
    history = history.with_columns(
        (pl.col("at") + late.cast(pl.Duration("us"))).alias("known_at"),
        *(pl.Series(name, random.lognormal(3.0, 1.5, shape.history).round(2)) for name in names),
    )
    spine = spine.with_columns(pl.Series("y", random.normal(size=shape.spine)))
    if shape.has_text:
        text = pl.format("entity {}", "entity").alias("entity")
        history, spine = history.with_columns(text), spine.with_columns(text)
    history.write_parquet(folder / "data" / "events.parquet")
    spine.write_parquet(folder / "data" / "spine.parquet")
    known = "known_at" if shape.is_late else "at"
    definitions = _DEFINITIONS.format(
        known=known,
        windows=_WINDOWS[: shape.windows],
        words=" ".join(f"hw.{word}," for word in shape.words),
        columns=names,
    )
    (folder / "definitions.py").write_text(definitions, "utf-8")
    (folder / "headwater.toml").write_text('name = "large"\n', "utf-8")


def plan(folder: Path, *, calibrate: bool) -> dict[str, Any]:
    """What is predicted, after a calibration where one is asked for."""
    from headwater.runtime.planning import plan_project
    from headwater.runtime.project import load_project

    return plan_project(load_project(folder), calibrate=calibrate)


def build(folder: Path) -> dict[str, float]:
    """What building takes in this process."""
    from headwater.runtime.build import Session, build_in
    from headwater.runtime.project import load_project
    from headwater.spec.training_set import TrainingSet

    project = load_project(folder)
    training_set = project.only(TrainingSet, None, "training set")
    started, computed = time.perf_counter(), time.process_time()
    build_in(training_set, Session(project.home, project.seed))
    passed, computed = time.perf_counter() - started, time.process_time() - computed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024
    return {"clock": passed, "computing": computed, "size_bytes": peak}


def _child(act: str, folder: Path, *more: str) -> dict[str, Any]:
    out = subprocess.run(
        [sys.executable, "-m", "bench.prediction", act, str(folder), *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def _measured(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The prediction and what was measured, of a build that is there in no part."""
    _child("build", folder)  # compiles
    shutil.rmtree(folder / ".headwater")
    said = _child("plan", folder)["prediction"]
    took = _child("build", folder)
    shutil.rmtree(folder / ".headwater")
    return said, took


def _line(name: str, said: dict[str, Any], took: dict[str, Any]) -> str:
    if said["seconds"] is None:
        return f"| {name} | not known | | | | | | |"
    seconds = min(took["clock"], took["computing"])
    sizes = said["size_bytes"] / 1e6, took["size_bytes"] / 1e6
    return (
        f"| {name} | {said['seconds']:.2f} | {seconds:.2f} | {said['seconds'] / seconds:.2f} | "
        f"{took['clock']:.2f} | {sizes[0]:.0f} | {sizes[1]:.0f} | {sizes[0] / sizes[1]:.2f} |"
    )


def main() -> int:
    """Print a table; the exit code is 1 where a ratio is not within 0.5 to 2."""
    parser = argparse.ArgumentParser(prog="python -m bench.prediction", description=__doc__)
    parser.add_argument("act", nargs="?", choices=("plan", "build"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--only", help="names of shapes with commas between, or flights")
    parser.add_argument("--flights", type=Path, default=_FLIGHTS, help="a project of its own")
    asked = parser.parse_args()
    if asked.act is not None:
        act = {"plan": lambda: plan(asked.folder, calibrate=asked.calibrate)}
        print(json.dumps(act.get(asked.act, lambda: build(asked.folder))()))
        return 0
    return _table(asked.only.split(",") if asked.only else [*SHAPES, "flights"], asked.flights)


def _table(names: list[str], flights: Path) -> int:
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print("| training set | predicted s | took s | ratio | by the clock s | MB | MB | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    is_first, is_within = True, True
    for name in names:
        with tempfile.TemporaryDirectory() as own:
            folder = Path(own) / "project"
            if name == "flights":
                if not (flights / "data" / "flights.parquet").exists():
                    continue
                ignored = shutil.ignore_patterns(".headwater", "__pycache__")
                shutil.copytree(flights, folder, ignore=ignored)
            else:
                write(SHAPES[name], folder)
            if is_first:
                _child("plan", folder, "--calibrate")
                is_first = False
            said, took = _measured(folder)
        print(_line(_titled(name), said, took), flush=True)
        seconds = min(took["clock"], took["computing"])
        ratios = said["seconds"] / seconds, said["size_bytes"] / took["size_bytes"]
        is_within &= all(0.5 <= ratio <= 2 for ratio in ratios)
    return 0 if is_within else 1


def _titled(name: str) -> str:
    if name not in SHAPES:
        return name
    shape = SHAPES[name]
    return f"{name}: {shape.history:,} x {shape.spine:,}, {shape.features} features"


if __name__ == "__main__":
    sys.exit(main())
