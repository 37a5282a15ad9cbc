"""The graph of a training set: its tasks, what each reads, and what each has to do.

Data flows one way: sources, rows, features, artifact. A task is named by what it makes, and two
tasks with the same fingerprint make the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from headwater.plan.cost import Cost, rows_cost, view_cost
from headwater.plan.identity import artifact_identity, sources_of, spine_identity, view_identity
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import ViewPlan
from headwater.spec.reader import Sized
from headwater.spec.source import Source

Kind = Literal["source", "rows", "view", "artifact"]


@dataclass(frozen=True, slots=True)
class Task:
    """One node of the graph.

    Args:
        name: Kind and name, such as `view carrier`.
        kind: What it makes.
        reads: The tasks that it reads from.
        identity: The fingerprint of its result; of a source, what its data is now.
        cost: What it has to do; None where the source does not say how large it is.
        facts: What else a reader wants to know, as plain values.
    """

    name: str
    kind: Kind
    reads: tuple[str, ...]
    identity: str
    cost: Cost | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def graph(plan: TrainingSetPlan, data: Mapping[str, str], *, seed: int) -> tuple[Task, ...]:
    """The tasks that building this training set runs, each after all that it reads.

    Args:
        plan: The training set resolved.
        data: What the data of each source is now (`plan.identity.snapshots`).
        seed: The root seed.
    """
    sources = sources_of(plan)
    sizes = {name: _rows(source) for name, source in sources.items()}
    read = tuple(_source(source, data[name]) for name, source in sources.items())
    rows = _rows_task(plan, data, sizes)
    views = tuple(_view(view, rows, data, sizes) for view in plan.views)
    return (*read, rows, *views, _artifact(plan, data, seed, (rows, *views)))


def _source(source: Source, snapshot: str) -> Task:
    size = source.reader.size() if isinstance(source.reader, Sized) else None
    facts = {} if size is None else {"rows": size.rows, "size_bytes": size.size_bytes}
    return Task(f"source {source.name}", "source", (), snapshot, facts=facts)


def _rows(source: Source) -> int | None:
    return source.reader.size().rows if isinstance(source.reader, Sized) else None


def _rows_task(
    plan: TrainingSetPlan, data: Mapping[str, str], sizes: Mapping[str, int | None]
) -> Task:
    read = [plan.spine.history, *([plan.label.ahead.source] if plan.label.ahead else [])]
    columns = len(plan.spine.keys) + len(plan.spine.kept) + len(plan.label_reads)
    rows = sizes[plan.spine.history.source.name] if plan.spine.grid is None else None
    return Task(
        f"rows {plan.training_set.name}",
        "rows",
        tuple(dict.fromkeys(f"source {one.source.name}" for source in read for one in source.seen)),
        spine_identity(plan, data),
        None if rows is None else rows_cost(rows, columns),  # of a grid only the build knows
        {"as_of": str(plan.spine.moment or "an expression"), "label": plan.training_set.label.name},
    )


def _view(
    view: ViewPlan, rows: Task, data: Mapping[str, str], sizes: Mapping[str, int | None]
) -> Task:
    source = view.source.source.name
    history, asked = sizes[source], rows.cost
    cost = None
    if history is not None and asked is not None:
        cost = view_cost(view, history=history, spine=asked.rows)
    return Task(
        f"view {view.view.name}",
        "view",
        (*dict.fromkeys(f"source {one.source.name}" for one in view.source.seen), rows.name),
        view_identity(view, rows.identity, data),
        cost,
        {
            "features": len(view.features),
            "masks": sorted({str(feature.mask) for feature in view.features}),
        },
    )


def _artifact(
    plan: TrainingSetPlan, data: Mapping[str, str], seed: int, reads: tuple[Task, ...]
) -> Task:
    recipe = plan.training_set.recipe
    steps = [] if recipe is None else [type(step).__name__ for step in recipe.steps]
    return Task(
        f"artifact {plan.training_set.name}",
        "artifact",
        tuple(task.name for task in reads),
        artifact_identity(plan, data, seed),
        facts={"steps": steps, "parts": list(plan.training_set.split.fractions)},
    )
