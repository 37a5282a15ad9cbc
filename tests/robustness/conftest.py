"""A project of 2,000 rows on real disks, and processes that start quickly and can be killed.

Each build runs in a process of its own, forked from a server that has imported everything and
computed nothing, so that no thread of Polars is forked along.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import runpy
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

RESULTS = ".headwater"
BUILDER = Path(__file__).with_name("builder.py")
DEFINITIONS = """\
import polars as pl

import headwater as hw

orders = hw.Source(
    "orders",
    hw.Parquet("orders.parquet"),
    event_time="ordered_at",
    known_time="paid_at",
    known_times={"customer": hw.ALWAYS, "country": hw.ALWAYS, "ordered_at": "ordered_at"},
)

spend = hw.FeatureView(
    "spend",
    orders,
    entity="customer",
    features=[hw.Mean("amount").within("7d", "30d"), hw.Count("amount").over_all()],
)

land = hw.FeatureView(
    "land",
    orders,
    entity="country",
    features=[hw.Max("amount").within("7d"), hw.Std("amount").within("7d")],
)

returns = hw.TrainingSet(
    "returns",
    spine=hw.Spine(orders, as_of="ordered_at", keep=["country"]),
    features=[spend, land],
    label=hw.Label("returned", pl.col("is_returned")),
    split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
    recipe=hw.Recipe(
        hw.ImputeMedian(hw.numeric()),
        hw.EncodeTarget(hw.columns("country")),
        hw.ScaleStandard(hw.numeric()),
    ),
)
"""


def orders(rows: int = 2_000, *, seed: int = 0) -> pl.DataFrame:
    """Orders of a year; payment takes hours to days."""
    random = np.random.default_rng(seed)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    minutes = np.sort(random.integers(0, 365 * 24 * 60, rows))
    ordered = [start + timedelta(minutes=int(minute)) for minute in minutes]
    late = random.integers(1, 5 * 24 * 60, rows)
    return pl.DataFrame(
        {
            "customer": [f"c{number}" for number in random.integers(0, 80, rows)],
            "country": random.choice(["CH", "DE", "FR"], rows),
            "amount": random.normal(50.0, 20.0, rows).round(2),
            "is_returned": random.random(rows) < 0.3,
            "ordered_at": ordered,
            "paid_at": [
                at + timedelta(minutes=int(m)) for at, m in zip(ordered, late, strict=True)
            ],
        }
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a build in a process of its own ended.

    Args:
        code: The exit code; the negative number of the signal that killed it.
        renames: How many files and folders appeared by a rename.
        error: The coded error that it ended with.
    """

    code: int | None
    renames: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Builds:
    """Builds of one project, each in a process of its own.

    Args:
        context: Forks processes from the server.
        folder: The project's.
    """

    context: ForkServerContext
    folder: Path

    def start(self, mode: str = "plain", **given: Any) -> Running:
        """A build that has begun; see `builder.py` for the modes."""
        ours, theirs = self.context.Pipe(duplex=False)
        known = {"folder": str(self.folder), "mode": mode, "answers": theirs, **given}
        child = self.context.Process(
            target=runpy.run_path, args=(str(BUILDER), known, "__main__"), daemon=True
        )
        child.start()
        theirs.close()
        return Running(child, ours)

    def run(self, mode: str = "plain", **given: Any) -> Outcome:
        """A build to its end, however it ends."""
        return self.start(mode, **given).ended()

    def digests(self) -> dict[str, str]:
        """All of the project by path: the SHA-256 of each file, and of a folder that it is one."""
        return {
            path.relative_to(self.folder).as_posix(): _digest(path)
            for path in sorted(self.folder.rglob("*"))
        }

    def results(self) -> dict[str, str]:
        """The same of what builds have made."""
        return {name: is_ for name, is_ in self.digests().items() if name.startswith(RESULTS)}

    def forget(self) -> None:
        """Remove all results."""
        shutil.rmtree(self.folder / RESULTS, ignore_errors=True)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"


@dataclass(frozen=True, slots=True)
class Running:
    """A process that builds.

    Args:
        child: The process.
        answers: Where it says how it went.
    """

    child: ForkServerProcess
    answers: Connection

    def ended(self) -> Outcome:
        """How it ended.

        Raises:
            AssertionError: It hangs.
        """
        self.child.join(60)
        if self.child.is_alive():
            self.child.kill()
            raise AssertionError("a build hangs")
        try:
            renames, error = self.answers.recv()
        except EOFError:
            renames, error = 0, None
        return Outcome(self.child.exitcode, renames, error)


@pytest.fixture(scope="session")
def context() -> ForkServerContext:
    """A server that has imported what a build imports, and started no thread."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(
        ["headwater.runtime.run", "headwater.runtime.project", "headwater.aggregations.mean"]
    )
    return found


@pytest.fixture
def builds(context: ForkServerContext) -> Iterator[Builds]:
    """Builds of a project of 2,000 rows, in a folder that anybody may look into."""
    with tempfile.TemporaryDirectory(prefix="shop-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "headwater.toml").write_text('name = "shop"\nseed = 5\n')
        (folder / "definitions.py").write_text(DEFINITIONS)
        orders().write_parquet(folder / "orders.parquet")
        yield Builds(context, folder)


@pytest.fixture
def other_orders() -> pl.DataFrame:
    """Rows of the same kind that are not the same."""
    return orders(seed=1)
