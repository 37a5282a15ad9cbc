"""The rows that features of a view see where events were told of several times."""

from __future__ import annotations

from dataclasses import replace

from headwater.engines.histories import Rows
from headwater.engines.versions import Events
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.schema.clocks import Clock


def feature_rows(plan: ViewPlan, events: Events) -> list[tuple[ViewPlan, Rows]]:
    """The view in parts, each with the composed rows that its features see.

    Raises:
        DataError: What `Events.composed` raises.
    """
    return [
        (part, events.composed(part.features[0].reads, part.features[0].mask))
        for part in parts_of(plan)
    ]


def parts_of(plan: ViewPlan) -> list[ViewPlan]:
    """The view once for each set of composed rows: columns that are read, behind one mask."""
    shared: dict[tuple[tuple[str, ...], Clock], list[FeaturePlan]] = {}
    for feature in plan.features:
        shared.setdefault((feature.reads, feature.mask), []).append(feature)
    return [replace(plan, features=tuple(features)) for features in shared.values()]
