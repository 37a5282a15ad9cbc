"""Views with the values that a training set learned, as definitions that need no training rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from headwater.aggregations.base import Aggregation, Windowed
from headwater.plan.by import Ranked, condition, spread
from headwater.plan.faults import Faults
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import ViewPlan
from headwater.spec.derived import Derived
from headwater.spec.feature_view import FeatureView
from headwater.spec.view import View

Values = Mapping[str, Any]
"""The value of each column of a `top=`; None where there were fewer."""


def learned_definitions(plan: TrainingSetPlan, values: Values) -> tuple[View | Derived, ...]:
    """The features of a training set as declared, but for `top=`, which has become its values.

    Each of these is a feature with a condition of its own under the name that the training set
    gives it, so that columns and bits are the same wherever these are computed.

    Args:
        plan: The training set resolved, without faults.
        values: What it learned.
    """
    views = {id(one.view): one for one in plan.views}
    return tuple(
        one if isinstance(one, Derived) else _learned(views[id(one)], values)
        for one in plan.training_set.features
    )


def _learned(plan: ViewPlan, values: Values) -> View:
    """The view itself where it learns nothing."""
    view = plan.view
    if not isinstance(view, FeatureView) or all(one.ranked is None for one in plan.features):
        return view
    columns = iter([feature.column for feature in plan.features])
    stated = [_stated(plan, given, columns, values) for given in view.features]
    return replace(view, features=[one for each in stated for one in each])


def _stated(plan: ViewPlan, given: Any, columns: Iterator[str], values: Values) -> list[Windowed]:
    """An aggregation with a condition for each value that it has learned, in their order."""
    each: list[tuple[Any, Ranked | None]] = list(
        spread(given, plan.source, Faults(), None, learns=True)
    )
    own = [[next(columns) for _ in one.windows] for one, _ in each]
    if given.aggregation.top is None:
        return [given]
    return [
        replace(one, aggregation=_known(one.aggregation, ranked, values[names[0]]))
        for (one, ranked), names in zip(each, own, strict=True)
    ]


def _known(aggregation: Aggregation, ranked: Any, value: Any) -> Aggregation:
    return replace(aggregation, where=condition(ranked.by, value, ranked.where))
