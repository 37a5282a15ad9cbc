"""What the plan has to say about assumptions; a finding is never silently dropped."""

from __future__ import annotations

from headwater.plan.faults import reads
from headwater.plan.sources import SourcePlan
from headwater.plan.training_sets import TrainingSetPlan


def findings(plan: TrainingSetPlan) -> list[dict[str, str]]:
    """Code, certainty and message of each, in a fixed order.

    A clock that was not declared, and a filter that reads what the plan cannot prove to be known at
    `as_of`, are `suspected`, never passed over. What is masked row by row is counted in `masked`.
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
    return found + _of_filter(plan)


def _of_filter(plan: TrainingSetPlan) -> list[dict[str, str]]:
    spine = plan.spine
    if spine.spine.filter is None:
        return []
    clock = spine.source.clock_of(reads(spine.spine.filter, spine.source.schema))
    if not clock.moments or (spine.moment and clock.known_by(spine.moment) == "proved"):
        return []
    message = (
        f"the spine is filtered by what is known at {clock}, which as_of need not have reached"
    )
    return [{"code": "HW303", "certainty": "suspected", "message": message}]
