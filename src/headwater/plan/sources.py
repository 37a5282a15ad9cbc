"""A source resolved: its types after `derive`, and the clock of each column."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from headwater.errors import Place
from headwater.plan.faults import REPORTED, Faults, reads
from headwater.schema.clocks import ALWAYS, Clock, Moment, latest
from headwater.spec.clock_expressions import moment_of
from headwater.spec.reader import Reader
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
        """Whether a column has no declared clock, so that it counts as known at its event time."""
        declared = {*self.source.known_times, self.source.event_time}
        return self.source.known_time is None and not declared.issuperset(self.read)

    def clock_of(self, columns: tuple[str, ...]) -> Clock:
        """The clock of a value that reads these columns; one that is not there counts as known."""
        return latest(*(self.clocks.get(column, ALWAYS) for column in columns))


def plan_source(source: Source, faults: Faults) -> SourcePlan | None:
    """Resolve a source; None where it has no reader, and so no columns to speak of.

    What is at fault is resolved to something that causes no second fault.

    Raises:
        DataError: HW401, the data is missing.
    """
    owner = f"source {source.name!r}"
    place = _of(source.place, owner)
    if not isinstance(source.reader, Reader):
        found = type(source.reader).__name__
        faults.add(
            "HW211",
            f"the reader of {owner} is a {found}",
            place=place,
            hint='give hw.Parquet("..."), hw.Csv("...") or hw.Frame(frame)',
        )
        return None
    read = source.reader.schema()
    schema = _derived(source, read, faults)
    _check_words(source, faults, place)
    if _is_name(source.event_time, "event_time=", faults, place) and faults.has_columns(
        [source.event_time], schema, owner, place
    ):
        is_time(source.event_time, schema, source.zone, faults, place)
    if source.sequence is not None and _is_name(source.sequence, "sequence=", faults, place):
        faults.has_columns([source.sequence], schema, owner, place)
    faults.has_columns(source.identity, schema, owner, place)
    return SourcePlan(source, schema, tuple(read), _clocks(source, schema, faults, place))


def _derived(
    source: Source, read: dict[str, pl.DataType], faults: Faults
) -> dict[str, pl.DataType]:
    """The columns and types after `derive`."""
    owner = f"source {source.name!r}"
    schema = dict(read)
    for name, expression in source.derive.items():
        place = _of(source.place, f"{owner}, {name}")
        dtype = faults.type_of(expression, schema, owner, place)
        if name in read:
            faults.add(
                "HW203",
                f"a column named {name!r} is there already",
                place=place,
                hint="derive it under another name",
            )
        else:
            schema[name] = REPORTED if dtype is None else dtype
    return schema


def _check_words(source: Source, faults: Faults, place: Place | None) -> None:
    if source.null_known_time not in ("error", "never"):
        faults.add(
            "HW211",
            f"null_known_time= takes 'error' or 'never', found {source.null_known_time!r}",
            place=place,
        )
    if source.zone is not None and not _is_zone(source.zone):
        faults.add(
            "HW211",
            f"zone {source.zone!r} is not known",
            place=place,
            hint="name a zone of the time zone database, such as Europe/Zurich or UTC",
        )


def _is_zone(zone: str) -> bool:
    try:  # Polars brings its own database, and does not wait for data to look a zone up
        pl.Series([], dtype=pl.Datetime("us")).dt.replace_time_zone(zone)
    except (TypeError, pl.exceptions.PolarsError):
        return False
    return True


def _is_name(value: object, what: str, faults: Faults, place: Place | None) -> bool:
    if not isinstance(value, str):
        found = type(value).__name__
        faults.add(
            "HW211",
            f"{what} takes a column's name, found {found}",
            place=place,
            hint="add the value as a column with derive= and name that",
        )
    return isinstance(value, str)


def is_time(
    column: str,
    schema: dict[str, pl.DataType],
    zone: str | None,
    faults: Faults,
    place: Place | None,
) -> bool:
    """Whether a column holds times of a known zone; a fault where it does not."""
    dtype = schema[column]
    if dtype == REPORTED:
        return False
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
) -> dict[str, Clock]:
    """The clock of each column; `ALWAYS` for one that is at fault."""
    default = ALWAYS
    if source.known_time is not None:
        default = _clock(source.known_time, source, schema, faults, place)
    elif source.event_time in schema:
        default = Clock((Moment(source.event_time),))
    clocks: dict[str, Clock] = {}
    faults.has_columns(source.known_times, schema, f"source {source.name!r}", place)
    for column, dtype in schema.items():
        if column in source.known_times:
            clocks[column] = _clock(source.known_times[column], source, schema, faults, place)
        elif dtype == REPORTED:
            clocks[column] = ALWAYS
        elif column in source.derive:
            parts = reads(source.derive[column], schema)
            clocks[column] = latest(*(clocks.get(part, ALWAYS) for part in parts))
        else:
            clocks[column] = default
    return clocks


def _clock(
    clock: ClockLike,
    source: Source,
    schema: dict[str, pl.DataType],
    faults: Faults,
    place: Place | None,
) -> Clock:
    """The clock that was declared; `ALWAYS` with a fault where it is none."""
    if isinstance(clock, Clock):
        return clock if _all_times(clock, source, schema, faults, place) else ALWAYS
    if not isinstance(clock, str | pl.Expr):
        found = type(clock).__name__
        words = f"a clock is a column, an expression or hw.ALWAYS, found {found}"
        faults.add("HW211", words, place=place)
        return ALWAYS
    named = [clock] if isinstance(clock, str) else list(dict.fromkeys(clock.meta.root_names()))
    if not faults.has_columns(named, schema, f"source {source.name!r}", place):
        return ALWAYS
    if any(schema[name] == REPORTED for name in named):
        return ALWAYS
    try:
        moment = moment_of(clock, schema)
    except ValueError as error:
        faults.add(
            "HW304",
            f"clock is not a time column plus a constant: {error}",
            place=place,
            hint="add the time as a column with derive= and name it as the clock",
        )
        return ALWAYS
    resolved = Clock((moment,))
    return resolved if _all_times(resolved, source, schema, faults, place) else ALWAYS


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
