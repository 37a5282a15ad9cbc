"""A feature resolved: its column, type, window, clock and mask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation, Windowed
from headwater.errors import Place
from headwater.kernel.passes import ALL_HISTORY
from headwater.plan.faults import Faults, reads
from headwater.plan.kinds import kind_of, result_type
from headwater.plan.moments import length
from headwater.plan.sources import SourcePlan
from headwater.schema.clocks import Clock
from headwater.schema.durations import format_duration, parse_duration
from headwater.spec.attributes import Attributes
from headwater.spec.row_expressions import PythonExpression
from headwater.spec.view import View

LONGEST = 1 << 62
"""The longest window in microseconds: its start before any `as_of` still fits 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class FeaturePlan:
    """One feature resolved.

    Args:
        column: Its column, `<view>__<name>`.
        aggregation: How the values are folded.
        value: The row expression that is folded; None where rows are counted.
        where: The row expression that a row must meet; None for all rows.
        window: Microseconds; `ALL_HISTORY` for no limit.
        reads: The source columns whose clocks count: of value, where, entity, event time and, where
            order matters, sequence.
        clock: The latest of their clocks (R2).
        mask: What the engine compares with `as_of`; it has to cover `clock`.
        value_type: The type of the values; of no meaning where rows are counted.
        dtype: The feature's type.
    """

    column: str
    aggregation: Aggregation
    value: Any
    where: Any
    window: int
    reads: tuple[str, ...]
    clock: Clock
    mask: Clock
    value_type: pl.DataType
    dtype: pl.DataType


def feature_plans(
    view: View, given: Windowed | Aggregation, source: SourcePlan, faults: Faults
) -> Iterator[FeaturePlan]:
    """One feature for each window of an aggregation; those at fault are left out."""
    aggregation = given if isinstance(given, Aggregation) else given.aggregation
    place = place_of(view, aggregation)
    if isinstance(given, Aggregation) or not given.windows:
        faults.add(
            "HW202",
            f"{type(aggregation).__name__} has no window",
            place=place,
            hint='add .within("7d") or .over_all()',
        )
        return
    if "window" not in aggregation.serves:
        faults.add(
            "HW205",
            f"{type(aggregation).__name__} is a statistic for fits, not a feature",
            place=place,
        )
        return
    value, where = _expression(aggregation.column), _expression(aggregation.where)
    value_type = _value_type(aggregation, value, source, faults, place)
    where_type = _where_type(where, source, faults, place)
    name = _name(aggregation, value, faults, place)
    windows = [(one, window_of(one, "window", faults, place)) for one in given.windows]
    if value_type is None or where_type is None or name is None:
        return
    columns = reads_of(view, aggregation, (value, where), source)
    clock = source.clock_of(columns)
    for one, window in windows:
        if window is None:
            continue
        check_delay(window, clock, source, faults, place)
        yield FeaturePlan(
            column=f"{view.name}__{name}_{_window_name(one)}",
            aggregation=aggregation,
            value=value,
            where=where,
            window=window,
            reads=columns,
            clock=clock,
            mask=clock,
            value_type=value_type,
            dtype=result_type(aggregation, value_type),
        )


def _expression(given: Any) -> Any:
    return pl.col(given) if isinstance(given, str) else given


def _value_type(
    aggregation: Aggregation, value: Any, source: SourcePlan, faults: Faults, place: Place | None
) -> pl.DataType | None:
    if value is None:
        if aggregation.reads == "rows":
            return pl.Int64()
        faults.add("HW211", f"{type(aggregation).__name__} needs a column", place=place)
        return None
    dtype = faults.type_of(value, source.schema, f"source {source.source.name!r}", place)
    if dtype is None or kind_of(dtype) in aggregation.takes:
        return dtype
    takes = ", ".join(aggregation.takes)
    faults.add(
        "HW205",
        f"{type(aggregation).__name__} cannot take {dtype}",
        place=place,
        hint=f"it takes {takes}",
    )
    return None


def _where_type(
    where: Any, source: SourcePlan, faults: Faults, place: Place | None
) -> pl.DataType | None:
    if where is None:
        return pl.Boolean()
    dtype = faults.type_of(where, source.schema, f"source {source.source.name!r}", place)
    if dtype is not None and dtype != pl.Boolean:
        faults.add("HW211", f"where= gives {dtype}, not true or false", place=place)
        return None
    return dtype


def _name(aggregation: Aggregation, value: Any, faults: Faults, place: Place | None) -> str | None:
    if aggregation.name is not None:
        is_text = faults.is_text(aggregation.name, "name=", place)
        return aggregation.name if is_text else None
    if aggregation.where is None and value is None:
        return aggregation.word
    if aggregation.where is None and isinstance(value, pl.Expr) and value.meta.is_column():
        return f"{value.meta.output_name()}_{aggregation.word}"
    if not isinstance(value, pl.Expr | PythonExpression | None):
        return None
    faults.add(
        "HW204",
        f"{type(aggregation).__name__} of an expression needs a name",
        place=place,
        hint='add name="..."; the window is appended',
    )
    return None


def window_of(
    given: str | timedelta | None, what: str, faults: Faults, place: Place | None
) -> int | None:
    """Microseconds of a window, `ALL_HISTORY` for None; None with a fault where it is none."""
    if given is None:
        return ALL_HISTORY
    window = length(given, what, faults, place)
    if window is None:
        return None
    if window == 0:
        faults.add("HW202", f"{what} {given!r} is not longer than zero", place=place)
        return None
    if window > LONGEST:
        faults.add(
            "HW202",
            f"{what} {given!r} is longer than what microseconds hold",
            place=place,
            hint="leave ttl= out" if what == "ttl" else "write .over_all() for all history",
        )
        return None
    return window


def check_delay(
    window: int, clock: Clock, source: SourcePlan, faults: Faults, place: Place | None
) -> None:
    """A fault where rows leave the window before their clock lets them be seen (R3)."""
    delay = max(
        (m.offset for m in clock.moments if m.column == source.source.event_time), default=0
    )
    if window != ALL_HISTORY and delay >= window:
        faults.add(
            "HW303",
            f"the feature is known {format_duration(delay)} after an event, and its window of "
            f"{format_duration(window)} has passed by then: no row is known at as_of",
            place=place,
            hint="take a window that is longer than the delay",
        )


def _window_name(given: str | timedelta | None) -> str:
    """The window in a column's name: as the user wrote it."""
    if given is None:
        return "all"
    return given if isinstance(given, str) else format_duration(parse_duration(given))


def reads_of(
    view: View, aggregation: Aggregation, expressions: Iterable[Any], source: SourcePlan
) -> tuple[str, ...]:
    """The columns whose clocks count for these expressions, sorted (R2)."""
    columns = set(view.keys)
    if source.source.event_time is not None:
        columns.add(source.source.event_time)
    for expression in expressions:
        columns |= set(reads(expression, source.schema))
    if aggregation.ordered and source.source.sequence:
        columns.add(source.source.sequence)
    return tuple(sorted(columns))


def place_of(view: View, aggregation: Aggregation | None = None) -> Place | None:
    """The line of a view, or of one of its aggregations, speaking of it."""
    place = view.place if aggregation is None else aggregation.place
    what = owner_of(view)
    if aggregation is not None:
        what += f", {type(aggregation).__name__}"
    return None if place is None else place.of(what)


def owner_of(view: View) -> str:
    """A view as a message names it."""
    kind = "attributes" if isinstance(view, Attributes) else "feature view"
    return f"{kind} {view.name!r}"
