"""Predictions of builds: what this machine's works cost is measured once and kept."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from headwater.aggregations.mean import Mean
from headwater.engines.needed_passes import missing_passes
from headwater.engines.passes import TREE
from headwater.errors import EngineError
from headwater.kernel.compile import cache_folder, compile_anew
from headwater.kernel.passes import activated_tree
from headwater.kernel.pool import default_threads
from headwater.plan.graph import Task
from headwater.plan.identity import versions
from headwater.plan.prediction import FoldCost, Prediction, UnitCosts, in_all, predicted
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import ViewPlan
from headwater.runtime.machine_costs import Sizes, machine_costs, took
from headwater.runtime.progress import Say, silent
from headwater.stores.cache import Cache


@dataclass(frozen=True, slots=True)
class BuildPrediction:
    """What a build takes.

    Args:
        tasks: Each task alone, by its name.
        whole: All of them; memory with what the process holds anyway.
        passes: How many passes are not compiled yet.
    """

    tasks: dict[str, Prediction]
    whole: Prediction
    passes: int


def predict(
    plan: TrainingSetPlan,
    tasks: Sequence[Task],
    *,
    kept: Collection[str],
    costs: KeptCosts,
) -> BuildPrediction:
    """What the tasks of a training set take on this machine.

    Args:
        plan: The training set.
        tasks: Its `headwater.plan.graph.graph`.
        kept: The fingerprints whose results are there.
        costs: What works cost on this machine.
    """
    missing = {} if tasks[-1].identity in kept else _missing(plan, tasks, kept)
    passes = sum(missing.values())
    units = costs.with_compiling() if passes else costs.units
    found = predicted(plan, tasks, units, kept=kept, missing=missing)
    return BuildPrediction(found, in_all(found, units), passes)


@dataclass(frozen=True, slots=True)
class KeptCosts:
    """What works cost on this machine.

    Args:
        units: As measured, now or before.
        name: By which they are kept.
    """

    units: UnitCosts
    name: str

    def with_compiling(self) -> UnitCosts:
        """The same with what compiling a pass costs, measured once something is to be compiled."""
        if self.units.compile_pass:
            return self.units
        units = replace(self.units, compile_pass=_compiling_takes())
        _keep(self.name, units)
        return units


def kept_costs(
    *,
    threads: int | None = None,
    anew: bool = False,
    say: Say = silent,
    sizes: Sizes | None = None,
) -> KeptCosts:
    """What works cost on this machine, measured where that was not done before.

    Args:
        threads: By default the processors at hand.
        anew: Measure in any case.
        say: Hears that it is measured.
        sizes: How large the workloads are; other sizes are other measurements.
    """
    sizes = sizes or Sizes()
    name = _named(threads, sizes)
    kept = None if anew else _cache().load_json(name)
    if kept is not None:
        return KeptCosts(_units(kept), name)
    say("what works cost on this machine is measured, once")
    units = machine_costs(threads=threads, sizes=sizes)
    _keep(name, units)
    return KeptCosts(units, name)


def _cache() -> Cache:
    return Cache(cache_folder().parent / "costs")


def _keep(name: str, units: UnitCosts) -> None:
    """Keep them for later plans, or do without where the disk does not take them."""
    try:
        _cache().keep_json(name, asdict(units))
    except EngineError:
        return


def _units(kept: Mapping[str, Any]) -> UnitCosts:
    folds = {kind: FoldCost(**cost) for kind, cost in kept["folds"].items()}
    return UnitCosts(**{**kept, "folds": folds})


def _named(threads: int | None, sizes: Sizes) -> str:
    """By machine, versions of libraries and of this code, number of threads and workloads."""
    machine = (platform.node(), platform.machine(), _processor(), os.cpu_count())
    facts = [*machine, versions(), threads or default_threads(), asdict(sizes)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _processor() -> str:
    """Its name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("model name")), platform.processor())


def _missing(plan: TrainingSetPlan, tasks: Sequence[Task], kept: Collection[str]) -> dict[str, int]:
    """How many passes each task compiles; one that several need is the first's."""
    found, seen = dict[str, int](), set[Any]()
    for task in tasks:
        view, history = _folded(plan, task, tasks)
        if view is None or task.identity in kept:
            continue
        needed = set(missing_passes(view, history)) - seen
        seen |= needed
        found[task.name] = len(needed)
    return found


def _folded(
    plan: TrainingSetPlan, task: Task, tasks: Sequence[Task]
) -> tuple[ViewPlan | None, int]:
    """The view that a task folds, and the rows of its source, as far as they are known."""
    views = {f"view {view.view.name}": view for view in plan.views}
    if task.kind == "rows" and plan.label.ahead is not None:
        views[task.name] = plan.label.ahead.view
    view = views.get(task.name)
    if view is None:
        return None, 0
    source = next(one for one in tasks if one.name == f"source {view.source.source.name}")
    return view, source.facts.get("rows") or 0


def _compiling_takes() -> float:
    """Seconds in which a pass of middling length is compiled."""
    import headwater.kernel.numba_compiler  # noqa: F401  loading it is no part of compiling

    types = TREE.format(x="float64", out="float64")
    return took(lambda: compile_anew(activated_tree, types, Mean))
