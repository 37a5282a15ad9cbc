"""What the plan has to say about assumptions; a finding is never silently dropped."""

from __future__ import annotations

from headwater.plan.sources import SourcePlan
from headwater.plan.training_sets import TrainingSetPlan


def findings(plan: TrainingSetPlan) -> list[dict[str, str]]:
    """Code, certainty and message of each, in a fixed order.

    A clock that was not declared, a filter or label whose clock is a guess, and a column that is
    masked row by row are `suspected` or `measured`, never passed over.
    """
    sources: dict[str, SourcePlan] = {plan.spine.source.source.name: plan.spine.source}
    sources |= {view.source.source.name: view.source for view in plan.views}
    found = [
        {
            "code": "HW305",
            "certainty": "suspected",
            "message": f"source {name!r} declares no clock: rows count as known at event time",
        }
        for name, source in sorted(sources.items())
        if source.is_assumed
    ]
    label = plan.training_set.label
    if plan.training_set.spine.source is None and label.known_time is None:
        message = f"label {label.name!r} of a frame declares no known_time: it counts as known"
        found.append({"code": "HW305", "certainty": "suspected", "message": message})
    return found
