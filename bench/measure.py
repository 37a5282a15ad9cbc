"""Run contestants in processes of their own, in turn, and gather what each measured.

Nothing heavy is imported here: a child's peak memory starts from what its parent holds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.contest import Contestant
from bench.task import Task

ROOT = Path(__file__).parents[1]
RUNS = "6"
"""How often a process does the job at most."""
TIMEOUT_SECONDS = 3_600


class Disagreement(Exception):
    """A contestant's values are not Headwater's; its time does not count."""


@dataclass(slots=True)
class Record:
    """What a contestant measured, a list of one number for each run.

    Args:
        contestant: Who.
        measured: Seconds and bytes by name.
        versions: Of its libraries.
        worst: The largest difference to Headwater's values, see `bench.agreement`.
    """

    contestant: Contestant
    measured: dict[str, list[float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    worst: float = 0.0

    def median(self, name: str) -> float:
        """The median over the runs."""
        return statistics.median(self.measured[name])

    def range(self, name: str) -> tuple[float, float]:
        """The least and the greatest."""
        return min(self.measured[name]), max(self.measured[name])


def contest(
    contestants: Sequence[Contestant],
    folder: Path,
    words: tuple[str, ...],
    *,
    times: int,
    say: Callable[[str], None],
) -> dict[str, Record]:
    """Run all contestants `times` times, in turn; Headwater first, whom the others must equal.

    Raises:
        Disagreement: Values differ by more than a contestant's tolerance.
        subprocess.CalledProcessError: A contestant failed.
    """
    records = {one.name: Record(one) for one in contestants}
    for turn in range(times):
        for record in records.values():
            if turn >= record.contestant.most:
                continue
            _run(record, folder, words)
            say(f"{turn + 1}/{times} {record.contestant.title}: {_latest(record)}")
    return records


def _run(record: Record, folder: Path, words: tuple[str, ...]) -> None:
    one = record.contestant
    data = folder / one.folder
    task = Task(
        data,
        data / f"{one.name}.out.parquet",
        tuple(word for word in words if word in one.words),
        one.threads,
        one.clock,
    )
    with tempfile.TemporaryDirectory() as empty:
        settings = {"HEADWATER_CACHE": empty} if one.is_cold else {}
        answer = json.loads(python(
            f"bench.peers.{one.module}", task.to_json(), repr(time.monotonic()), RUNS,
            environment={**settings, "POLARS_MAX_THREADS": str(one.threads)},
        ).splitlines()[-1])  # fmt: skip
    reference = data / f"{one.judge}.out.parquet"
    if one.is_peer and reference.exists():
        _check(record, reference, task.out)
    record.versions = answer["versions"]
    for name, value in answer["measured"].items():
        record.measured.setdefault(name, []).append(value)


def _check(record: Record, reference: Path, out: Path) -> None:
    tolerance = repr(record.contestant.tolerance)
    found = json.loads(python("bench.agreement", str(reference), str(out), tolerance))
    if found["beyond"]:
        raise Disagreement(f"{found['beyond']} of {found['values']} values: {found['first']}")
    record.worst = max(record.worst, found["worst"])


def python(module: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """The output of a module of ours, in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=TIMEOUT_SECONDS,
    ).stdout


def make_workload(folder: Path, *, events: int, rows: int, entities: int) -> None:
    """Write a workload, in another process."""
    python("bench.workload", str(folder), *map(str, (events, rows, entities)))


def _latest(record: Record) -> str:
    process, again = record.measured["process"][-1], record.measured["again"][-1]
    return f"{process:.2f} s, again {again:.2f} s"
