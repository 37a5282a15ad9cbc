"""Candidate features: what an entity's sources, and those related to them, could say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import polars as pl

from headwater import plugins
from headwater.aggregations.base import NUMBERS, Aggregation, Kind, Windowed
from headwater.plan.kinds import kind_of
from headwater.plan.sources import SourcePlan
from headwater.schema.durations import DAY, parse_duration
from headwater.spec.attributes import Attributes
from headwater.spec.feature_view import FeatureView
from headwater.spec.plain import names
from headwater.spec.source import Source
from headwater.spec.view import View

WINDOWS = ("1h", "6h", "1d", "7d", "30d", "90d", "365d")
MOST_WINDOWS = 3
LAGS = (1, 2, 3, 6, 7)
"""How many rows before the newest; where rows are daily, 6 and 7 are the same day of last week."""
_NUMBERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Mean", {}),
    ("Sum", {}),
    ("Std", {}),
    ("Min", {}),
    ("Max", {}),
    ("Last", {}),
    *(("Lag", {"k": k}) for k in LAGS),
    ("Difference", {}),
)
WORDS: dict[Kind, tuple[tuple[str, dict[str, Any]], ...]] = {
    "integer": _NUMBERS,
    "float": _NUMBERS,
    "decimal": _NUMBERS,
    "boolean": (("Mean", {}), ("Last", {})),
    "string": (("CountDistinct", {}), ("Last", {})),
    "duration": (("Min", {}), ("Max", {}), ("Last", {})),
}
"""What is asked of each kind of column."""
INNER: tuple[str, ...] = ("Mean", "Last")
"""What is asked of numbers that an inner view says."""
SEEN: tuple[str, ...] = ("Mean", "Sum", "Last")
"""What an inner view says of numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A source with the lengths of time that its rows are apart.

    Args:
        source: Resolved.
        step: The median time between rows of one entity, in microseconds.
        span: The time between its first and its last row.
    """

    source: SourcePlan
    step: int
    span: int

    @property
    def windows(self) -> tuple[str, ...]:
        """Windows that hold more than a row and less than all of them, the shortest first."""
        delay = max((moment.offset for moment in self.source.clock.moments), default=0)
        fitting = [
            text
            for text in WINDOWS
            if max(self.step, delay) < parse_duration(text) < max(self.span, DAY)
        ]
        return tuple(fitting[:MOST_WINDOWS])

    def reaches(self, rows: int) -> bool:
        """Whether an entity may have so many rows, by the time between them."""
        return rows * self.step < max(self.span, 1)


def candidates(
    entity: str | Sequence[str], tables: Sequence[Table], *, depth: int
) -> Iterator[View]:
    """Views of one aggregation or attribute of one column each, the plain ones first.

    The sources take turns, so that a wide one leaves room for others where only the first so many
    are taken; nothing is made before it is asked for.

    Args:
        entity: The columns that say what a row is about.
        tables: The sources; those with the entity's columns are folded, others are looked up.
        depth: 2 also folds what the rows of a source see of other sources.
    """
    keys = names(entity)
    own = [table for table in tables if set(keys) <= set(table.source.schema)]
    told = [table for table in own if table.source.source.static is None]
    yield from _in_turn(
        [_stated(keys, one) if one not in told else _folded(keys, one) for one in own]
    )
    if depth >= 2:
        related = [
            _chained(keys, table, other)
            for table in told
            for other in tables
            if other.source.source.name != table.source.source.name
        ]
        yield from _in_turn(related)


def _in_turn(several: Sequence[Iterator[View]]) -> Iterator[View]:
    """One of each, again and again, until all have come to their end."""
    for views in zip_longest(*several):
        yield from (view for view in views if view is not None)


def _stated(keys: tuple[str, ...], table: Table) -> Iterator[View]:
    """What a static source says of the entity."""
    name, source = _view_name(table.source.source, keys), table.source.source
    for column in _columns(table.source, keys):
        yield Attributes(name, source, entity=keys, columns=[column], place=None)


def _folded(keys: tuple[str, ...], table: Table) -> Iterator[View]:
    """Every column of a source by itself, and the rhythm of its rows."""
    name, source = _view_name(table.source.source, keys), table.source.source
    for made in _asked(keys, table):
        for one in _windowed(made, table):
            yield FeatureView(name, source, entity=keys, features=[one], place=None)


def _asked(keys: tuple[str, ...], table: Table) -> Iterator[Aggregation]:
    for word in ("Count", "TimeSince"):
        yield _made(word, None, {})
    for column in _columns(table.source, keys):
        for word, given in WORDS.get(kind_of(table.source.schema[column]), ()):
            if table.reaches(given.get("k", 0)):
                yield _made(word, column, given)


def _chained(keys: tuple[str, ...], table: Table, other: Table) -> Iterator[View]:
    """What rows see of another source by a column that both have."""
    shared = [
        column
        for column in _keys(table.source)
        if column in _keys(other.source) and column not in keys
    ]
    for column in shared:
        inner = _inner(column, other)
        if inner is None:
            continue
        source = replace(table.source.source, views=[*table.source.source.views, inner])
        name = f"{_view_name(table.source.source, keys)}_{inner.name}"
        for said, dtype in _said(inner, other):
            for word in INNER if kind_of(dtype) in NUMBERS else ("Last",):
                for one in _windowed(_made(word, said, {}), table):
                    yield FeatureView(name, source, entity=keys, features=[one], place=None)


def _inner(column: str, other: Table) -> View | None:
    """A view of another source by one of its columns; None where it has nothing to say."""
    name, source = _view_name(other.source.source, (column,)), other.source.source
    columns = _columns(other.source, (column,))
    if source.static is not None:
        if not columns:
            return None
        return Attributes(name, source, entity=column, columns=columns, place=None)
    features: list[Windowed] = [*_windowed(plugins.find("Count")(place=None), other)]
    for own in columns:
        kind = kind_of(other.source.schema[own])
        for word in SEEN if kind in NUMBERS else ("Last",):
            features += _windowed(plugins.find(word)(own, place=None), other)[-1:]
    return FeatureView(name, source, entity=column, features=features, place=None)


def _said(inner: View, other: Table) -> Iterator[tuple[str, pl.DataType]]:
    """The columns that an inner view gives, with a type that says how they are folded."""
    if isinstance(inner, Attributes):
        for column in names(inner.columns):
            yield f"{inner.name}__{column}", other.source.schema[column]
    if isinstance(inner, FeatureView):
        listed: Sequence[Any] = inner.features
        for one in listed:
            column = one.aggregation.column
            is_value = column is not None and type(one.aggregation).__name__ == "Last"
            dtype = other.source.schema[column] if is_value else pl.Float64()
            stem = "" if column is None else f"{column}_"
            for window in one.windows:
                tail = "all" if window is None else window
                yield f"{inner.name}__{stem}{one.aggregation.word}_{tail}", dtype


def _made(word: str, column: str | None, given: dict[str, Any]) -> Aggregation:
    made: Aggregation = plugins.find(word)(column, place=None, **given)
    return made


def _windowed(aggregation: Aggregation, table: Table) -> list[Windowed]:
    """In all windows that fit; order and what lies longest ago, over all history."""
    is_of_time = aggregation.word not in ("last", "lag", "time_since", "difference")
    windows = table.windows if is_of_time else ()
    found = [aggregation.within(*windows)] if windows else []
    return found if found and aggregation.word != "count" else [*found, aggregation.over_all()]


def _columns(source: SourcePlan, keys: tuple[str, ...]) -> list[str]:
    """The columns that say something: no keys, no times, not what orders or deletes rows."""
    declared = source.source
    given: tuple[Any, ...] = (*keys, declared.event_time, declared.sequence, declared.deleted)
    clocks = {moment.column for clock in source.clocks.values() for moment in clock.moments}
    apart = {*given, *declared.identity, *clocks}
    return [
        column
        for column, dtype in source.schema.items()
        if column not in apart and kind_of(dtype) not in ("time", "other")
    ]


def _keys(source: SourcePlan) -> list[str]:
    """The columns by which another source may be looked up."""
    return [
        column
        for column, dtype in source.schema.items()
        if kind_of(dtype) in ("integer", "string") and column != source.source.sequence
    ]


def _view_name(source: Source, keys: tuple[str, ...]) -> str:
    return f"{source.name}_by_{'_'.join(keys)}"
