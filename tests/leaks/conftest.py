"""The flights example as tests of leaks read it: its rows, its plan, and moments of its year."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from headwater.engines.spines import spine_rows
from headwater.engines.views import view_features
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import ViewPlan
from headwater.runtime.build import planned
from headwater.runtime.project import load_project
from headwater.spec.training_set import TrainingSet
from headwater.testing.non_interference import reading

EXAMPLE = Path(__file__).parents[2] / "examples" / "flights"
DAY = 86_400_000_000
LONGEST = 30 * DAY
"""The longest window of the example."""


@dataclass(frozen=True)
class Flights:
    """The example's training set, resolved, with its rows in memory.

    Args:
        plan: What a build of it would compute.
        spine: Its rows by `as_of`: keys, kept columns, label.
        sources: The rows of each source, read once.
    """

    plan: TrainingSetPlan
    spine: pl.DataFrame
    sources: dict[str, pl.DataFrame]

    def features(
        self, asked: pl.DataFrame, change: Callable[[ViewPlan, pl.DataFrame], pl.DataFrame]
    ) -> pl.DataFrame:
        """The features of all views for some rows of the spine, from changed sources."""
        as_of, changed, columns = asked["as_of"].to_physical(), {}, []
        for view in self.plan.views:
            name = view.source.source.name
            if name not in changed:
                changed[name] = change(view, self.sources[name])
            columns.append(view_features(reading(view, changed[name]), asked, as_of=as_of))
        return pl.concat(columns, how="horizontal")

    def asked_before(self, at: int, span: int) -> pl.DataFrame:
        """The rows of the spine that ask in the time before a moment and at it."""
        as_of = self.spine["as_of"].to_physical().to_numpy()
        first, last = np.searchsorted(as_of, [at - span, at], side="right")
        return self.spine[int(first) : int(last)]


@pytest.fixture(scope="session")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Flights:
    folder = tmp_path_factory.mktemp("flights")
    made = EXAMPLE / "data"
    if not (made / "flights.parquet").is_file():
        made = tmp_path_factory.mktemp("data")
        subprocess.run([sys.executable, str(EXAMPLE / "data.py"), str(made)], check=True)
    for name in ("definitions.py", "headwater.toml"):
        shutil.copy(EXAMPLE / name, folder)
    (folder / "data").symlink_to(made)
    plan = planned(load_project(folder).only(TrainingSet, None, "training set"))
    sources: dict[str, pl.DataFrame] = {}
    for view in plan.views:
        source = view.source.source
        sources.setdefault(source.name, source.reader.read(view.source.read))
    return Flights(plan, spine_rows(plan).frame.sort("as_of"), sources)


@pytest.fixture(scope="session")
def moments(flights: Flights) -> list[int]:
    """25 moments at which rows ask, over the year, both changes of clocks among them."""
    as_of = flights.spine["as_of"].to_physical().to_numpy()
    even = np.searchsorted(as_of, np.linspace(as_of[0] + 2 * DAY, as_of[-1], 19))
    chosen = even.tolist()
    for change in (datetime(2013, 3, 10, 7, tzinfo=UTC), datetime(2013, 11, 3, 6, tzinfo=UTC)):
        first = int(np.searchsorted(as_of, int(change.timestamp()) * 1_000_000))
        later = int(np.searchsorted(as_of, as_of[first] + DAY))
        chosen += [first - 1, first, later]
    found: list[int] = np.sort(as_of[chosen]).tolist()
    return found


@pytest.fixture(scope="session")
def bits() -> Callable[[pl.DataFrame], list[Any]]:
    """All values of a frame, floats by their bits."""

    def of(frame: pl.DataFrame) -> list[Any]:
        as_bits = pl.col(pl.Float64).reinterpret(signed=True)
        return [column.to_list() for column in frame.with_columns(as_bits).iter_columns()]

    return of
