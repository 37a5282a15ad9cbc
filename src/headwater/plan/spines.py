"""A spine resolved: when each row asks, and what of the row itself is known then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from headwater.errors import Place, closest
from headwater.plan.faults import Faults, reads
from headwater.plan.sources import SourcePlan, is_time, plan_source
from headwater.schema.clocks import ALWAYS, Clock, Moment
from headwater.spec.clock_expressions import moment_of
from headwater.spec.frame import Frame
from headwater.spec.row_expressions import RowExpression
from headwater.spec.source import Source
from headwater.spec.spine import Spine


@dataclass(frozen=True, slots=True, eq=False)
class OwnColumn:
    """A column of the spine row itself.

    Args:
        name: The column.
        dtype: Its type.
        clock: When it is known.
        verdict: `proved` to be known at `as_of`, or `masked`: null where it is not (R5).
    """

    name: str
    dtype: pl.DataType
    clock: Clock
    verdict: Literal["proved", "masked"]


@dataclass(frozen=True, slots=True, eq=False)
class SpinePlan:
    """A spine resolved.

    Args:
        spine: As declared.
        source: Its source, or the source made of its frame.
        as_of: The expression that gives the moment.
        moment: The same as a column plus a constant, where it is one.
        keys: The columns by which views attach.
        kept: The columns that become inputs of a model.
    """

    spine: Spine
    source: SourcePlan
    as_of: RowExpression
    moment: Moment | None
    keys: tuple[OwnColumn, ...]
    kept: tuple[OwnColumn, ...]


def plan_spine(spine: Spine, keys: tuple[str, ...], faults: Faults) -> SpinePlan | None:
    """Resolve a spine that has to offer these keys; None where it has no columns to speak of."""
    place = None if spine.place is None else spine.place.of("spine")
    source = _source(spine, faults)
    if source is None:
        return None
    as_of = pl.col(spine.as_of) if isinstance(spine.as_of, str) else spine.as_of
    dtype = faults.type_of(as_of, source.schema, _owner(spine), place)
    if dtype is not None:
        is_time("as_of", {"as_of": dtype}, source.source.zone, faults, place)
    faults.has_columns(spine.keep, source.schema, _owner(spine), place)
    for key in keys:
        if key not in source.schema:
            faults.add(
                "HW208",
                f"the spine has no column {key!r}, which a view's entity needs",
                place=place,
                hint=closest(key, source.schema),
            )
    moment = None if dtype is None else _moment(as_of, source)
    _check_filter(spine, source, moment, faults, place)
    own = {
        name: _own(name, source, moment, faults, place)
        for name in dict.fromkeys((*keys, *spine.keep))
        if name in source.schema
    }
    return SpinePlan(
        spine,
        source,
        as_of,
        moment,
        tuple(own[key] for key in dict.fromkeys(keys) if key in own),
        tuple(own[name] for name in spine.keep if name in own),
    )


def _check_filter(
    spine: Spine, source: SourcePlan, moment: Moment | None, faults: Faults, place: Place | None
) -> None:
    """A filter is a condition, and one that the plan does not refuse as known too late (R10)."""
    if spine.filter is None:
        return
    dtype = faults.type_of(spine.filter, source.schema, _owner(spine), place)
    if dtype is not None and dtype != pl.Boolean:
        faults.add("HW211", f"filter= gives {dtype}, not true or false", place=place)
    if dtype is None or moment is None:
        return
    clock = source.clock_of(reads(spine.filter, source.schema))
    if clock.known_by(moment) == "refused":
        faults.add(
            "HW303",
            f"the filter is known at {clock}, which is after as_of = {moment}",
            place=place,
            hint="filter by what is known at as_of: rows are chosen before anything else is known",
        )


def _source(spine: Spine, faults: Faults) -> SourcePlan | None:
    if spine.source is not None:
        return plan_source(spine.source, faults)
    reader = Frame(spine.rows, place=spine.place)
    schema = reader.schema()
    made = Source(
        "spine",
        reader,
        event_time="",
        known_time=ALWAYS,
        null_known_time="never",  # a label that was never known: a frame has no word to declare it
        place=spine.place,
    )
    return SourcePlan(made, schema, tuple(schema), dict.fromkeys(schema, ALWAYS))


def _moment(as_of: RowExpression, source: SourcePlan) -> Moment | None:
    """The moment that the clocks are compared with; none where rows must be asked."""
    if not isinstance(as_of, pl.Expr):
        return None
    try:
        return moment_of(as_of, source.schema)
    except ValueError:
        return None


def _own(
    name: str, source: SourcePlan, moment: Moment | None, faults: Faults, place: Place | None
) -> OwnColumn:
    clock = source.clocks[name]
    verdict = "unknown" if moment is None else clock.known_by(moment)
    if clock == ALWAYS:
        verdict = "proved"
    if verdict == "refused":
        faults.add(
            "HW303",
            f"column {name!r} is known at {clock}, which is after as_of = {moment}",
            place=place,
            hint="look back from a later moment, or leave the column out of keep=",
        )
    return OwnColumn(
        name, source.schema[name], clock, "proved" if verdict == "proved" else "masked"
    )


def _owner(spine: Spine) -> str:
    return "the spine's frame" if spine.source is None else f"source {spine.source.name!r}"
