"""Plan: what a build would do and what of it is there already, before a row is read."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from headwater.plan.graph import Task, graph
from headwater.plan.lineage import feature_origins, own_origins
from headwater.plan.prediction import Prediction
from headwater.plan.proof import Proof, prove
from headwater.plan.training_sets import TrainingSetPlan
from headwater.runtime.build import Session, resolved
from headwater.runtime.machine_costs import Sizes
from headwater.runtime.predictions import kept_costs, predict
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import Project
from headwater.spec.training_set import TrainingSet


def plan_project(
    project: Project,
    name: str | None = None,
    *,
    say: Say = silent,
    calibrate: bool = False,
    sizes: Sizes | None = None,
) -> dict[str, Any]:
    """The tasks of a training set with what they take, and the proof for each of its inputs.

    Args:
        project: Loaded with `load_project`.
        name: The training set; the only one where no name is given.
        say: Hears what is being done.
        calibrate: Whether to measure anew what works cost on this machine.
        sizes: How large the workloads are with which that is measured.

    Returns:
        `training_set`, `fingerprint`, `tasks`, `inputs`, `mermaid`, `cached` (whether the artifact
        is there), `seconds` that planning took, and of the build the `prediction`: `seconds`,
        `size_bytes`, `compile_seconds` and the number of `passes` to compile.

    Raises:
        SpecErrors: The faults of the definitions.
        EngineError: HW505, the plan would let a value through before it is known.
    """
    from headwater.reports.mermaid import flowchart

    started = time.monotonic()
    training_set = project.only(TrainingSet, name, "training set")
    session = Session(project.home, project.seed, say)
    say(f"what the data of {training_set.name!r} is now")
    known = resolved(training_set, session)
    tasks = graph(known.plan, known.data, seed=session.seed)
    kept = {task.identity for task in tasks if _is_kept(task, training_set, session)}
    costs = kept_costs(anew=calibrate, say=say, sizes=sizes)
    build = predict(known.plan, tasks, kept=kept, costs=costs)
    return {
        "training_set": training_set.name,
        "fingerprint": known.identity,
        "tasks": [_described(task, kept, build.tasks[task.name]) for task in tasks],
        "prediction": {**asdict(build.whole), "passes": build.passes},
        "inputs": inputs_of(known.plan),
        "mermaid": flowchart(tasks, kept=kept, predictions=build.tasks),
        "cached": known.identity in kept,
        "seconds": time.monotonic() - started,
    }


def inputs_of(plan: TrainingSetPlan) -> list[dict[str, Any]]:
    """Each input of a model: where it comes from, its clock, and why it is known at `as_of`."""
    came_from: dict[str, Any] = {
        feature.column: feature_origins(view, feature)
        for view in plan.views
        for feature in view.features
    }
    came_from |= {
        column.name: own_origins(plan.spine, column.name)
        for column in (*plan.spine.keys, *plan.spine.kept)
    }
    came_from |= {
        derived.column: {"value": [f"{name} of the training set" for name in derived.reads]}
        for derived in plan.derived
    }
    return [_input(proof, came_from[proof.column]) for proof in prove(plan)]


def _input(proof: Proof, roles: Any) -> dict[str, Any]:
    return {
        "name": proof.column,
        "clock": str(proof.clock),
        "verdict": proof.verdict,
        "because": proof.because,
        "reads": {role: [str(origin) for origin in found] for role, found in roles.items()},
    }


def _is_kept(task: Task, training_set: TrainingSet, session: Session) -> bool:
    if task.kind == "artifact":
        return (session.home.artifacts / training_set.name / task.identity).exists()
    return task.kind != "source" and session.cache.holds(task.identity)


def _described(task: Task, kept: set[str], predicted: Prediction) -> dict[str, Any]:
    cost = task.cost
    return {
        "name": task.name,
        "kind": task.kind,
        "reads": list(task.reads),
        "fingerprint": task.identity,
        "cached": None if task.kind == "source" else task.identity in kept,
        "rows": task.facts.get("rows") if cost is None else cost.rows,
        "visits": None if cost is None else cost.visits,
        "size_bytes": task.facts.get("size_bytes")
        if task.kind == "source"
        else predicted.size_bytes,
        "seconds": predicted.seconds,
        "compile_seconds": predicted.compile_seconds,
        **{key: value for key, value in task.facts.items() if key not in ("rows", "size_bytes")},
    }
