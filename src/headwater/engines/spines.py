"""The rows of a training set before its features: moments, own columns, label, part or reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from headwater.engines.computed import computed
from headwater.engines.grids import grid_rows
from headwater.engines.histories import Rows
from headwater.engines.labels import labels
from headwater.engines.splits import REASONS, assign_parts
from headwater.engines.times import microseconds
from headwater.engines.versions import Events, read_events
from headwater.kernel.passes import NEVER
from headwater.plan.faults import reads
from headwater.plan.spines import OwnColumn
from headwater.plan.training_sets import TrainingSetPlan
from headwater.schema.clocks import ALWAYS

TIME = pl.Datetime("us", "UTC")
EVENT_TIME = "<event_time>"
"""The spine row's own event time, which stays inside: it is not part of an artifact."""
IN_PART = "<part>"
"""The part of a row; in brackets, since a user's column may well be called `part`."""


@dataclass(frozen=True, slots=True, eq=False)
class SpineRows:
    """The rows of a training set.

    Args:
        frame: Rows that are in a part, in the spine's order: `as_of`, keys, kept columns, label,
            `label_known_time`, and inside `IN_PART` and `EVENT_TIME`.
        facts: `spine_rows`, `excluded` by reason, `masked` by column, `boundaries` of the split
            and how many rows were `purged` from each part.
    """

    frame: pl.DataFrame
    facts: dict[str, Any]


def spine_rows(plan: TrainingSetPlan, *, threads: int | None = None) -> SpineRows:
    """Read the spine's source and decide for each row its part, or why it is left out.

    Args:
        plan: The training set.
        threads: By default the processors at hand; the values do not depend on it.

    Raises:
        DataError: HW402 no rows, HW403 an undeclared null clock, HW406 a part without rows,
            HW410 a value that does not fit an expression.
    """
    asked = _asked(plan)
    rows, as_of = asked.rows, asked.as_of
    label = labels(plan.label, rows, as_of, threads=threads)
    known = np.where(asked.is_deleted, NEVER, label.known)
    left_out = {
        "filtered": _unmet("filter", plan, asked.seen),
        "label_filtered": _unmet("label_filter", plan, rows.frame),
        "label_not_mature": ~label.is_mature,
    }
    split = assign_parts(
        as_of,
        label.values,
        known,
        plan.training_set.split,
        left_out=left_out,
        place=plan.training_set.split.place,
    )
    columns = {"as_of": as_of.cast(TIME), **asked.own}
    columns[plan.training_set.label.name] = label.values
    known_times = pl.Series(known).set(pl.Series(np.abs(known) == NEVER), None)
    columns["label_known_time"] = known_times.cast(TIME)  # null: always, since never is left out
    columns[IN_PART] = split.part
    columns[EVENT_TIME] = _own_event_time(plan, rows)
    frame = pl.DataFrame(columns).filter(pl.col(IN_PART).is_not_null())
    facts = {
        "spine_rows": rows.frame.height,
        "excluded": {reason: int(split.excluded.get(reason, 0)) for reason in REASONS},
        "masked": asked.masked,
        "boundaries": {part: _text(time) for part, time in split.boundaries.items()},
        "purged": dict(split.purged),
    }
    return SpineRows(frame, facts)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The rows of a spine, and what of each is known at its moment.

    Args:
        rows: All that labels and filters read; of an event with versions the newest.
        as_of: The moments, in microseconds.
        seen: The same rows, with what the filter reads as it was known (R10).
        own: Keys and kept columns as they were known.
        masked: How many values of each were not.
        is_deleted: Whether the newest version says that there is no such event.
    """

    rows: Rows
    as_of: pl.Series
    seen: pl.DataFrame
    own: dict[str, pl.Series]
    masked: dict[str, int]
    is_deleted: Any


def _asked(plan: TrainingSetPlan) -> _Asked:
    own = tuple(dict.fromkeys((*plan.spine.keys, *plan.spine.kept)))
    if plan.spine.grid is None:
        events = read_events(plan.spine.source, _columns(plan))
        rows, is_deleted = events.newest(), events.is_deleted
    else:
        events, rows, is_deleted = None, grid_rows(plan.spine.grid), np.bool_(False)
    as_of = _moments(plan, rows)

    def known(columns: tuple[OwnColumn, ...], masked: dict[str, int]) -> dict[str, pl.Series]:
        if events is None or events.is_plain:
            return {column.name: _masked(column, rows, as_of, masked) for column in columns}
        return _composed(columns, events, as_of, masked)

    masked: dict[str, int] = {}
    values = known(own, masked)
    seen = rows.frame.with_columns(**known(_filter_columns(plan), {}))
    return _Asked(rows, as_of, seen, values, masked, is_deleted)


def _filter_columns(plan: TrainingSetPlan) -> tuple[OwnColumn, ...]:
    """What the filter reads of a row: asked for like all else of the row itself (R5)."""
    source, moment = plan.spine.source, plan.spine.moment
    columns = []
    for name in reads(plan.spine.spine.filter, source.schema):
        clock = source.clocks[name]
        is_proved = clock == ALWAYS or (moment is not None and clock.known_by(moment) == "proved")
        verdict: Literal["proved", "masked"] = "proved" if is_proved else "masked"
        columns.append(OwnColumn(name, source.schema[name], clock, verdict))
    return tuple(columns)


def _composed(
    own: tuple[OwnColumn, ...], events: Events, as_of: pl.Series, masked: dict[str, int]
) -> dict[str, pl.Series]:
    """Columns of events as they were known, each of the newest version that knew it (R6)."""
    if not own:
        return {}
    known = events.known_at({column.name: column.clock for column in own}, as_of)
    newest = events.newest().frame
    for column in own:
        if column.verdict == "masked":
            is_hidden = pl.Series(known.hidden[column.name])
            masked[column.name] = int((is_hidden & newest[column.name].is_not_null()).sum())
    return {column.name: known.frame[column.name] for column in own}


def _columns(plan: TrainingSetPlan) -> set[str]:
    """The columns that deciding about rows reads, by name."""
    own = (*plan.spine.keys, *plan.spine.kept, *_filter_columns(plan))
    schema = plan.spine.source.schema
    names = {column.name for column in own}
    names |= {moment.column for column in own for moment in column.clock.moments}
    names |= {moment.column for moment in plan.label_clock.moments}
    names |= set(plan.label_reads) | set(reads(plan.spine.as_of, schema))
    event_time = plan.spine.source.source.event_time
    if event_time is not None:
        names.add(event_time)
    return names | set(reads(plan.spine.spine.label_filter, schema))


def _moments(plan: TrainingSetPlan, rows: Rows) -> pl.Series:
    place = plan.spine.spine.place
    times = computed(rows.frame, {"as_of": plan.spine.as_of}, place=place)["as_of"]
    source = plan.spine.source.source
    return microseconds(times, source.zone, rounded="down", place=place)


def _own_event_time(plan: TrainingSetPlan, rows: Rows) -> pl.Series:
    if plan.training_set.spine.source is None:
        return pl.Series([None], dtype=TIME).new_from_index(0, rows.frame.height)
    return rows.event_times().cast(TIME)


def _unmet(name: str, plan: TrainingSetPlan, rows: pl.DataFrame) -> Any:
    """The rows where this condition of the spine is not true; none where there is no such."""
    spine = plan.spine.spine
    condition = getattr(spine, name)
    if condition is None:
        return np.zeros(rows.height, np.bool_)
    met = computed(rows, {name: condition}, place=spine.place)[name]
    return ~met.fill_null(False).to_numpy()


def _masked(column: OwnColumn, rows: Rows, as_of: pl.Series, masked: dict[str, int]) -> pl.Series:
    """The column, null where its clock is later than the row's moment (R5); counts those."""
    values = rows.frame[column.name]
    if column.verdict == "proved":
        return values
    hidden = pl.Series(rows.known_times(column.clock) > as_of.fill_null(NEVER - 1).to_numpy())
    masked[column.name] = int((hidden & values.is_not_null()).sum())
    return pl.select(pl.when(~hidden).then(values)).to_series().alias(column.name)


def _text(microseconds_: int) -> str:
    moment: str = pl.Series([microseconds_]).cast(TIME).dt.to_string("iso:strict")[0]
    return moment
