"""Proof that a plan lets no input of a model hold what was not known at `as_of`.

The clocks are worked out once more here, from the definitions and not from what the plan says of
them, and held against what the engine will do: compare with `as_of` before a row is read (proved),
or let a row count only where its mask is reached (masked). A plan that leaves a gap is not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from headwater.errors import EngineError, Place
from headwater.plan.derived import DerivedPlan
from headwater.plan.faults import reads
from headwater.plan.grids import GridPlan
from headwater.plan.origins import origins
from headwater.plan.sources import SourcePlan
from headwater.plan.spines import OwnColumn, SpinePlan
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.schema.clocks import ALWAYS, Clock, Moment, latest

if TYPE_CHECKING:
    from headwater.plan.training_sets import TrainingSetPlan

_FAULT = "this is a fault of Headwater or of a plug-in that plans: nothing was computed"


@dataclass(frozen=True, slots=True)
class Proof:
    """Why an input holds nothing that was not known.

    Args:
        column: The input.
        clock: The latest clock of all that it reads (R2).
        verdict: `proved` from the definitions alone; `masked` where the rows are asked.
        because: The comparison that decides.
    """

    column: str
    clock: Clock
    verdict: Literal["proved", "masked"]
    because: str


def prove(plan: TrainingSetPlan) -> tuple[Proof, ...]:
    """One proof for each feature and each column of the spine row that becomes an input.

    Raises:
        EngineError: HW505, the plan would let a value through before it is known.
    """
    inputs = (*prove_spine(plan.spine), *prove_views(plan.views))
    return (*inputs, *_derived(plan.derived, inputs))


def prove_views(views: Sequence[ViewPlan]) -> tuple[Proof, ...]:
    """One proof for each feature of these views; see `prove`.

    What a source's own views say of its rows is proved first.
    """
    for source in (view.source for view in views):
        prove_views(source.views)
    return tuple(_feature(view, feature) for view in views for feature in view.features)


def prove_spine(spine: SpinePlan) -> tuple[Proof, ...]:
    """One proof for each key and kept column of a spine (R5); see `prove`."""
    prove_views(spine.source.views)
    own = dict.fromkeys((*spine.keys, *spine.kept))
    return tuple(_own(column, spine) for column in own)


def covers(mask: Clock, clock: Clock, *, event_time: str | None) -> bool:
    """Whether what passes a mask is known by this clock, too.

    A moment that is the event time, or before it, needs no mask: windows end before `as_of` (R3).

    >>> landed = Clock((Moment("landed_at"),))
    >>> covers(landed, landed, event_time="departs"), covers(ALWAYS, landed, event_time="departs")
    (True, False)
    """
    asked = [m for m in clock.moments if m.column != event_time or m.offset > 0]
    return all(any(_is_as_late(ours, moment) for ours in mask.moments) for moment in asked)


def reached(mask: Clock) -> str:
    """The condition that a mask is.

    >>> reached(Clock((Moment("landed_at"), Moment("listed_at", 60_000_000))))
    'landed_at <= as_of and listed_at + 1m <= as_of'
    """
    return " and ".join(f"{moment} <= as_of" for moment in mask.moments)


def _is_as_late(ours: Moment, moment: Moment) -> bool:
    return ours.column == moment.column and ours.offset >= moment.offset


def _feature(view: ViewPlan, feature: FeaturePlan) -> Proof:
    declared, schema = view.source.source, view.source.schema
    columns = {*view.view.keys}
    columns |= {declared.event_time} if declared.event_time else set()
    for one in feature.parts or (feature,):
        for expression in (one.value, one.where, one.other):
            columns |= {*reads(expression, schema)}
        ordered = one.aggregation.ordered or one.window.is_ordered
        if ordered and declared.sequence is not None:
            columns.add(declared.sequence)
    clock = latest(*(view.source.clocks.get(column, ALWAYS) for column in columns))
    if not covers(feature.mask, clock, event_time=declared.event_time):
        place = feature.aggregation.place
        raise _gap(feature.column, clock, feature.mask, columns, view.source, place)
    if covers(ALWAYS, clock, event_time=declared.event_time):
        return Proof(feature.column, clock, "proved", _by_window(declared.event_time))
    return Proof(feature.column, clock, "masked", f"rows count only where {reached(feature.mask)}")


def _derived(derived: Sequence[DerivedPlan], inputs: Sequence[Proof]) -> Iterator[Proof]:
    """Columns derived from inputs, in the order of reading: known as soon as these are."""
    known = {proof.column for proof in inputs} | {"as_of"}
    for one in derived:
        if not known.issuperset(one.reads):
            missing = ", ".join(sorted(set(one.reads) - known))
            message = f"{one.column!r} is derived from {missing}, of which nothing is proved"
            raise EngineError("HW505", message, place=one.derived.place, hint=_FAULT)
        known.add(one.column)
        because = f"it reads nothing but {', '.join(one.reads) or 'constants'} of its own row"
        yield Proof(one.column, ALWAYS, "proved", because)


def _own(column: OwnColumn, spine: SpinePlan) -> Proof:
    if spine.grid is not None:
        because = f"only entities with rows that count by as_of are asked: {_activity(spine.grid)}"
        return Proof(column.name, ALWAYS, "masked", because)
    clock = spine.source.clocks.get(column.name, ALWAYS)
    is_known = not clock.moments or (
        spine.moment is not None and clock.known_by(spine.moment) == "proved"
    )
    if column.verdict == "proved" and is_known:
        because = f"{clock} is never after as_of = {spine.moment or 'any moment'}"
        return Proof(column.name, clock, "proved", because)
    if column.verdict == "proved" or not covers(column.clock, clock, event_time=None):
        place = spine.spine.place
        raise _gap(column.name, clock, column.clock, [column.name], spine.source, place)
    return Proof(column.name, clock, "masked", f"null where {clock} > as_of")


def _activity(grid: GridPlan) -> str:
    """What makes an entity active, once that is proved too."""
    return "; ".join(proof.because for proof in prove_views([grid.activity]))


def _by_window(event_time: str | None) -> str:
    return "it is always known" if event_time is None else f"windows end before as_of: {event_time}"


def _gap(
    column: str,
    clock: Clock,
    mask: Clock,
    columns: Iterable[str],
    source: SourcePlan,
    place: Place | None,
) -> EngineError:
    chain = "; ".join(str(origin) for origin in origins(source, sorted(columns)))
    return EngineError(
        "HW505",
        f"the plan lets {column!r} through at {mask}, and it is known at {clock}: {chain}",
        place=place,
        hint=_FAULT,
    )
