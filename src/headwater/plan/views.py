"""A feature view resolved: each feature's column, type, window and clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation, Windowed
from headwater.errors import Place
from headwater.kernel.passes import ALL_HISTORY
from headwater.plan.faults import REPORTED, Faults, reads
from headwater.plan.kinds import kind_of, result_type
from headwater.plan.sources import SourcePlan, plan_source
from headwater.schema.clocks import Clock
from headwater.schema.durations import format_duration, parse_duration
from headwater.spec.feature_view import FeatureView
from headwater.spec.row_expressions import PythonExpression
from headwater.spec.source import Source

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
    value_type: pl.DataType
    dtype: pl.DataType


@dataclass(frozen=True, slots=True, eq=False)
class ViewPlan:
    """A feature view resolved."""

    view: FeatureView
    source: SourcePlan
    features: tuple[FeaturePlan, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the source that computing this view reads, by name, sorted."""
        names = {name for feature in self.features for name in feature.reads}
        names |= {m.column for feature in self.features for m in feature.clock.moments}
        names |= {*self.view.keys, self.source.source.event_time}
        if self.source.source.sequence:
            names.add(self.source.source.sequence)
        return tuple(sorted(names))


def plan_view(view: FeatureView, faults: Faults) -> ViewPlan | None:
    """Resolve a view; None where its source has no columns to speak of."""
    place = _at(view.place, view)
    if not faults.is_a(view.source, Source, f"source= of feature view {view.name!r}", place):
        return None
    source = plan_source(view.source, faults)
    if source is None:
        return None
    _check_entity(view, source, faults)
    features = [
        feature
        for given in _given(view, faults)
        for feature in _features(view, given, source, faults)
    ]
    names = [feature.column for feature in features]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(
            "HW203",
            f"two features are named {name!r}",
            place=place,
            hint="give one of them another name=",
        )
    return ViewPlan(view, source, tuple(features))


def _check_entity(view: FeatureView, source: SourcePlan, faults: Faults) -> None:
    place = _at(view.place, view)
    if not view.keys:
        faults.add("HW211", f"feature view {view.name!r} has no entity", place=place)
    if len(set(view.keys)) < len(view.keys):
        faults.add("HW211", f"entity {list(view.keys)} names a column twice", place=place)
    faults.has_columns(view.keys, source.schema, f"source {view.source.name!r}", place)
    for key in view.keys:
        dtype = source.schema.get(key, REPORTED)
        if dtype != REPORTED and kind_of(dtype) not in ("integer", "string", "boolean", "time"):
            faults.add(
                "HW211",
                f"entity column {key!r} holds {dtype}",
                place=place,
                hint="a key is text, an integer or a date",
            )


def _given(view: FeatureView, faults: Faults) -> Sequence[Windowed | Aggregation]:
    """The features as declared, as far as they are some."""
    place = _at(view.place, view)
    if not isinstance(view.features, Sequence):
        found = type(view.features).__name__
        faults.add("HW211", f"features= takes a list, found {found}", place=place)
        return ()
    if not view.features:
        faults.add("HW211", f"feature view {view.name!r} has no features", place=place)
    listed: Sequence[Any] = view.features
    for one in listed:
        if not isinstance(one, Windowed | Aggregation):
            faults.add(
                "HW211",
                f"{one!r} is not an aggregation",
                place=place,
                hint='write features such as hw.Mean("amount").within("7d")',
            )
    return [one for one in listed if isinstance(one, Windowed | Aggregation)]


def _features(
    view: FeatureView, given: Windowed | Aggregation, source: SourcePlan, faults: Faults
) -> Iterator[FeaturePlan]:
    aggregation = given if isinstance(given, Aggregation) else given.aggregation
    place = _at(aggregation.place, view, aggregation)
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
    windows = [(given_as, _window(given_as, faults, place)) for given_as in given.windows]
    if value_type is None or where_type is None or name is None:
        return
    columns = _reads(view, aggregation, (value, where), source)
    clock = source.clock_of(columns)
    for given_as, window in windows:
        if window is None:
            continue
        _check_delay(window, clock, source, faults, place)
        yield FeaturePlan(
            f"{view.name}__{name}_{_window_name(given_as)}",
            aggregation,
            value,
            where,
            window,
            columns,
            clock,
            value_type,
            result_type(aggregation, value_type),
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
        return aggregation.name
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


def _window(given: str | timedelta | None, faults: Faults, place: Place | None) -> int | None:
    if given is None:
        return ALL_HISTORY
    try:
        window = parse_duration(given)
    except ValueError as error:
        faults.add(
            "HW202",
            str(error),
            place=place,
            hint="write numbers with w, d, h, m, s, ms or us, such as 7d or 1h30m",
        )
        return None
    if window <= 0:
        faults.add("HW202", f"window {given!r} is not longer than zero", place=place)
        return None
    if window > LONGEST:
        faults.add(
            "HW202",
            f"window {given!r} is longer than what microseconds hold",
            place=place,
            hint="write .over_all() for all history",
        )
        return None
    return window


def _check_delay(
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


def _reads(
    view: FeatureView, aggregation: Aggregation, expressions: tuple[Any, ...], source: SourcePlan
) -> tuple[str, ...]:
    columns = {source.source.event_time, *view.keys}
    for expression in expressions:
        columns |= set(reads(expression, source.schema))
    if aggregation.ordered and source.source.sequence:
        columns.add(source.source.sequence)
    return tuple(sorted(columns))


def _at(
    place: Place | None, view: FeatureView, aggregation: Aggregation | None = None
) -> Place | None:
    what = f"feature view {view.name!r}"
    if aggregation is not None:
        what += f", {type(aggregation).__name__}"
    return None if place is None else place.of(what)
