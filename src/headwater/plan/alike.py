"""Features that differ in the value of `by=` only, of which one is checked for all."""

from __future__ import annotations

from dataclasses import replace

from headwater.aggregations.base import Aggregation
from headwater.plan.features import FeaturePlan
from headwater.spec.view import View


def alike(
    feature: FeaturePlan, view: View, *, first: Aggregation, other: Aggregation
) -> FeaturePlan:
    """The feature of an aggregation that differs in its name and in a constant of its condition.

    Nothing is checked again: a condition works with one value of a column as it does with another.

    Args:
        feature: Of `first`.
        view: Whose feature it is.
        first: One that `by=` made.
        other: Another that it made.
    """
    window = feature.column.removeprefix(f"{view.name}__{first.name}")
    return replace(
        feature,
        column=f"{view.name}__{other.name}{window}",
        aggregation=other if feature.aggregation is first else feature.aggregation,
        where=other.where,
        parts=tuple(alike(part, view, first=first, other=other) for part in feature.parts),
    )
