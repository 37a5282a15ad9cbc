"""A source's rows for one view: read, derived, with their times as integers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.breaking import kept, none_kept
from headwater.engines.computed import computed
from headwater.engines.refusals import RowsRefused
from headwater.engines.times import filled, microseconds, plus, rounds_alike
from headwater.errors import DataError
from headwater.kernel.passes import NEVER
from headwater.plan.faults import reads
from headwater.plan.sources import SourcePlan
from headwater.schema.clocks import Clock, Moment
from headwater.schema.durations import DAY

BEFORE_ALL = -(1 << 62)
"""A moment before every `as_of`, at which the rows of a static table stand."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of a source with what it declares about them.

    Args:
        plan: The source.
        frame: The columns that were asked for, derived ones too, in the order of the data.
        known: Of composed rows (see `versions`), when each begins to count.
        until: Of composed rows, when each no longer counts; None where no row ends.
    """

    plan: SourcePlan
    frame: pl.DataFrame
    known: Any = None
    until: Any = None

    def event_times(self) -> pl.Series:
        """Event times as Int64 microseconds; before all others for a static table.

        Raises:
            DataError: HW408, an event time is null.
        """
        source = self.plan.source
        if source.event_time is None:
            return pl.repeat(BEFORE_ALL, self.frame.height, dtype=pl.Int64, eager=True)
        times = microseconds(
            self.frame[source.event_time], source.zone, rounded="down", place=source.place
        )
        if times.null_count():
            raise RowsRefused(
                "HW408",
                f"column {source.event_time!r} of source {source.name!r} is null",
                times.null_count(),
                place=source.place,
                hint="a row without an event time belongs to no window: leave such rows out",
            )
        return times

    def known_times(self, clock: Clock) -> Any:
        """When this clock is reached, per row, as int64 microseconds; `NEVER` where it is null.

        Composed rows were made for one mask, and have its moments with them.

        Raises:
            DataError: HW403, a clock is null and the source does not say that this means never.
        """
        if self.known is not None:
            return self.known
        known = np.full(self.frame.height, -NEVER, np.int64)
        for moment in clock.moments:
            known = np.maximum(known, self._reached(moment))
        return known

    def follows_by(self, clock: Clock) -> int | None:
        """How long after its event time each row becomes known, where that is the same for all."""
        source = self.plan.source
        columns = {moment.column for moment in clock.moments}
        if self.known is not None or source.event_time is None or columns != {source.event_time}:
            return None
        if not rounds_alike(self.frame.schema[source.event_time], source.zone):
            return None
        return max(moment.offset for moment in clock.moments)

    def until_times(self, clock: Clock) -> Any:
        """When a row stops to count, exclusive, as int64 microseconds; None: rows never end."""
        return self.until

    def _reached(self, moment: Moment) -> Any:
        """When a moment is reached; of a date whole days are days of the calendar (R11)."""
        column, offset = moment.column, moment.offset
        if self.frame.schema[column] == pl.Date and column != self.plan.source.event_time:
            days, offset = divmod(offset, DAY)
            dates = self.frame[column].cast(pl.Int32) + days
            return plus(filled(self._clock_column(dates.cast(pl.Date))), offset)
        return plus(filled(self._clock_column(self.frame[column])), offset)

    def _clock_column(self, values: pl.Series) -> pl.Series:
        source, column = self.plan.source, values.name
        times = microseconds(values, source.zone, rounded="up", place=source.place)
        if times.null_count() and source.null_known_time == "error":
            raise RowsRefused(
                "HW403",
                f"clock {column!r} of source {source.name!r} is null",
                times.null_count(),
                place=source.place,
                hint='declare null_known_time="never" if such values never become known',
            )
        return times


def read_rows(plan: SourcePlan, columns: Iterable[str]) -> Rows:
    """Read and derive these columns of a source; versions of one event stay rows (see `versions`).

    Rows that checks set aside are left out.

    Raises:
        DataError: HW402, the source has no rows, or all are set aside; HW410, a column cannot be
            derived.
    """
    columns = tuple(columns)
    rows, chained = whole_rows(plan, columns), _chained(plan, _needed(plan, columns))
    rows = without_set_aside(rows, columns)
    if not rows.frame.height:
        raise none_kept(plan)
    if not chained:
        return rows
    from headwater.engines.chains import with_views  # a view reads rows, which may have views

    return with_views(rows, chained)


def whole_rows(plan: SourcePlan, columns: Iterable[str]) -> Rows:
    """The same with the rows that checks set aside, and without columns of views.

    Raises:
        DataError: HW402, the source has no rows; HW410.
    """
    columns = tuple(columns)
    # in one chunk, or each row expression would copy the frame
    frame = plan.source.reader.read(stored(plan, columns)).rechunk()
    if not frame.height:
        raise DataError(
            "HW402", f"source {plan.source.name!r} has no rows", place=plan.source.place
        )
    return derived(plan, frame, (*columns, *plan.set_aside_by))


def without_set_aside(rows: Rows, columns: Iterable[str]) -> Rows:
    """The rows that no check sets aside, without what was read only to tell that.

    Args:
        rows: Not composed; with these columns and `plan.set_aside_by`.
        columns: What is asked for.
    """
    plan = rows.plan
    if not plan.sets_aside:
        return rows
    frame, asked = kept(plan, rows.frame), _needed(plan, columns)
    return Rows(plan, frame.select(name for name in frame.columns if name in asked))


def stored(plan: SourcePlan, columns: Iterable[str]) -> tuple[str, ...]:
    """What has to be read of a source for these columns, and to tell which rows are set aside."""
    needed = _needed(plan, (*columns, *plan.set_aside_by))
    return tuple(sorted(needed - plan.source.derive.keys() - _chained(plan, needed)))


def derived(plan: SourcePlan, frame: pl.DataFrame, columns: Iterable[str]) -> Rows:
    """Rows that were read, with what these columns need derived; columns of views left out.

    Raises:
        DataError: HW410, a column cannot be derived.
    """
    needed = _needed(plan, columns)
    for name, expression in plan.source.derive.items():
        if name in needed:
            place = None if plan.source.place is None else plan.source.place.of(f"derive {name!r}")
            frame = frame.with_columns(computed(frame, {name: expression}, place=place))
    return Rows(plan, frame)


def _chained(plan: SourcePlan, columns: Iterable[str]) -> set[str]:
    """Those of the columns that views give."""
    given = {feature.column for view in plan.views for feature in view.features}
    return given.intersection(columns)


def _needed(plan: SourcePlan, columns: Iterable[str]) -> set[str]:
    """These columns and all from which they are derived."""
    needed = set(columns)
    for view in plan.views:
        if needed.intersection(feature.column for feature in view.features):
            needed |= {*view.view.spine_keys, str(plan.source.event_time)}
    for name, expression in reversed(list(plan.source.derive.items())):  # each reads earlier ones
        if name in needed:
            needed |= set(reads(expression, plan.schema))
    return needed
