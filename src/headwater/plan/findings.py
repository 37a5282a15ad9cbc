"""What the plan has to say about assumptions; a finding is never silently dropped."""

from __future__ import annotations

from headwater.plan.faults import reads
from headwater.plan.training_sets import TrainingSetPlan


def findings(plan: TrainingSetPlan) -> list[dict[str, str]]:
    """Code, certainty and message of each, in a fixed order.

    A clock that was not declared, a table without times, a label ahead that may be taken before all
    its rows are known, a filter that reads what the plan cannot prove to be known at `as_of`, and
    one that is declared to read what is known later are `suspected`, never passed over. What is
    masked row by row is counted in `masked`.
    """
    found = [
        {
            "code": "HW305",
            "certainty": "suspected",
            "message": f"source {name!r} declares no clock: rows count as known at event time",
        }
        for name, source in plan.sources.items()
        if source.is_assumed
    ]
    label = plan.training_set.label
    if plan.training_set.spine.history is None and label.known_time is None and not label.ahead:
        message = f"label {label.name!r} of a frame declares no known_time: it counts as known"
        found.append({"code": "HW305", "certainty": "suspected", "message": message})
    return found + _of_static(plan) + _of_delay(plan) + _of_filter(plan) + _of_label_filter(plan)


def _of_static(plan: TrainingSetPlan) -> list[dict[str, str]]:
    return [
        {
            "code": "HW307",
            "certainty": "suspected",
            "message": f"source {name!r} has no times and counts as always known: "
            f"{source.source.static}",
        }
        for name, source in plan.sources.items()
        if source.source.static is not None
    ]


def _of_delay(plan: TrainingSetPlan) -> list[dict[str, str]]:
    ahead = plan.label.ahead
    if ahead is None or ahead.source.source.delay is not None:
        return []
    event_time = ahead.source.source.event_time
    moments = {moment for feature in ahead.view.features for moment in feature.clock.moments}
    late = sorted(str(m) for m in moments if m.column != event_time or m.offset > 0)
    if not late:
        return []
    message = (
        f"label {plan.training_set.label.name!r} counts what is known when its horizon has passed, "
        f"by {' and '.join(late)}, and source {ahead.source.source.name!r} declares no delay: rows "
        "that are known later do not count"
    )
    return [{"code": "HW308", "certainty": "suspected", "message": message}]


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


def _of_label_filter(plan: TrainingSetPlan) -> list[dict[str, str]]:
    spine = plan.spine.spine
    if spine.label_filter is None:
        return []
    clock = plan.spine.source.clock_of(reads(spine.label_filter, plan.spine.source.schema))
    message = (
        f"rows are chosen by what is known at {clock}, which a served row cannot be asked: "
        f"{spine.label_filter_reason}"
    )
    return [{"code": "HW306", "certainty": "suspected", "message": message}]
