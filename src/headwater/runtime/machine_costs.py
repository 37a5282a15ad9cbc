"""What a build's single works cost on this machine, measured on small workloads.

Each workload runs in the engine that builds use: windows are folded by `window_features`, rows are
told their parts by `spine_rows`, files are written and read. Two of them differ in one thing only,
so that their difference is what that costs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
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
from headwater.engines.passes import QUICK_FROM
from headwater.engines.preparation import fit
from headwater.engines.spines import spine_rows
from headwater.engines.versions import read_events
from headwater.engines.windows import window_features
from headwater.plan.faults import Faults
from headwater.plan.prediction import FoldCost, PassKind, UnitCosts
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

_LEAST = 1e-11
"""Seconds that nothing is cheaper than; what is measured as less was lost in noise."""
_YEAR = 365 * 86_400_000_000
_START = 1_704_067_200_000_000
_TIME = pl.Datetime("us", "UTC")
_COLUMNS = ("a", "b", "c", "d")
_PER_ENTITY = 100
"""History rows of an entity."""
_WINDOWS = ("1d", "7d", "30d", "90d")
_WAITING = ("task",)
"""Works that wait for the disk."""
Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the workloads are.

    Args:
        quick: History rows for passes that are used from so many on.
        small: History rows for all others.
        seconds: Of computing, until which all are repeated; once, they are in any case.
    """

    quick: int = QUICK_FROM
    small: int = 50_000
    seconds: float = 2.0


def machine_costs(*, threads: int | None = None, sizes: Sizes | None = None) -> UnitCosts:
    """Measure; it takes little more than `sizes.seconds` once its passes are compiled.

    Args:
        threads: By default the processors at hand.
        sizes: How large the workloads are.
    """
    sizes = sizes or Sizes()
    small = _Histories(sizes.small, threads)
    with TemporaryDirectory() as folder:
        works = _small_works(small, Path(folder))
        _once(works)
        held = _held_bytes()
        quick = _Histories(sizes.quick, threads)
        larger = _quick_works(quick)
        _once(larger)
        took = _repeated(works | larger, sizes.seconds)
        read_bytes = (Path(folder) / "read.parquet").stat().st_size
    return _costs(took, quick, small, read_bytes=read_bytes, held=held)


def _once(works: Mapping[str, Work]) -> None:
    """Link what is compiled, compile what is not."""
    for work in works.values():
        work()


def _repeated(works: Mapping[str, Work], seconds: float) -> dict[str, float]:
    """The least that each takes, in rounds that end after so many seconds of computing."""
    least = {name: _took(name, work) for name, work in works.items()}
    spent = sum(least.values())
    while spent < seconds:
        for name, work in works.items():
            took = _took(name, work)
            least[name], spent = min(least[name], took), spent + took
    return least


def _took(name: str, work: Work) -> float:
    """Seconds by the clock, or of computing where these are fewer, as where others compute too."""
    started, computed = time.perf_counter(), time.process_time()
    work()
    passed, computed = time.perf_counter() - started, time.process_time() - computed
    return passed if name in _WAITING else min(passed, computed)


@dataclass(frozen=True, slots=True, eq=False)
class _Histories:
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
        entities = max(self.rows // _PER_ENTITY, 1)
        times = pl.Series(_START + random.integers(0, _YEAR, self.rows)).cast(_TIME)
        columns = {name: random.normal(size=self.rows).round(3) for name in _COLUMNS}
        keys = pl.Series("entity", random.integers(0, entities, self.rows))
        frame = pl.DataFrame({"entity": keys, "at": times, **columns})
        numbered = pl.int_range(self.rows).alias("number")
        text = (pl.lit("entity ") + pl.col("entity").cast(pl.String)).alias("name")
        object.__setattr__(self, "frame", frame.with_columns(numbered, text))

    @property
    def few(self) -> int:
        """Spine rows of the one workload: each entity asks once."""
        return max(self.rows // _PER_ENTITY, 1)

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
    return [_count(), *(aggregation(name).within(*windows or ("7d",)) for name in _COLUMNS[1:])]


_QUICK: dict[PassKind, type[Any]] = {
    "sums": Mean,
    "newest": Last,
    "choices": Max,
    "states": Range,
}
_SLOW: dict[PassKind, type[Any]] = {"tree of sums": Mean, "tree of states": Max, "values": Median}


def _quick_works(quick: _Histories) -> dict[str, Work]:
    """What is timed over a history that is long enough for passes that ask for an order."""
    return _folding("quick", quick, _QUICK)


def _small_works(small: _Histories, folder: Path) -> dict[str, Work]:
    """All else that is timed, by name."""
    works = _folding("small", small, _SLOW)
    works["values windows"] = small.folding(_with(Median, *_WINDOWS), small.few)
    for name, asked in small.asked.items():
        works[f"limit {name}"] = small.folding([Count().over_rows(10)], asked)
    works["text"] = small.folding([_count()], small.few, entity="name")
    works["versions"] = small.versions()
    works["deciding"] = small.deciding()
    return works | _files(small, folder) | {"recipe": _recipe(small), "task": _task(folder)}


def _folding(
    size: str, history: _Histories, kinds: Mapping[PassKind, type[Any]]
) -> dict[str, Work]:
    """A count, and beside it folds of each kind."""
    works: dict[str, Work] = {}
    for name, asked in history.asked.items():
        works[f"{size} {name}"] = history.folding([_count()], asked)
        for kind, member in kinds.items():
            works[f"{kind} {name}"] = history.folding(_with(member), asked)
    return works


def _files(small: _Histories, folder: Path) -> dict[str, Work]:
    numbers = small.frame.select(_COLUMNS)
    small.frame.select("name", *_COLUMNS).write_parquet(folder / "read.parquet")
    reader = Parquet(str(folder / "read.parquet"))
    return {
        "write": lambda: write_frame(numbers, folder / "written.parquet"),
        "read": lambda: reader.read(_COLUMNS),
        "read text": lambda: reader.read(("name",)),
        "digest": lambda: digest(folder / "read.parquet", None),
    }


def _recipe(small: _Histories) -> Work:
    frame = small.frame.select(_COLUMNS)
    recipe = Recipe(ImputeMedian(numeric()), ScaleStandard(numeric()))

    def work() -> object:
        return fit(recipe, frame, columns=_COLUMNS, seed=0, proved=True).apply(frame)

    return work


def _task(folder: Path) -> Work:
    """Keep the result of a task that has next to nothing to do."""
    session, frame = Session(Home(folder)), pl.DataFrame({"a": [0.0]})

    def work() -> object:
        session.cache.keep("task", frame, {})
        return session.cache.load("task")

    return work


def _costs(
    took: Mapping[str, float],
    quick: _Histories,
    small: _Histories,
    *,
    read_bytes: int,
    held: int,
) -> UnitCosts:
    """From what workloads took to what one of each costs."""
    folds: dict[PassKind, FoldCost] = {}
    for history, kinds in ((quick, _QUICK), (small, _SLOW)):
        size = "quick" if history is quick else "small"
        for kind in kinds:
            more = [(took[f"{kind} {n}"] - took[f"{size} {n}"]) / 3 for n in ("few", "many")]
            folds[kind] = FoldCost(*_two(history, *more))
    windows = (took["values windows"] - took["values few"]) / 3 / (len(_WINDOWS) - 1)
    window_row = max(windows / small.rows - folds["values"].answer / _PER_ENTITY, _LEAST)
    folds["values"] = FoldCost(
        max(folds["values"].row - window_row, _LEAST), folds["values"].answer, window_row
    )
    limits = [took[f"limit {name}"] - took[f"small {name}"] for name in ("few", "many")]
    limit_row, limit_answer = _two(small, *limits)
    arrange_row, ask_row = _two(quick, took["quick few"], took["quick many"])
    cells = small.rows * len(_COLUMNS)
    return UnitCosts(
        task=took["task"],
        digest_byte=took["digest"] / read_bytes,
        read_cell=took["read"] / cells,
        read_text=took["read text"] / small.rows,
        arrange_row=arrange_row,
        arrange_text=max((took["text"] - took["small few"]) / small.rows, _LEAST),
        version_row=took["versions"] / small.rows,
        ask_row=ask_row,
        limit_row=limit_row,
        limit_answer=limit_answer,
        folds=folds,
        spine_row=took["deciding"] / small.rows,
        write_cell=took["write"] / cells,
        recipe_cell=took["recipe"] / (2 * cells),
        compile_pass=0.0,
        quick_from=QUICK_FROM,
        process_bytes=held,
    )


def _two(history: _Histories, few: float, many: float) -> tuple[float, float]:
    """What a history row and what a spine row costs, of two workloads with the same history."""
    answer = max((many - few) / (history.many - history.few), _LEAST)
    return max((few - answer * history.few) / history.rows, _LEAST), answer


def _held_bytes() -> int:
    """What this process holds in memory now; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
