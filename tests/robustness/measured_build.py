"""What a child process runs: builds over a small history, then over a large one, and measures.

Given as argument: the folder with a project `small` and a project `large`. The answer, on stdout:
the bytes that the second build took at its peak above what the process held before it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import polars as pl

import headwater as hw


def training_set() -> hw.TrainingSet:
    """Ten features of whoever is asked about, from the project that is the working directory."""
    here = Path.cwd()
    reader = hw.Parquet(str(here / "events"))
    events = hw.Source("events", reader, event_time="at", known_time="at")
    asked = hw.Source(
        "asked",
        hw.Parquet(str(here / "asked.parquet")),
        event_time="at",
        known_time=pl.col("at") + pl.duration(hours=1),
        known_times={"entity": hw.ALWAYS, "at": "at"},
    )
    means = [hw.Mean(column).within("7d", "30d") for column in "abcd"]
    others = [hw.Count().within("30d"), hw.Max("a").within("30d")]
    return hw.TrainingSet(
        "measured",
        spine=hw.Spine(asked, as_of="at"),
        features=[hw.FeatureView("v", events, entity="entity", features=[*means, *others])],
        label=hw.Label("y", pl.col("y")),
        split=hw.SplitByTime(train=0.5, validation=0.25, test=0.25),
    )


def held(field: str) -> int:
    """What the process holds (VmRSS), or held at most since it was last asked anew (VmHWM)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1_024 for line in lines if line.startswith(field))


if __name__ == "__main__":
    for name in ("small", "large"):  # the first one imports and compiles
        os.chdir(Path(sys.argv[1]) / name)
        before = held("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", "ascii")
        hw.build(training_set())
    print(held("VmHWM") - before)
