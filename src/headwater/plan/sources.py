"""A source resolved: its types after `derive`, and the clock of each column."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from headwater.checks.base import Check
from headwater.errors import Place
from headwater.plan.arguments import source_has_kinds
from headwater.plan.checks import check_contract, read_by
from headwater.plan.faults import REPORTED, Faults, reads
from headwater.plan.moments import is_zone, length, moment
from headwater.schema.clocks import ALWAYS, Clock, Moment, latest
from headwater.schema.durations import DAY
from headwater.spec.clock_expressions import moment_of
from headwater.spec.reader import Reader
from headwater.spec.source import ClockLike, Source

if TYPE_CHECKING:
    from headwater.plan.views import ViewPlan


@dataclass(frozen=True, slots=True, eq=False)
class SourcePlan:
    """A source resolved.

    Args:
        source: As declared.
        schema: The columns and types after `derive` and `views`.
        read: The columns that the reader has.
        clocks: The clock of each column of `schema` in a row of a history: no earlier than it is
            known whether a check sets the row aside, which all that reads the row depends on (R2).
        clock: The clock of a row as a whole, by which versions of an event follow one another.
        delay: Microseconds that rows may be late.
        complete_through: Where declared, the microsecond up to which all rows are there.
        views: Those whose columns every row gets, resolved.
        sets_aside: The checks of its contract that set rows aside.
        own_clocks: The clock of each column in a row that asks for itself, which is there whether
            it will be set aside or not.
    """

    source: Source
    schema: dict[str, pl.DataType]
    read: tuple[str, ...]
    clocks: dict[str, Clock]
    clock: Clock = ALWAYS
    delay: int = 0
    complete_through: int | None = None
    views: tuple[ViewPlan, ...] = ()
    sets_aside: tuple[Check, ...] = ()
    own_clocks: dict[str, Clock] = field(default_factory=dict)

    @property
    def seen(self) -> tuple[SourcePlan, ...]:
        """This source and those that its views read, and theirs."""
        inner = (source for view in self.views for source in view.source.seen)
        return (self, *inner)

    @property
    def set_aside_by(self) -> tuple[str, ...]:
        """The columns that say whether a row is set aside, sorted."""
        return tuple(sorted({c for one in self.sets_aside for c in read_by(one, self.schema)}))

    def waits_for_checks(self, column: str) -> bool:
        """Whether a column is known later than its own clock says, for what sets rows aside."""
        if not self.sets_aside or self.clocks is self.own_clocks:
            return False
        own = self.own_clocks.get(column, ALWAYS)
        told = (self.own_clocks.get(name, ALWAYS) for name in self.set_aside_by)
        return latest(own, *told) != own

    def asked(self) -> SourcePlan:
        """The same for rows that ask for themselves, each column by its own clock (R5)."""
        return replace(self, clocks=self.own_clocks)

    @property
    def is_assumed(self) -> bool:
        """Whether a column has no declared clock, so that it counts as known at its event time."""
        source = self.source
        declared = {*source.known_times, source.event_time}
        has_clock = any(one is not None for one in (source.known_time, source.delay, source.static))
        return not has_clock and not declared.issuperset(self.read)

    def clock_of(self, columns: tuple[str, ...]) -> Clock:
        """The clock of a value that reads these columns; one that is not there counts as known."""
        return latest(*(self.clocks.get(column, ALWAYS) for column in columns))


def plan_source(source: Source, faults: Faults) -> SourcePlan | None:
    """Resolve a source; None where its arguments leave no columns to speak of.

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
    if not source_has_kinds(source, faults, place):
        return None
    from headwater.plan.chains import plan_chained  # a view reads a source, which may have views

    read = source.reader.schema()
    schema = _derived(source, read, faults)
    _check_words(source, faults, place)
    _check_event_time(source, schema, faults, place)
    if source.sequence is not None and faults.is_name(source.sequence, "sequence=", place):
        faults.has_columns([source.sequence], schema, owner, place)
    faults.has_columns(source.identity, schema, owner, place)
    _check_deleted(source, schema, faults, place)
    sets_aside = check_contract(source, schema, faults, place)
    delay = through = None
    if source.delay is not None:
        delay = length(source.delay, "delay=", faults, place)
    if source.complete_through is not None:
        through = moment(source.complete_through, "complete_through=", source.zone, faults, place)
    clock = _row_clock(source, schema, delay or 0, faults, place)
    clocks = _clocks(source, schema, clock, faults, place)
    views = plan_chained(source, schema, faults)
    for view in views:
        reads_also = (*view.view.spine_keys, source.event_time)
        # a row that is known ahead of its event sees what was not known before the event
        asked_at = Clock((Moment(str(source.event_time)),))
        known = latest(clock, asked_at, *(clocks.get(str(key), ALWAYS) for key in reads_also))
        for feature in view.features:
            schema[feature.column], clocks[feature.column] = feature.dtype, known
    plan = SourcePlan(source, schema, tuple(read), clocks, clock, delay or 0, through, views)
    if not sets_aside:
        return replace(plan, own_clocks=clocks)
    plan = replace(plan, sets_aside=sets_aside, own_clocks=clocks)
    told = plan.clock_of(plan.set_aside_by)
    return replace(plan, clocks={column: latest(one, told) for column, one in clocks.items()})


def _check_event_time(
    source: Source, schema: dict[str, pl.DataType], faults: Faults, place: Place | None
) -> None:
    owner = f"source {source.name!r}"
    if source.static is not None:
        _check_static(source, faults, place)
    elif source.event_time is None:
        faults.add(
            "HW211",
            f"{owner} has no event_time=",
            place=place,
            hint='name the column, or say with static="..." why the table needs none',
        )
    elif faults.has_columns([source.event_time], schema, owner, place):
        is_time(source.event_time, schema, source.zone, faults, place)


_OF_TIME = (
    *("event_time", "known_time", "known_times", "sequence", "identity", "deleted", "delay"),
    "complete_through",
)


def _check_static(source: Source, faults: Faults, place: Place | None) -> None:
    """A static table says why it is one, and declares nothing that needs times."""
    owner = f"source {source.name!r}"
    if not isinstance(source.static, str) or not source.static.strip():
        faults.add(
            "HW211",
            f"static= of {owner} takes the reason why its rows count as always known",
            place=place,
        )
    given = {name: getattr(source, name) for name in _OF_TIME}
    declared = [
        f"{name}=" for name, value in given.items() if value is not None and not _is_empty(value)
    ]
    if declared:
        faults.add(
            "HW211",
            f"{owner} is static and declares {', '.join(declared)}",
            place=place,
            hint="leave static= out where the table has times",
        )


def _is_empty(value: object) -> bool:
    return isinstance(value, Sized) and not len(value)


def _check_deleted(
    source: Source, schema: dict[str, pl.DataType], faults: Faults, place: Place | None
) -> None:
    column, owner = source.deleted, f"source {source.name!r}"
    if column is None or not faults.is_name(column, "deleted=", place):
        return
    if not source.identity:
        faults.add(
            "HW211",
            f"deleted= of {owner} needs identity=",
            place=place,
            hint="name the columns that say which event a row deletes",
        )
    if faults.has_columns([column], schema, owner, place) and schema[column] not in (
        pl.Boolean,
        REPORTED,
    ):
        faults.add(
            "HW211",
            f"deleted= column {column!r} holds {schema[column]}, not true or false",
            place=place,
            hint="derive a boolean column and name that",
        )


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
            dtype = None
        schema[name] = REPORTED if dtype is None else dtype
    return schema


_NULLS = ("error", "never")


def _check_words(source: Source, faults: Faults, place: Place | None) -> None:
    meant: object = source.null_known_time
    if not isinstance(meant, str) or meant not in _NULLS:
        faults.add(
            "HW211",
            f"null_known_time= takes 'error' or 'never', found {source.null_known_time!r}",
            place=place,
        )
    if source.zone is not None and not is_zone(source.zone):
        faults.add(
            "HW211",
            f"zone {source.zone!r} is not known",
            place=place,
            hint="name a zone of the time zone database, such as Europe/Zurich or UTC",
        )


def is_time(
    column: str,
    schema: dict[str, pl.DataType],
    zone: str | None,
    faults: Faults,
    place: Place | None,
    *,
    is_declared: bool = True,
) -> bool:
    """Whether a column holds times of a known zone; a fault where it does not.

    Args:
        column: Its name, or what stands for it.
        schema: With its type.
        zone: The declared one.
        faults: Hears of faults.
        place: Named there.
        is_declared: Whether there is a source, which could declare a zone.
    """
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
            hint=_zone_hint(dtype, is_declared=is_declared),
        )
        return False
    return True


def _zone_hint(dtype: pl.DataType, *, is_declared: bool) -> str:
    """How times, or dates, are given the zone that they lack."""
    is_date = dtype == pl.Date
    given = '.cast(pl.Datetime("us", "UTC"))' if is_date else '.dt.replace_time_zone("UTC")'
    in_frame = f"give them one with {given}"
    if is_declared:
        zone = 'zone="UTC" in the source, or the zone in which they were written'
        return f"declare {zone}; in a frame, {in_frame}"
    localized = "" if is_date else ', in pandas .dt.tz_localize("UTC")'
    return f"{in_frame}{localized}, or the zone in which they were written"


def _row_clock(
    source: Source,
    schema: dict[str, pl.DataType],
    delay: int,
    faults: Faults,
    place: Place | None,
) -> Clock:
    """The clock of a row as a whole, and of columns without one of their own."""
    if source.known_time is not None:
        return _clock(source.known_time, source, schema, faults, place)
    if source.event_time is not None and source.event_time in schema:
        return Clock((Moment(source.event_time, delay),))
    return ALWAYS


def _clocks(
    source: Source,
    schema: dict[str, pl.DataType],
    default: Clock,
    faults: Faults,
    place: Place | None,
) -> dict[str, Clock]:
    """The clock of each column; `ALWAYS` for one that is at fault."""
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
        is_clock = _all_times(clock, source, schema, faults, place)
        return when_over(clock, schema, source.event_time) if is_clock else ALWAYS
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
        resolved = Clock((moment_of(clock, schema),))
    except ValueError as error:
        faults.add(
            "HW304",
            f"clock is not a time column plus a constant: {error}",
            place=place,
            hint="add the time as a column with derive= and name it as the clock",
        )
        return ALWAYS
    is_clock = _all_times(resolved, source, schema, faults, place)
    return when_over(resolved, schema, source.event_time) if is_clock else ALWAYS


def has_an_end(source: SourcePlan, faults: Faults, place: Place | None) -> bool:
    """Whether it is known how far a source is complete; a fault where nothing says so."""
    if source.complete_through is None and not source.clock.moments:
        faults.add(
            "HW305",
            f"source {source.source.name!r} does not say how far it is complete, since its rows "
            "are always known",
            place=place,
            hint="declare complete_through= in the source",
        )
        return False
    return True


def when_over(clock: Clock, schema: Mapping[str, pl.DataType], event_time: str | None) -> Clock:
    """The clock with dates counted when the day is over: known time is rounded up (R11).

    The event time is no such date: it counts from its first moment, as an event and as a clock.
    """
    return Clock(
        tuple(
            replace(one, offset=one.offset + DAY)
            if schema.get(one.column) == pl.Date and one.column != event_time
            else one
            for one in clock.moments
        )
    )


def _all_times(
    clock: Clock,
    source: Source,
    schema: dict[str, pl.DataType],
    faults: Faults,
    place: Place | None,
) -> bool:
    columns = [one.column for one in clock.moments]
    return faults.has_columns(columns, schema, f"source {source.name!r}", place) and all(
        is_time(column, schema, source.zone, faults, place) for column in columns
    )


def _of(place: Place | None, what: str) -> Place | None:
    return None if place is None else place.of(what)
