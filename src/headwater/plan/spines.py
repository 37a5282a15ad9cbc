"""A spine resolved: when each row asks, and what of the row itself is known then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from headwater.errors import Place, closest
from headwater.plan.faults import Faults, reads
from headwater.plan.grids import GridPlan, plan_grid
from headwater.plan.origins import chain_of
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
        grid: Where the rows come from for a `Spine.every`; None for others.
    """

    spine: Spine
    source: SourcePlan
    as_of: RowExpression
    moment: Moment | None
    keys: tuple[OwnColumn, ...]
    kept: tuple[OwnColumn, ...]
    grid: GridPlan | None = None

    @property
    def history(self) -> SourcePlan:
        """The source that is read for the rows: their own, or that of a grid."""
        return self.source if self.grid is None else self.grid.source


def plan_spine(spine: Spine, keys: tuple[str, ...], faults: Faults) -> SpinePlan | None:
    """Resolve a spine that has to offer these keys; None where it has no columns to speak of."""
    place = None if spine.place is None else spine.place.of("spine")
    grid = None if spine.grid is None else plan_grid(spine.grid, faults, place)
    source = _source(spine, grid, faults)
    if source is None:
        return None
    if grid is not None and spine.keep:
        _refuse_keep(spine, faults, place)
        spine = replace(spine, keep=())
    as_of = pl.col(spine.as_of) if isinstance(spine.as_of, str) else spine.as_of
    dtype = faults.type_of(as_of, source.schema, _owner(spine), place)
    if dtype is not None:
        zone, is_declared = source.source.zone, spine.history is not None
        is_time("as_of", {"as_of": dtype}, zone, faults, place, is_declared=is_declared)
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
    _check_label_filter(spine, source, faults, place)
    _check_set_aside(source, moment, faults, place)
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
        grid,
    )


def _check_filter(
    spine: Spine, source: SourcePlan, moment: Moment | None, faults: Faults, place: Place | None
) -> None:
    """A filter is a condition, and one that the plan does not refuse as known too late (R10)."""
    if spine.filter is None:
        return
    is_typed = _is_condition("filter=", spine.filter, spine, source, faults)
    if not is_typed or moment is None:
        return
    clock = source.clock_of(reads(spine.filter, source.schema))
    if clock.known_by(moment) == "refused":
        faults.add(
            "HW303",
            f"the filter is known at {clock}, which is after as_of = {moment}"
            + chain_of(source, reads(spine.filter, source.schema), moment),
            place=place,
            hint="filter by what is known at as_of, or declare a label_filter= with its reason",
        )


def _check_label_filter(
    spine: Spine, source: SourcePlan, faults: Faults, place: Place | None
) -> None:
    """A filter by what is known later is a condition, and has a reason (R10)."""
    reason: object = spine.label_filter_reason
    if spine.label_filter is None:
        if reason if isinstance(reason, str) else reason is not None:
            faults.add("HW211", "label_filter_reason= without a label_filter=", place=place)
        return
    _is_condition("label_filter=", spine.label_filter, spine, source, faults)
    if not isinstance(reason, str) or not reason.strip():
        faults.add(
            "HW211",
            "label_filter= has no label_filter_reason=",
            place=place,
            hint="say why rows are chosen by what a served row cannot know yet",
        )


def _check_set_aside(
    source: SourcePlan, moment: Moment | None, faults: Faults, place: Place | None
) -> None:
    """Setting rows aside filters the spine, so it may not go by what is known too late (R10)."""
    clock = source.clock_of(source.set_aside_by)
    if moment is not None and clock.known_by(moment) == "refused":
        faults.add(
            "HW306",
            f"checks of source {source.source.name!r} set rows aside by what is known at {clock}, "
            f"which is after as_of = {moment}" + chain_of(source, source.set_aside_by, moment),
            place=place,
            hint='let such checks "fail" or "warn", and choose rows with a label_filter= and its '
            "reason; or ask from a source without them",
        )


def _is_condition(
    what: str, expression: RowExpression, spine: Spine, source: SourcePlan, faults: Faults
) -> bool:
    """Whether an expression has a type; a fault where that is not true or false."""
    place = None if spine.place is None else spine.place.of("spine")
    dtype = faults.type_of(expression, source.schema, _owner(spine), place)
    if dtype is not None and dtype != pl.Boolean:
        faults.add("HW211", f"{what} gives {dtype}, not true or false", place=place)
    return dtype is not None


def _refuse_keep(spine: Spine, faults: Faults, place: Place | None) -> None:
    faults.add(
        "HW211",
        f"keep={list(spine.keep)} of a spine at regular moments, whose rows hold the entity only",
        place=place,
        hint="attach the columns as hw.Attributes, which are as they were known at each moment",
    )


def _source(spine: Spine, grid: GridPlan | None, faults: Faults) -> SourcePlan | None:
    """Where the rows are; None where that has no columns to speak of."""
    if spine.grid is not None:
        return None if grid is None else grid.rows()
    if spine.source is not None:
        source = _not_static(plan_source(spine.source, faults), spine, faults)
        return None if source is None else source.asked()
    reader = Frame(spine.rows, place=spine.place)
    schema = reader.schema()
    made = Source(
        "spine",
        reader,
        known_time=ALWAYS,
        null_known_time="never",  # a label that was never known: a frame has no word to declare it
        place=spine.place,
    )
    return SourcePlan(made, schema, tuple(schema), dict.fromkeys(schema, ALWAYS))


def _not_static(source: SourcePlan | None, spine: Spine, faults: Faults) -> SourcePlan | None:
    """The source, with a fault where it has no times: a spine asks at a moment of each row."""
    if source is not None and source.source.static is not None:
        faults.add(
            "HW212",
            f"source {source.source.name!r} is static, and a spine asks when its rows happened",
            place=None if spine.place is None else spine.place.of("spine"),
            hint="attach it as hw.Attributes to a spine that has moments",
        )
    return source


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
    if moment is not None and verdict == "refused":
        faults.add(
            "HW303",
            f"column {name!r} is known at {clock}, which is after as_of = {moment}"
            + chain_of(source, [name], moment),
            place=place,
            hint="look back from a later moment, or leave the column out of keep=",
        )
    return OwnColumn(
        name, source.schema[name], clock, "proved" if verdict == "proved" else "masked"
    )


def _owner(spine: Spine) -> str:
    if spine.grid is not None:
        return "the spine's grid"
    return "the spine's frame" if spine.source is None else f"source {spine.source.name!r}"
