"""`python -m bench.others`: peers that need environments of their own, each on its own job.

- Feast: the latest values of ten columns, 100,000 rows against 1,000,000, from its file store.
- Featuretools: the job of `bench`, measured small, since it takes tens of milliseconds a row.

The environments are made once in `build/peers` from the pinned files beside the peers. Values are
compared with Headwater's before times count.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.measure import ROOT, Disagreement, make_workload, python
from bench.table import between_markers, down
from bench.task import WORDS, Task

BUILD = ROOT / "build" / "peers"
DOCS = ROOT / "docs" / "benchmarks.md"
WIDE = "bench.wide"


@dataclass(frozen=True, slots=True)
class Duel:
    """A peer and Headwater on one job.

    Args:
        title: What is done.
        peer: Its name, its environment's and its file of requirements.
        modules: The peer's and Headwater's, in `bench/peers`.
        folder: The workload.
        words: What is asked for.
        tolerance: For floats.
        times: Runs of each, in turn.
        rows: Rows of the spine, to say what one costs.
    """

    title: str
    peer: str
    modules: tuple[str, str]
    folder: str
    words: tuple[str, ...]
    tolerance: float
    times: int
    rows: int


DUELS = (
    Duel(
        "latest values of 10 columns, 100,000 rows against 1,000,000", "feast",
        ("feast_history", "headwater_attributes"), "wide", ("last",), 0.0, 5, 100_000,
    ),
    Duel(
        "4 windows x 8 aggregations, 200 rows against 2,000", "featuretools",
        ("featuretools_windows", "headwater_enrich"), "small", WORDS, 1e-9, 5, 200,
    ),
)  # fmt: skip


@dataclass(slots=True)
class Times:
    """Seconds of each run, from the start of a process and again."""

    process: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)


def main() -> int:
    """Run both duels and write the table into the page."""
    folder = BUILD / "data"
    make_workload(folder / "small", events=2_000, rows=200, entities=40)
    subprocess.run([sys.executable, "-m", WIDE, str(folder / "wide")], cwd=ROOT, check=True)
    lines = [
        "| Job | peer | a process, s | again, s | Headwater, a process, s | again, s | × "
        "| × again |",
        "| --- " * 8 + "|",
    ]
    for duel in DUELS:
        theirs, ours = fought(duel, folder)
        lines.append(_line(duel, theirs, ours))
        print(lines[-1], flush=True)
    page = DOCS.read_text(encoding="utf-8")
    DOCS.write_text(between_markers(page, "\n".join(lines), "others"), encoding="utf-8")
    return 0


def fought(duel: Duel, folder: Path) -> tuple[Times, Times]:
    """The times of the peer and of Headwater.

    Raises:
        Disagreement: The values differ.
    """
    theirs, ours, interpreter = Times(), Times(), _environment(duel.peer)
    data = folder / duel.folder
    outs = data / f"{duel.peer}.parquet", data / "headwater.out.parquet"
    for _ in range(duel.times):
        _run(interpreter, duel.modules[0], Task(data, outs[0], duel.words), theirs)
        _run(Path(sys.executable), duel.modules[1], Task(data, outs[1], duel.words), ours)
    found = python("bench.agreement", str(outs[1]), str(outs[0]), repr(duel.tolerance))
    if json.loads(found)["beyond"]:
        raise Disagreement(found)
    return theirs, ours


def _environment(name: str) -> Path:
    """The interpreter of a peer's environment, which is made where there is none."""
    folder = BUILD / name
    interpreter = folder / "bin" / "python"
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        listed = ROOT / "bench" / "peers" / f"{name}.txt"
        install: Sequence[Any] = (interpreter, "-m", "pip", "install", "--quiet", "-r", listed)
        subprocess.run(install, check=True)
        (folder / "made").touch()
    return interpreter


def _run(interpreter: Path, module: str, task: Task, times: Times) -> None:
    command = (interpreter, "-m", f"bench.peers.{module}", task.to_json(), repr(time.monotonic()))
    done = subprocess.run(
        [*map(str, command), "2"], cwd=ROOT, env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout.splitlines()[-1])
    times.process.append(answer["measured"]["process"])
    times.again.append(answer["measured"]["again"])
    times.versions |= answer["versions"]


def _line(duel: Duel, theirs: Times, ours: Times) -> str:
    middle = statistics.median
    versions = ", ".join(f"{name} {number}" for name, number in sorted(theirs.versions.items()))
    ratios = [
        down(middle(getattr(theirs, name)) / middle(getattr(ours, name)))
        for name in ("process", "again")
    ]
    cells = [f"{middle(one):.3f}" for one in (theirs.process, theirs.again)]
    cells += [f"{middle(one):.3f}" for one in (ours.process, ours.again)]
    return f"| {' | '.join([duel.title, versions, *cells, *ratios])} |"


if __name__ == "__main__":
    sys.exit(main())
