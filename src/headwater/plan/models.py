"""Checks of a model's own expressions against the training set that it learns from."""

from __future__ import annotations

import polars as pl

from headwater.plan.faults import Faults
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set
from headwater.spec.model import Model


def raw_schema(plan: TrainingSetPlan) -> dict[str, pl.DataType]:
    """The columns of a training set before preparation, without label and its clock."""
    schema: dict[str, pl.DataType] = {"as_of": pl.Datetime("us", "UTC")}
    schema |= {column.name: column.dtype for column in (*plan.spine.keys, *plan.spine.kept)}
    return schema | {
        feature.column: feature.dtype for view in plan.views for feature in view.features
    }


def check_model(model: Model, faults: Faults) -> None:
    """Add the faults of a model: its own, and those of rule and groups against the columns."""
    faults.found += [fault for fault in model.faults() if str(fault) not in map(str, faults.found)]
    plan = plan_training_set(model.training_set, Faults())
    if plan is None:
        return
    place = None if model.place is None else model.place.of(f"model {model.name!r}")
    owner = f"training set {model.training_set.name!r}"
    for expression in (model.rule, model.groups):
        if isinstance(expression, pl.Expr):
            faults.type_of(expression, raw_schema(plan), owner, place)
