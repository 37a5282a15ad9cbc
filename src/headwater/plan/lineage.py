"""Lineage: from which columns of which sources a value comes, and why it is known when it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from headwater.kernel.programs import Program
from headwater.kernel.row_operations import ColumnKind
from headwater.plan.faults import reads
from headwater.plan.labels import LabelPlan
from headwater.plan.origins import Origin, origins
from headwater.plan.spines import SpinePlan
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.spec.recipe import Recipe
from headwater.steps.base import Step
from headwater.steps.selectors import Named

Roles = Mapping[str, tuple[Origin, ...]]


def feature_origins(view: ViewPlan, feature: FeaturePlan) -> Roles:
    """Where a feature comes from, by the role that each column plays in it."""
    declared = view.source.source
    read = feature.parts or (feature,)
    by_role = {
        "value": _columns(view, (part.value for part in read)),
        "other": _columns(view, (part.other for part in read)),
        "where": _columns(view, (part.where for part in read)),
        "entity": view.view.keys,
        "event_time": (declared.event_time,) if declared.event_time else (),
        "sequence": tuple(name for name in feature.reads if name == declared.sequence),
        "set_aside": view.source.set_aside_by,
    }
    return {role: origins(view.source, columns) for role, columns in by_role.items() if columns}


def _columns(view: ViewPlan, expressions: Iterable[Any]) -> list[str]:
    return [column for one in expressions for column in reads(one, view.source.schema)]


def own_origins(spine: SpinePlan, column: str) -> Roles:
    """Where a column of the spine row itself comes from; of a grid, whose key it is."""
    source = spine.source if spine.grid is None else spine.grid.source
    return {"value": origins(source, [column])}


def label_origins(spine: SpinePlan, label: LabelPlan) -> Roles:
    """Where a label comes from: the row itself, and what it looks ahead to."""
    roles = {"value": origins(spine.history, label.reads)} if label.reads else {}
    if label.ahead is not None:
        view = label.ahead.view
        named = zip(label.ahead.names, view.features, strict=True)
        roles |= {f"ahead {name}": origins(view.source, one.reads) for name, one in named}
    return roles


def prepared_inputs(program: Program) -> dict[str, tuple[str, ...]]:
    """The inputs of a row program that each of its outputs reads, sorted."""
    holds: dict[int, frozenset[str]] = {
        register: frozenset({entry.column}) for register, entry in enumerate(program.inputs)
    }
    for _, read, written in program.operations.tolist():
        holds[written] = holds.get(read, frozenset())
    return {name: tuple(sorted(holds[register])) for name, register in program.outputs}


def steps_of(
    recipe: Recipe,
    column: str,
    *,
    inputs: Mapping[str, ColumnKind],
    made_of: Mapping[str, tuple[str, ...]],
) -> tuple[Step, ...]:
    """The steps of a recipe that made a prepared column or changed it, in order.

    Args:
        recipe: The steps.
        column: One that comes out.
        inputs: What goes in, with the kind of each.
        made_of: What each column that comes out reads, as `prepared_inputs` has it.
    """
    (name,) = made_of[column]
    kinds: dict[str, ColumnKind] = dict.fromkeys(made_of, "number")
    kinds |= inputs
    found = []
    for step in recipe.steps:
        if name not in step.columns.resolve(kinds):
            continue
        after = replace(step, columns=Named((name,))).columns_after({name: kinds[name]})
        if after is None or column in after.keys() - {name}:  # None: its statistics tell the names
            name = column
        elif _leaves_its_columns(step):
            continue
        found.append(step)
        kinds[name] = "number" if after is None else after[name]
    return tuple(found)


def _leaves_its_columns(step: Step) -> bool:
    return not step.keeps_names and step.gives == "same"
