"""The rows of a training set before its features: moments, own columns, label, part or reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.computed import computed
from headwater.engines.histories import Rows, read_rows
from headwater.engines.splits import REASONS, assign_parts
from headwater.engines.times import microseconds
from headwater.kernel.passes import NEVER
from headwater.plan.faults import reads
from headwater.plan.spines import OwnColumn
from headwater.plan.training_sets import TrainingSetPlan

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
        facts: `spine_rows`, `excluded` by reason, `masked` by column, `boundaries` of the split.
    """

    frame: pl.DataFrame
    facts: dict[str, Any]


def spine_rows(plan: TrainingSetPlan) -> SpineRows:
    """Read the spine's source and decide for each row its part, or why it is left out.

    Raises:
        DataError: HW402 no rows, HW403 an undeclared null clock, HW406 a part without rows,
            HW410 a value that does not fit an expression.
    """
    rows = read_rows(plan.spine.source, _columns(plan))
    as_of = _moments(plan, rows)
    asked = plan.training_set.label
    label = computed(rows.frame, {asked.name: asked.expression}, place=asked.place)[asked.name]
    known = rows.known_times(plan.label_clock)
    kept_out = _filtered(plan, rows)
    split = assign_parts(
        as_of,
        label,
        known,
        plan.training_set.split,
        filtered=kept_out,
        place=plan.training_set.split.place,
    )
    masked: dict[str, int] = {}
    columns = {"as_of": as_of.cast(TIME)}
    for column in dict.fromkeys((*plan.spine.keys, *plan.spine.kept)):
        columns[column.name] = _masked(column, rows, as_of, masked)
    columns[plan.training_set.label.name] = label
    known_times = pl.Series(known).set(pl.Series(np.abs(known) == NEVER), None)
    columns["label_known_time"] = known_times.cast(TIME)  # null: always, since never is left out
    columns[IN_PART] = split.part
    columns[EVENT_TIME] = _own_event_time(plan, rows)
    frame = pl.DataFrame(columns).filter(pl.col(IN_PART).is_not_null())
    facts = {
        "spine_rows": rows.frame.height,
        "excluded": {reason: int(split.excluded.get(reason, 0)) for reason in REASONS},
        "masked": masked,
        "boundaries": {part: _text(time) for part, time in split.boundaries.items()},
    }
    return SpineRows(frame, facts)


def _columns(plan: TrainingSetPlan) -> set[str]:
    """The columns that deciding about rows reads, by name."""
    own = (*plan.spine.keys, *plan.spine.kept)
    schema = plan.spine.source.schema
    names = {column.name for column in own}
    names |= {moment.column for column in own for moment in column.clock.moments}
    names |= {moment.column for moment in plan.label_clock.moments}
    names |= set(plan.label_reads) | set(reads(plan.spine.as_of, schema))
    if plan.training_set.spine.source is not None:
        names.add(plan.spine.source.source.event_time)
    return names | set(reads(plan.spine.spine.filter, schema))


def _moments(plan: TrainingSetPlan, rows: Rows) -> pl.Series:
    place = plan.spine.spine.place
    times = computed(rows.frame, {"as_of": plan.spine.as_of}, place=place)["as_of"]
    source = plan.spine.source.source
    return microseconds(times, source.zone, rounded="down", place=place)


def _own_event_time(plan: TrainingSetPlan, rows: Rows) -> pl.Series:
    if plan.training_set.spine.source is None:
        return pl.Series([None], dtype=TIME).new_from_index(0, rows.frame.height)
    return rows.event_times().cast(TIME)


def _filtered(plan: TrainingSetPlan, rows: Rows) -> Any:
    condition = plan.spine.spine.filter
    if condition is None:
        return np.zeros(rows.frame.height, np.bool_)
    place = plan.spine.spine.place
    met = computed(rows.frame, {"filter": condition}, place=place)["filter"]
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
