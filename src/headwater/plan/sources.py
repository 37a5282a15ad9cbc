"""A source resolved: its types after `derive`, and the clock of each column."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from headwater.errors import Place
from headwater.plan.faults import Faults, reads
from headwater.schema.clocks import ALWAYS, Clock, Moment, latest
from headwater.spec.clock_expressions import moment_of
from headwater.spec.source import ClockLike, Source


@dataclass(frozen=True, slots=True, eq=False)
class SourcePlan:
    """A source resolved.

    Args:
        source: As declared.
        schema: The columns and types after `derive`.
        read: The columns that the reader has.
        clocks: The clock of each column of `schema`.
    """

    source: Source
    schema: dict[str, pl.DataType]
    read: tuple[str, ...]
    clocks: dict[str, Clock]

    @property
    def is_assumed(self) -> bool:
        """Whether no clock was declared, so that everything counts as known at its event time."""
        return self.source.known_time is None and not self.source.known_times

    def clock_of(self, columns: tuple[str, ...]) -> Clock:
        """The clock of a value that reads these columns."""
        return latest(*(self.clocks[column] for column in columns))


def plan_source(source: Source, faults: Faults) -> SourcePlan | None:
    """Resolve a source; None where its faults leave nothing to go on with.

    Raises:
        DataError: HW401, the data is missing.
    """
    owner = f"source {source.name!r}"
    read = source.reader.schema()
    schema = dict(read)
    for name, expression in source.derive.items():
        dtype = faults.type_of(expression, schema, owner, _of(source.place, f"{owner}, {name}"))
        if dtype is None:
            return None
        schema[name] = dtype
    place = _of(source.place, owner)
    named = [source.event_time, *source.identity, *([source.sequence] if source.sequence else [])]
    if not faults.has_columns(named, schema, owner, place):
        return None
    is_time(source.event_time, schema, source.zone, faults, place)
    clocks = _clocks(source, schema, faults, place)
    return None if clocks is None else SourcePlan(source, schema, tuple(read), clocks)


def is_time(
    column: str,
    schema: dict[str, pl.DataType],
    zone: str | None,
    faults: Faults,
    place: Place | None,
) -> bool:
    """Whether a column holds times of a known zone; a fault where it does not."""
    dtype = schema[column]
    if dtype not in (pl.Datetime, pl.Date):
        faults.add("HW301", f"column {column!r} holds {dtype}, not times", place=place)
        return False
    if zone is None and (dtype == pl.Date or getattr(dtype, "time_zone", None) is None):
        faults.add(
            "HW302",
            f"column {column!r} holds times without a zone",
            place=place,
            hint='declare zone="UTC", or the zone in which the times were written',
        )
        return False
    return True


def _clocks(
    source: Source, schema: dict[str, pl.DataType], faults: Faults, place: Place | None
) -> dict[str, Clock] | None:
    default = Clock((Moment(source.event_time),))
    if source.known_time is not None:
        declared = _clock(source.known_time, source, schema, faults, place)
        if declared is None:
            return None
        default = declared
    clocks: dict[str, Clock] = {}
    faults.has_columns(source.known_times, schema, f"source {source.name!r}", place)
    for column in schema:
        if column in source.known_times:
            clock = _clock(source.known_times[column], source, schema, faults, place)
            clocks[column] = clock if clock is not None else default
        elif column in source.derive:
            parts = reads(source.derive[column], schema)
            clocks[column] = latest(*(clocks[part] for part in parts))
        else:
            clocks[column] = default
    return clocks


def _clock(
    clock: ClockLike,
    source: Source,
    schema: dict[str, pl.DataType],
    faults: Faults,
    place: Place | None,
) -> Clock | None:
    if isinstance(clock, Clock):
        return (
            clock if clock == ALWAYS or _all_times(clock, source, schema, faults, place) else None
        )
    named = [clock] if isinstance(clock, str) else list(dict.fromkeys(clock.meta.root_names()))
    if not faults.has_columns(named, schema, f"source {source.name!r}", place):
        return None
    try:
        moment = moment_of(clock, schema)
    except ValueError as error:
        faults.add(
            "HW304",
            f"clock is not a time column plus a constant: {error}",
            place=place,
            hint="add the time as a column with derive= and name it as the clock",
        )
        return None
    resolved = Clock((moment,))
    return resolved if _all_times(resolved, source, schema, faults, place) else None


def _all_times(
    clock: Clock,
    source: Source,
    schema: dict[str, pl.DataType],
    faults: Faults,
    place: Place | None,
) -> bool:
    columns = [moment.column for moment in clock.moments]
    return faults.has_columns(columns, schema, f"source {source.name!r}", place) and all(
        is_time(column, schema, source.zone, faults, place) for column in columns
    )


def _of(place: Place | None, what: str) -> Place | None:
    return None if place is None else place.of(what)
