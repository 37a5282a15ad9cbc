"""What the plan has to say about assumptions; a finding is never silently dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from headwater.errors import Place, SpecError
from headwater.plan.faults import reads
from headwater.plan.training_sets import TrainingSetPlan


@dataclass(frozen=True, slots=True)
class Finding:
    """An assumption that nothing proves.

    Args:
        code: As of an error; strict checks raise it.
        message: What is assumed.
        place: The user's line.
        hint: What would settle it.
    """

    code: str
    message: str
    place: Place | None
    hint: str | None = None

    def to_dict(self) -> dict[str, str]:
        """What a manifest holds: nothing that moves when a line of the definitions does."""
        return {"code": self.code, "certainty": "suspected", "message": self.message}

    def to_error(self) -> SpecError:
        """The refusal of it."""
        return SpecError(self.code, self.message, place=self.place, hint=self.hint)


def findings(plan: TrainingSetPlan) -> list[dict[str, str]]:
    """Code, certainty and message of each, in a fixed order."""
    return [finding.to_dict() for finding in placed_findings(plan)]


def placed_findings(plan: TrainingSetPlan) -> list[Finding]:
    """All of them with the lines that they are about, in a fixed order.

    A clock that was not declared, a table without times, a label ahead that may be taken before all
    its rows are known, a filter that reads what the plan cannot prove to be known at `as_of`, and
    one that is declared to read what is known later, and rows of the spine that are set aside by
    what need not be known yet are `suspected`, never passed over. What is masked row by row is
    counted in `masked`.
    """
    return [
        *_of_clocks(plan),
        *_of_label(plan),
        *_of_static(plan),
        *_of_delay(plan),
        *_of_filter(plan),
        *_of_label_filter(plan),
        *_of_set_aside(plan),
    ]


def _of_clocks(plan: TrainingSetPlan) -> Iterator[Finding]:
    for name, source in plan.sources.items():
        if source.is_assumed:
            message = f"source {name!r} declares no clock: rows count as known at event time"
            hint = "say with known_time= when a row could be known, or with delay= how late"
            yield Finding("HW305", message, _at(source.source.place, f"source {name!r}"), hint)


def _of_label(plan: TrainingSetPlan) -> Iterator[Finding]:
    label = plan.training_set.label
    if plan.training_set.spine.history is None and label.known_time is None and not label.ahead:
        message = f"label {label.name!r} of a frame declares no known_time: it counts as known"
        hint = "name the column that says when it was known: known_time="
        yield Finding("HW305", message, _at(label.place, f"label {label.name!r}"), hint)


def _of_static(plan: TrainingSetPlan) -> Iterator[Finding]:
    for name, source in plan.sources.items():
        if source.source.static is not None:
            reason = source.source.static
            message = f"source {name!r} has no times and counts as always known: {reason}"
            yield Finding("HW307", message, _at(source.source.place, f"source {name!r}"))


def _of_delay(plan: TrainingSetPlan) -> Iterator[Finding]:
    ahead = plan.label.ahead
    if ahead is None or ahead.source.source.delay is not None:
        return
    event_time = ahead.source.source.event_time
    moments = {moment for feature in ahead.view.features for moment in feature.clock.moments}
    late = sorted(str(m) for m in moments if m.column != event_time or m.offset > 0)
    if late:
        label = plan.training_set.label
        message = (
            f"label {label.name!r} counts what is known when its horizon has passed, by "
            f"{' and '.join(late)}, and source {ahead.source.source.name!r} declares no delay: "
            "rows that are known later do not count"
        )
        yield Finding("HW308", message, _at(label.place, f"label {label.name!r}"))


def _of_filter(plan: TrainingSetPlan) -> Iterator[Finding]:
    spine = plan.spine
    if spine.spine.filter is None:
        return
    clock = spine.source.clock_of(reads(spine.spine.filter, spine.source.schema))
    if clock.moments and not (spine.moment and clock.known_by(spine.moment) == "proved"):
        message = (
            f"the spine is filtered by what is known at {clock}, which as_of need not have reached"
        )
        yield Finding("HW303", message, _at(spine.spine.place, "spine"))


def _of_label_filter(plan: TrainingSetPlan) -> Iterator[Finding]:
    spine = plan.spine.spine
    if spine.label_filter is not None:
        clock = plan.spine.source.clock_of(reads(spine.label_filter, plan.spine.source.schema))
        message = (
            f"rows are chosen by what is known at {clock}, which a served row cannot be asked: "
            f"{spine.label_filter_reason}"
        )
        yield Finding("HW306", message, _at(spine.place, "spine"))


def _of_set_aside(plan: TrainingSetPlan) -> Iterator[Finding]:
    source, moment = plan.spine.source, plan.spine.moment
    clock = source.clock_of(source.set_aside_by)
    if clock.moments and not (moment and clock.known_by(moment) == "proved"):
        message = (
            f"rows of source {source.source.name!r} are set aside by what is known at {clock}, "
            "which as_of need not have reached"
        )
        yield Finding("HW306", message, _at(plan.spine.spine.place, "spine"))


def _at(place: Place | None, what: str) -> Place | None:
    return None if place is None else place.of(what)
