"""A feature resolved: its column, type, window, clock and mask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from headwater.aggregations.base import NUMBERS, Aggregation, Composite, Earlier, Windowed
from headwater.aggregations.count import Count
from headwater.errors import Place
from headwater.kernel.passes import ALL_HISTORY
from headwater.plan.by import Ranked
from headwater.plan.faults import Faults, reads
from headwater.plan.kinds import INSTEAD, kind_of, result_type
from headwater.plan.min_rows import can_hold, plan_min_rows, suffix
from headwater.plan.naming import expression_of, feature_name, folded
from headwater.plan.sources import SourcePlan
from headwater.plan.windows import Window, plan_window, positive, window_name
from headwater.schema.clocks import Clock
from headwater.schema.durations import format_duration
from headwater.schema.windows import DeclaredWindow
from headwater.spec.attributes import Attributes
from headwater.spec.view import View


@dataclass(frozen=True, slots=True, eq=False)
class FeaturePlan:
    """One feature resolved.

    Args:
        column: Its column, `<view>__<name>`.
        aggregation: How the values are folded.
        value: The row expression that is folded; None where rows are counted.
        where: The row expression that a row must meet; None for all rows.
        window: The limits of the rows that count.
        reads: The source columns whose clocks count: of value, where, entity, event time and, where
            order matters, sequence.
        clock: The latest of their clocks (R2).
        mask: What the engine compares with `as_of`; it has to cover `clock`.
        value_type: The type of the values; of no meaning where rows are counted.
        dtype: The feature's type.
        declared: The window as a user wrote it, without the ttl of the view.
        other: The row expression of the second column; None where there is none.
        parts: The features of whose results this one is made; none of them is a column.
        min_rows: So many rows have to count, else it is null; 0 where none have to. The second half
            of the parts then counts the rows of the first.
        ranked: The value that a training set has to learn before this can be computed.
    """

    column: str
    aggregation: Aggregation
    value: Any
    where: Any
    window: Window
    reads: tuple[str, ...]
    clock: Clock
    mask: Clock
    value_type: pl.DataType
    dtype: pl.DataType
    declared: DeclaredWindow = None
    other: Any = None
    parts: tuple[FeaturePlan, ...] = ()
    min_rows: int = 0
    ranked: Ranked | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What an aggregation reads of a row.

    Args:
        aggregation: How it is folded.
        is_earlier: Over the window before the one that is named.
        value: The row expression that is folded; None where rows are counted.
        where: The row expression that a row must meet; None for all rows.
        other: The row expression of the second column; None where there is none.
        value_type: The type of the values.
    """

    aggregation: Aggregation
    is_earlier: bool
    value: Any
    where: Any
    other: Any
    value_type: pl.DataType

    def counted(self) -> _Read:
        """What counts the rows of this, null values among them where it counts them itself."""
        rows = replace(self, aggregation=Count(place=self.aggregation.place))
        return replace(rows, value=None, other=None) if self.aggregation.counts_nulls else rows


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """An aggregation over one window.

    Args:
        aggregation: What is folded, or made of parts.
        read: What it reads, or each of its parts.
        window: The window.
        declared: The same as a user wrote it.
        counters: What counts the rows of each that is read; nothing where none have to be there.
        min_rows: So many have to.
    """

    aggregation: Aggregation
    read: tuple[_Read, ...]
    window: Window
    declared: DeclaredWindow
    counters: tuple[_Read, ...]
    min_rows: int

    @property
    def parts(self) -> tuple[_Read, ...]:
        """What is folded where that is not the feature itself."""
        return (*self.read, *self.counters) if self.aggregation.parts or self.min_rows else ()


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
    is_faulty = _has_faults(aggregation, faults, place)
    is_unmade = is_faulty and isinstance(aggregation, Composite)  # it then has no parts to read
    parts = aggregation.parts or (() if is_unmade else (aggregation,))
    read = [_read(part, source, faults, place) for part in parts]
    name = None if is_faulty else feature_name(aggregation, faults, place)
    windows = [(one, _window(view, one, source, faults, place)) for one in given.windows]
    least = plan_min_rows(given, faults, place)
    known = tuple(one for one in read if one is not None)
    if name is None or len(known) < len(read) or not _combines(aggregation, known, faults, place):
        return
    counters = tuple(one.counted() for one in known) if least else ()
    for one, window in windows:
        if window is None or least is None or not can_hold(window, least, faults, place):
            continue
        if not _has_earlier(known, window, faults, place):
            continue
        column = f"{view.name}__{name}_{window_name(one)}{suffix(least)}"
        asked = _Asked(aggregation, known, window, one, counters, least)
        feature = _feature(view, column, asked, source)
        check_delay(window, feature.clock, source, faults, place)
        yield feature


def _has_earlier(
    read: Iterable[_Read], window: Window, faults: Faults, place: Place | None
) -> bool:
    """Whether there is a window just before this one, where an aggregation reads it."""
    if window.earlier() is not None or not any(one.is_earlier for one in read):
        return True
    faults.add(
        "HW202",
        f"there is no earlier window of the same length as {window}",
        place=place,
        hint='compare windows of a length, such as .within("7d")',
    )
    return False


def _feature(view: View, column: str, asked: _Asked, source: SourcePlan) -> FeaturePlan:
    """A feature, or one that is made of parts; these see the rows that all of them may see."""
    window, read = asked.window, asked.read
    expressions = [one for each in read for one in (each.value, each.where, each.other)]
    ordered = window.is_ordered or any(one.aggregation.ordered for one in read)
    columns = reads_of(view, expressions, source, ordered=ordered)
    clock = source.clock_of(columns)

    def planned(one: _Read, name: str) -> FeaturePlan:
        return FeaturePlan(
            column=name,
            aggregation=one.aggregation,
            value=one.value,
            where=one.where,
            window=(window.earlier() or window) if one.is_earlier else window,
            reads=columns,
            clock=clock,
            mask=clock,
            value_type=one.value_type,
            dtype=result_type(one.aggregation, one.value_type),
            declared=asked.declared,
            other=one.other,
        )

    parts = tuple(planned(one, f"{column} part {i}") for i, one in enumerate(asked.parts))
    whole = replace(planned(read[0], column), parts=parts, min_rows=asked.min_rows)
    if not asked.aggregation.parts:
        return whole
    dtype = result_type(asked.aggregation, whole.dtype)
    return replace(
        whole,
        aggregation=asked.aggregation,
        value=None,
        where=None,
        other=None,
        window=window,
        value_type=whole.dtype,
        dtype=dtype,
    )


def _read(
    part: Aggregation | Earlier, source: SourcePlan, faults: Faults, place: Place | None
) -> _Read | None:
    """What is read for an aggregation, or for a part of one; None with faults."""
    aggregation = folded(part)
    value, where = expression_of(aggregation.column), expression_of(aggregation.where)
    value_type = _value_type(aggregation, value, source, faults, place)
    where_type = _where_type(where, source, faults, place)
    other, has_other = _other(aggregation, source, faults, place)
    if value_type is None or where_type is None or not has_other:
        return None
    return _Read(aggregation, isinstance(part, Earlier), value, where, other, value_type)


def _other(
    aggregation: Aggregation, source: SourcePlan, faults: Faults, place: Place | None
) -> tuple[Any, bool]:
    """The second column, and whether it is as it has to be."""
    if "other" not in aggregation.reads_also:
        return None, True
    other = expression_of(getattr(aggregation, "other", None))
    if other is None:
        faults.add("HW211", f"{type(aggregation).__name__} needs a second column", place=place)
        return None, False
    dtype = faults.type_of(other, source.schema, f"source {source.source.name!r}", place)
    if dtype is None or kind_of(dtype) in NUMBERS:
        return other, dtype is not None
    faults.add(
        "HW205",
        f"{type(aggregation).__name__} cannot take {dtype} as its second column",
        place=place,
        hint=f"it takes {', '.join(NUMBERS)}",
    )
    return None, False


def _combines(
    aggregation: Aggregation, read: Iterable[_Read], faults: Faults, place: Place | None
) -> bool:
    """Whether the results of all parts are numbers; a fault for each that is not."""
    types = [(one, result_type(one.aggregation, one.value_type)) for one in read]
    strange = [
        f"{type(one.aggregation).__name__}, which gives {dtype}"
        for one, dtype in types
        if aggregation.parts and kind_of(dtype) not in (*NUMBERS, "duration")
    ]
    for one in strange:
        words = f"{type(aggregation).__name__} cannot be made of {one}"
        faults.add("HW205", words, place=place, hint="it takes numbers and durations")
    return not strange


def _has_faults(aggregation: Aggregation, faults: Faults, place: Place | None) -> bool:
    """Whether an aggregation, or a part of it, has arguments that it cannot work with."""
    before = len(faults.found)
    for one in (aggregation, *(folded(part) for part in aggregation.parts)):
        fault = one.parameter_fault()
        if fault is not None:
            faults.add("HW211", f"{type(one).__name__}: {fault}", place=place)
    if aggregation.parts and aggregation.where is not None:
        faults.add(
            "HW211",
            f"{type(aggregation).__name__} reads no rows itself, so where= has none to choose",
            place=place,
            hint="give where= to the aggregations that it is made of",
        )
    return len(faults.found) > before


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
        hint=f"it takes {takes}; {INSTEAD[kind_of(dtype)]}",
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


def _window(
    view: View, given: Any, source: SourcePlan, faults: Faults, place: Place | None
) -> Window | None:
    """A window as far back as the view's rows count; None with faults."""
    window = plan_window(given, source.source.zone, faults, place)
    ttl = getattr(view, "ttl", None)
    if ttl is None:
        return window
    found = positive(ttl, "ttl", faults, place_of(view))
    return None if found is None or window is None else window.within(found)


def check_delay(
    window: Window, clock: Clock, source: SourcePlan, faults: Faults, place: Place | None
) -> None:
    """A fault where rows leave the window before their clock lets them be seen (R3)."""
    delay = max(
        (m.offset for m in clock.moments if m.column == source.source.event_time), default=0
    )
    if window.longest != ALL_HISTORY and delay >= window.longest:
        faults.add(
            "HW303",
            f"the feature is known {format_duration(delay)} after an event, and its window of "
            f"{window} has passed by then: no row is known at as_of",
            place=place,
            hint="take a window that is longer than the delay",
        )


def reads_of(
    view: View, expressions: Iterable[Any], source: SourcePlan, *, ordered: bool
) -> tuple[str, ...]:
    """The columns whose clocks count for these expressions, sorted (R2)."""
    columns = set(view.keys)
    if source.source.event_time is not None:
        columns.add(source.source.event_time)
    for expression in expressions:
        columns |= set(reads(expression, source.schema))
    if ordered and source.source.sequence:
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
