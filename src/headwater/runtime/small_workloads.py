"""Small workloads in the engine that builds use, from whose times follows what its works cost.

Windows are folded by `window_features`, rows are told their parts by `spine_rows`, files are
written and read. Two workloads differ in one thing only, so that their difference is what it costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import Aggregation, Windowed
from headwater.aggregations.count import Count
from headwater.aggregations.last import Last
from headwater.aggregations.max import Max
from headwater.aggregations.mean import Mean
from headwater.aggregations.median import Median
from headwater.aggregations.range import Range
from headwater.engines.preparation import fit
from headwater.engines.spines import spine_rows
from headwater.engines.versions import read_events
from headwater.engines.windows import window_features
from headwater.plan.faults import Faults
from headwater.plan.prediction import PassKind
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set
from headwater.plan.views import ViewPlan, plan_view
from headwater.runtime.sessions import Session
from headwater.sources.parquet import Parquet
from headwater.spec.feature_view import FeatureView
from headwater.spec.files import digest
from headwater.spec.frame import Frame
from headwater.spec.label import Label
from headwater.spec.recipe import Recipe
from headwater.spec.source import Source
from headwater.spec.spine import Spine
from headwater.spec.split_by_time import SplitByTime
from headwater.spec.training_set import TrainingSet
from headwater.steps.impute_median import ImputeMedian
from headwater.steps.scale_standard import ScaleStandard
from headwater.steps.selectors import numeric
from headwater.stores.cache import write_frame
from headwater.stores.home import Home

PER_ENTITY = 100
"""History rows of an entity."""
COLUMNS = ("a", "b", "c", "d")
WINDOWS = ("1d", "7d", "30d", "90d")
READ = "read.parquet"
"""The file that is read."""
_YEAR = 365 * 86_400_000_000
_START = 1_704_067_200_000_000
_TIME = pl.Datetime("us", "UTC")
Work = Callable[[], object]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """One history, and workloads over it.

    Args:
        rows: How many it has.
        threads: How many fold it.
    """

    rows: int
    threads: int | None
    frame: pl.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        random = np.random.default_rng(20240101)
        entities = max(self.rows // PER_ENTITY, 1)
        times = pl.Series(_START + random.integers(0, _YEAR, self.rows)).cast(_TIME)
        columns = {name: random.normal(size=self.rows).round(3) for name in COLUMNS}
        keys = pl.Series("entity", random.integers(0, entities, self.rows))
        frame = pl.DataFrame({"entity": keys, "at": times, **columns})
        numbered = pl.int_range(self.rows).alias("number")
        text = (pl.lit("entity ") + pl.col("entity").cast(pl.String)).alias("name")
        object.__setattr__(self, "frame", frame.with_columns(numbered, text))

    @property
    def few(self) -> int:
        """Spine rows of the one workload: each entity asks once."""
        return max(self.rows // PER_ENTITY, 1)

    @property
    def many(self) -> int:
        """Those of the other."""
        return self.few * 10

    @property
    def asked(self) -> dict[str, int]:
        """Both, by name."""
        return {"few": self.few, "many": self.many}

    def folding(
        self, features: list[Windowed | Aggregation], asked: int, *, entity: str = "entity"
    ) -> Work:
        """Fold these features for so many spine rows."""
        view = _planned(FeatureView("v", self._source(), entity=entity, features=features))
        rows = read_events(view.source, view.columns).versions
        random = np.random.default_rng(20240102)
        every = self.frame[entity].unique(maintain_order=True)
        keys = every.gather(np.arange(asked) % len(every)).to_frame()
        as_of = pl.Series(_START + random.integers(0, _YEAR, asked))
        return lambda: window_features(view, rows, keys, as_of=as_of, threads=self.threads)

    def versions(self) -> Work:
        """Read rows, each of which may be a version of another."""
        source = _planned(
            FeatureView("v", self._source("number"), entity="entity", features=[_count()])
        )
        return lambda: read_events(source.source, source.columns)

    def deciding(self) -> Work:
        """Decide about the rows of a training set."""
        training_set = self._training_set()
        return lambda: spine_rows(training_set, threads=self.threads)

    def _training_set(self) -> TrainingSetPlan:
        faults, source = Faults(), self._source()
        asked = TrainingSet(
            "t",
            spine=Spine(source, as_of=pl.col("at") - pl.duration(hours=1)),
            features=[FeatureView("v", source, entity="entity", features=[_count()])],
            label=Label("is_large", pl.col("a") > 0),
            split=SplitByTime(train=0.6, validation=0.2, test=0.2),
        )
        plan = plan_training_set(asked, faults)
        faults.raise_all()
        if plan is None:
            raise AssertionError("a plan that cannot be made has faults")
        return plan

    def _source(self, identity: str | None = None) -> Source:
        return Source(
            "history",
            Frame(self.frame),
            event_time="at",
            known_time="at",
            known_times={"entity": pl.col("at") - pl.duration(days=1)},
            identity=() if identity is None else (identity,),
        )


def _planned(view: FeatureView) -> ViewPlan:
    faults = Faults()
    plan = plan_view(view, faults)
    faults.raise_all()
    if plan is None:
        raise AssertionError("a plan that cannot be made has faults")
    return plan


def _count() -> Windowed:
    return Count().within("7d")


def _with(aggregation: type[Any], *windows: str) -> list[Windowed | Aggregation]:
    """A count, and a fold of each of three columns."""
    return [_count(), *(aggregation(name).within(*windows or ("7d",)) for name in COLUMNS[1:])]


QUICK: dict[PassKind, type[Any]] = {
    "sums": Mean,
    "newest": Last,
    "choices": Max,
    "states": Range,
}
SLOW: dict[PassKind, type[Any]] = {"tree of sums": Mean, "tree of states": Max, "values": Median}


def quick_works(quick: History) -> dict[str, Work]:
    """What is timed over a history that is long enough for passes that ask for an order."""
    return _folding("quick", quick, QUICK)


def small_works(small: History, folder: Path) -> dict[str, Work]:
    """All else that is timed, by name."""
    works = _folding("small", small, SLOW)
    works["values windows"] = small.folding(_with(Median, *WINDOWS), small.few)
    for name, asked in small.asked.items():
        works[f"limit {name}"] = small.folding([Count().over_rows(10)], asked)
    works["text"] = small.folding([_count()], small.few, entity="name")
    works["versions"] = small.versions()
    works["deciding"] = small.deciding()
    return works | _files(small, folder) | {"recipe": _recipe(small), "task": _task(folder)}


def _folding(size: str, history: History, kinds: Mapping[PassKind, type[Any]]) -> dict[str, Work]:
    """A count, and beside it folds of each kind."""
    works: dict[str, Work] = {}
    for name, asked in history.asked.items():
        works[f"{size} {name}"] = history.folding([_count()], asked)
        for kind, member in kinds.items():
            works[f"{kind} {name}"] = history.folding(_with(member), asked)
    return works


def _files(small: History, folder: Path) -> dict[str, Work]:
    numbers = small.frame.select(COLUMNS)
    small.frame.select("name", *COLUMNS).write_parquet(folder / READ)
    reader = Parquet(str(folder / READ))
    return {
        "write": lambda: write_frame(numbers, folder / "written.parquet"),
        "read": lambda: reader.read(COLUMNS),
        "read text": lambda: reader.read(("name",)),
        "digest": lambda: digest(folder / READ, None),
    }


def _recipe(small: History) -> Work:
    frame = small.frame.select(COLUMNS)
    recipe = Recipe(ImputeMedian(numeric()), ScaleStandard(numeric()))

    def work() -> object:
        return fit(recipe, frame, columns=COLUMNS, seed=0, proved=True).apply(frame)

    return work


def _task(folder: Path) -> Work:
    """Keep the result of a task that has next to nothing to do."""
    session, frame = Session(Home(folder)), pl.DataFrame({"a": [0.0]})

    def work() -> object:
        session.cache.keep("task", frame, {})
        return session.cache.load("task")

    return work
