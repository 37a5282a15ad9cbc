"""Checks of a model's own expressions against the training set that it learns from."""

from __future__ import annotations

import polars as pl

from headwater.plan.faults import REPORTED, Faults
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set
from headwater.spec.model import ClockComparison, Model
from headwater.spec.training_set import TrainingSet

VARIANTS = ("no_history", "event_time", "known")
"""What a clock comparison always compares; its `at_event` variant is named by the user."""


def raw_schema(plan: TrainingSetPlan) -> dict[str, pl.DataType]:
    """The columns of a training set before preparation, without label and its clock."""
    schema: dict[str, pl.DataType] = {"as_of": pl.Datetime("us", "UTC")}
    return schema | {key.name: key.dtype for key in plan.spine.keys} | plan.inputs


def check_model(model: Model, faults: Faults) -> None:
    """Add the faults of a model: its own, its data's, those of rule and groups on the columns."""
    faults.take(model.faults())
    place = None if model.place is None else model.place.of(f"model {model.name!r}")
    faults.names_folder(model.name, place)
    if not faults.is_a(model.training_set, TrainingSet, f"data of model {model.name!r}", place):
        return
    own = Faults()
    plan = plan_training_set(model.training_set, own)
    faults.take(own.found)
    if plan is None:
        return
    if model.calibrate is not None and not model.training_set.split.validation:
        faults.add(
            "HW211",
            "calibrate= learns from the validation part, and the split has none",
            place=place,
            hint="give the split validation=, or leave calibrate= out",
        )
    owner = f"training set {model.training_set.name!r}"
    for expression in (model.rule, model.groups):
        if isinstance(expression, pl.Expr):
            schema = raw_schema(plan)
            if own.found:
                schema = {**_reported(expression, plan), **schema}
            faults.type_of(expression, schema, owner, place)


def check_comparison(comparison: ClockComparison, faults: Faults) -> None:
    """Add the faults of a comparison: what it compares, and the name of its variant."""
    place = None if comparison.place is None else comparison.place.of(f"{comparison.name!r}")
    faults.is_a(comparison.model, Model, f"model of comparison {comparison.name!r}", place)
    if comparison.at_event in VARIANTS:
        faults.add(
            "HW105", f"at_event= takes a name of its own, not {comparison.at_event!r}", place=place
        )


def _reported(expression: pl.Expr, plan: TrainingSetPlan) -> dict[str, pl.DataType]:
    """Columns of features that may be missing because they are at fault themselves."""
    views = tuple(f"{view.view.name}__" for view in plan.views)
    return {name: REPORTED for name in expression.meta.root_names() if name.startswith(views)}
