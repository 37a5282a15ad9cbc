"""A tiny project to spoil, and the command line to call on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from headwater import plugins
from headwater.apps.cli.application import application

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
    features=[
        hw.Mean("amount").within("7d"),
        hw.Count("amount").within("30d"),
    ],
)

returns = hw.TrainingSet(
    "returns",
    spine=hw.Spine(orders, as_of="ordered_at", keep=["country"]),
    features=[spend],
    label=hw.Label("returned", pl.col("is_returned")),
    split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
    recipe=hw.Recipe(hw.ImputeMedian(hw.numeric()), hw.EncodeOneHot(hw.strings())),
)

model = hw.Model(
    "returns_model",
    returns,
    estimator="sklearn.linear_model.LogisticRegression",
    rule=(pl.col("country") == "CH").cast(pl.Float64),
)

clocks = hw.ClockComparison("clocks", model, at_event="at_order")
"""

FIRST = datetime(2024, 1, 1, tzinfo=UTC)


class Project:
    """A project's folder, which tests spoil.

    Args:
        folder: Made with definitions that hold and sixty orders.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.write("headwater.toml", 'name = "shop"\nseed = 7\n')
        self.write("definitions.py", DEFINITIONS)
        self.store(self.orders())

    def orders(self, rows: int = 60) -> pl.DataFrame:
        """Orders of three customers and a stranger, one each half day, paid a day later."""
        times = [FIRST + timedelta(hours=12 * i) for i in range(rows)]
        return pl.DataFrame(
            {
                "ordered_at": times,
                "paid_at": [time + timedelta(days=1) for time in times],
                "customer": [("anna", "bo", "chloë", None)[i % 4] for i in range(rows)],
                "country": [("CH", "FR", "CH", "IT")[i % 4] for i in range(rows)],
                "amount": [float(i * 7 % 11) for i in range(rows)],
                "items": [i % 5 for i in range(rows)],
                "is_returned": [i * 7 % 11 > 5 for i in range(rows)],
            }
        )

    def store(self, frame: pl.DataFrame) -> None:
        """Make this the data."""
        frame.write_parquet(self.folder / "orders.parquet")

    def write(self, name: str, text: str) -> None:
        """Write one of its files."""
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self, *changes: tuple[str, str]) -> None:
        """Replace texts of the definitions; each must be there once, lines stay where they are."""
        text = DEFINITIONS
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        self.write("definitions.py", text)

    def artifacts(self) -> list[Path]:
        """What was built, whole or not."""
        return sorted((self.folder / ".headwater" / "artifacts").glob("*/*"))

    def half_written(self) -> list[Path]:
        """What should have appeared by a rename and did not."""
        kept = self.folder / ".headwater"
        beside = [path for path in kept.rglob("*") if path.name.startswith((".staging-", ".tmp"))]
        return beside + [
            path for path in self.artifacts() if not (path / "manifest.json").is_file()
        ]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project that builds."""
    plugins.forget_projects()
    yield Project(tmp_path / "shop")
    plugins.forget_projects()


@pytest.fixture
def call() -> Callable[..., Any]:
    """Call the command line in this process."""

    def called(*arguments: str | Path) -> Any:
        found = CliRunner().invoke(application(), [str(one) for one in arguments])
        assert "Traceback" not in found.output
        return found

    return called


@pytest.fixture
def spawn(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start the command line as a process of its own, which hears signals as in a terminal."""
    source = Path(__file__).parents[2] / "src"
    begin = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from headwater.apps.cli import main; main()"
    )

    def spawned(*arguments: str | Path, **settings: Any) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(source), **settings.pop("env", {})}
        folder = settings.pop("cwd_is", tmp_path)
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings}
        command = [sys.executable, "-c", begin, *map(str, arguments)]
        return subprocess.Popen(command, text=True, env=environment, cwd=folder, **streams)

    return spawned
