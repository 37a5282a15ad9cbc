"""A small project with late knowledge: parcels, whose lateness is known when they arrive.

A courier has good and bad spells of six hours, a parcel is on the road for up to ten: what
happened lately tells a lot about the next parcel, and is mostly not known yet.
"""

from __future__ import annotations

import hashlib
import os
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from headwater import plugins
from headwater.runtime.build import Session, build_in
from headwater.runtime.project import Project, load_project
from headwater.runtime.run import run_project
from headwater.spec.training_set import TrainingSet
from headwater.stores.artifacts import Artifact, load_artifact

DEFINITIONS = textwrap.dedent(
    """
    import polars as pl

    import headwater as hw

    sent = pl.col("sent_at")
    parcels = hw.Source(
        "parcels",
        hw.Parquet("data/parcels.parquet"),
        event_time="sent_at",
        known_time="arrived_at",
        known_times={
            "courier": sent - pl.duration(days=1),
            "depot": sent - pl.duration(days=1),
            "distance": sent - pl.duration(days=1),
            "sent_at": sent - pl.duration(days=1),
            "number": sent - pl.duration(days=1),
            "weight": "weighed_at",
            "weighed_at": "weighed_at",
        },
        null_known_time="never",
        identity=("number",),
        sequence="number",
    )
    courier = hw.FeatureView(
        "courier",
        parcels,
        entity="courier",
        features=[
            hw.Mean("minutes_late").within("6h", "1d"),
            hw.Mean(pl.col("minutes_late") > 15, name="late_share").within("6h"),
            hw.Count("minutes_late").within("1d"),
        ],
    )
    depot = hw.FeatureView(
        "depot", parcels, entity="depot", features=[hw.Mean("minutes_late").within("1d")]
    )
    late = hw.TrainingSet(
        "late_parcels",
        spine=hw.Spine(
            parcels,
            as_of=sent - pl.duration(hours=1),
            keep=["distance", "weight", "depot"],
        ),
        features=[courier, depot],
        label=hw.Label("late", pl.col("minutes_late") > 15),
        split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
        recipe=hw.Recipe(
            hw.ImputeMedian(hw.numeric()),
            hw.EncodeTarget(hw.strings()),
            hw.ScaleStandard(hw.numeric()),
        ),
    )
    model = hw.Model(
        "late_model",
        late,
        estimator="sklearn.linear_model.LogisticRegression",
        rule=pl.col("courier__late_share_6h").fill_null(0.3),
        groups=pl.col("as_of").dt.date(),
    )
    clocks = hw.ClockComparison("clocks", model, at_event="at_sending")
    """
)
SETTINGS = 'name = "parcels"\nseed = 7\n'


def made_parcels(rows: int = 2000) -> pl.DataFrame:
    """Parcels over 60 days; some are lost and never arrive, some are weighed too late."""
    generator = np.random.default_rng(11)
    start = datetime(2024, 3, 1, tzinfo=UTC)
    minutes = np.sort(generator.integers(0, 60 * 24 * 60, rows))
    courier = generator.integers(0, 3, rows)
    spell = generator.normal(0, 1, (3, 60 * 4 + 1))[courier, minutes // 360]
    lateness = np.round(10 + 15 * spell + generator.normal(0, 2, rows))
    road = generator.integers(60, 600, rows)
    lost = generator.random(rows) < 0.03
    sent = [start + timedelta(minutes=int(minute)) for minute in minutes]
    return pl.DataFrame(
        {
            "number": np.arange(rows),
            "courier": [f"courier {code}" for code in courier],
            "depot": [f"depot {code}" for code in generator.integers(0, 3, rows)],
            "distance": np.round(generator.gamma(2.0, 5.0, rows), 1),
            "weight": np.round(generator.gamma(3.0, 1.0, rows), 2),
            "weighed_at": [
                moment + timedelta(minutes=int(offset))
                for moment, offset in zip(sent, generator.integers(-300, 60, rows), strict=True)
            ],
            "sent_at": sent,
            "minutes_late": [
                None if gone else int(late) for gone, late in zip(lost, lateness, strict=True)
            ],
            "arrived_at": [
                None if gone else moment + timedelta(minutes=int(length))
                for gone, moment, length in zip(lost, sent, road, strict=True)
            ],
        },
        schema_overrides={"sent_at": pl.Datetime("us", "UTC")},
    )


MakeProject = Callable[..., Project]


@dataclass(frozen=True)
class Ran:
    """The project as it is, run once; tests look at it and change nothing."""

    project: Project
    result: dict[str, Any]
    heard: list[str]

    @property
    def clocks(self) -> dict[str, dict[str, Any]]:
        """The rows of the clocks table by variant."""
        return {row["variant"]: row for row in self.result["clocks"]}

    @property
    def artifact(self) -> Artifact:
        """What was built."""
        (folder,) = (self.project.home.artifacts / "late_parcels").iterdir()
        return load_artifact(folder)


@pytest.fixture(scope="session")
def parcels() -> pl.DataFrame:
    """The rows of the project, as `make_project` writes them."""
    return made_parcels()


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory, parcels: pl.DataFrame) -> Ran:
    """The project after its first run, made once."""
    project = written(tmp_path_factory.mktemp("ran"), {}, parcels, SETTINGS)
    heard: list[str] = []
    return Ran(project, run_project(project, say=heard.append), heard)


@pytest.fixture
def make_project(tmp_path: Path, parcels: pl.DataFrame) -> MakeProject:
    """Write the project into a folder of this name and load it.

    Keyword `replace` changes the text of the definitions, `rows` the data.
    """
    plugins.forget_projects()

    def make(
        name: str = "parcels",
        *,
        replace: dict[str, str] | None = None,
        rows: pl.DataFrame | None = None,
        settings: str = SETTINGS,
    ) -> Project:
        folder = tmp_path / name
        is_new = not (folder / "data" / "parcels.parquet").exists()
        return written(
            folder, replace or {}, parcels if rows is None and is_new else rows, settings
        )

    return make


def written(
    folder: Path, replace: dict[str, str], rows: pl.DataFrame | None, settings: str
) -> Project:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    text = DEFINITIONS
    for old, new in replace.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "definitions.py").write_text(text, encoding="utf-8")
    (folder / "headwater.toml").write_text(settings, encoding="utf-8")
    if rows is not None:
        rows.write_parquet(folder / "data" / "parcels.parquet")
    return load_project(folder)


BUILDS = """
import sys
from pathlib import Path
from headwater.runtime.build import Session, build_in
from headwater.runtime.project import load_project
from headwater.spec.training_set import TrainingSet
{before}
project = load_project(Path(sys.argv[1]))
def say(words):
    print(words, flush=True)
    {saying}
threads = int(sys.argv[2]) if len(sys.argv) > 2 else None
session = Session(project.home, project.seed, say, threads)
made = build_in(project.only(TrainingSet, None, "training set"), session)
print("cached" if made.cached else "built", flush=True)
"""


class Heard(list[str]):
    """What a build says, in order."""

    def tasks(self) -> list[str]:
        """The first words of each, which name the task."""
        return [words.partition(":")[0] for words in self]


class Builder:
    """Builds of the project, and looks at what they leave behind."""

    def build(
        self, project: Project, *, seed: int | None = None, **given: Any
    ) -> tuple[Artifact, Heard]:
        """The artifact, and what was said."""
        heard = Heard()
        say: Callable[[str], None] = given.pop("say", heard.append)
        session = Session(project.home, project.seed if seed is None else seed, say, **given)
        return build_in(project.only(TrainingSet, None, "training set"), session), heard

    def command(
        self, project: Project, *arguments: str, saying: str = "pass", before: str = ""
    ) -> tuple[list[str], dict[str, str]]:
        """The command and the environment for a build of this project in another process."""
        program = BUILDS.format(saying=saying, before=before)
        kept = {key: os.environ[key] for key in ("HOME", "HEADWATER_CACHE") if key in os.environ}
        environment = {**kept, "PYTHONPATH": ":".join(filter(None, sys.path))}
        return [sys.executable, "-c", program, str(project.folder), *arguments], environment

    def digests(self, folder: Path) -> dict[str, str]:
        """The digest of each file under a folder."""
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def staging(self, project: Project) -> list[str]:
        """What a build has begun and not finished."""
        return [path.name for path in project.home.folder.rglob(".staging*")]


@pytest.fixture(scope="session")
def builder() -> Builder:
    """What builds a project and looks at the result."""
    return Builder()
