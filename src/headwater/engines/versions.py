"""Events that were told of several times, as they were known at each moment (R6).

Rows with the same identity are versions of one event. Each column of an event has the value of the
newest version whose clock for that column is reached, so what a feature reads is a *composed row*:
columns of one or of several versions, which count from the moment when the last of them is known
until a newer version changes one of them. For the passes they are rows like others, with an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.histories import Rows, read_rows
from headwater.engines.ordering import order_of
from headwater.engines.refusals import RowsRefused
from headwater.engines.succession import changes, newest_known
from headwater.errors import DataError
from headwater.kernel.passes import NEVER
from headwater.plan.sources import SourcePlan
from headwater.schema.clocks import ALWAYS, Clock, Moment, latest


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Columns as they were known at a moment.

    Args:
        frame: One row per event; null where the column was not known.
        hidden: Per column, which rows were not known.
    """

    frame: pl.DataFrame
    hidden: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The events of a source with their versions; without `identity=` each row is an event.

    Args:
        versions: The versions of an event together, oldest first; events in the order in which the
            data first speaks of them.
        codes: The event of each version, counted from 0 without a gap.
        last: The position of the newest version of each event.
        deletes: Whether a version says that the event does not exist.
    """

    versions: Rows
    codes: Any
    last: Any
    deletes: Any

    @property
    def is_plain(self) -> bool:
        """Whether each event has one version and none is deleted: a row is what it says."""
        return len(self.last) == len(self.codes) and not self.deletes.any()

    @property
    def is_deleted(self) -> Any:
        """Whether the newest version of each event, known or not, says that it does not exist."""
        return self.deletes[self.last]

    def newest(self) -> Rows:
        """The newest version of each event, known or not, in the order of events."""
        if len(self.last) == len(self.codes):
            return self.versions
        return Rows(self.versions.plan, self.versions.frame[self.last])

    def known_at(self, clocks: Mapping[str, Clock], as_of: pl.Series) -> Known:
        """Columns of each event as they were known at a moment of its own.

        An event that was known to be deleted at that moment shows nothing.

        Args:
            clocks: The columns, and the clock that masks each.
            as_of: Int64 microseconds, one per event; at a null all is known that ever is.

        Raises:
            DataError: HW403, a clock is null and the source does not say that this means never.
        """
        moments = as_of.fill_null(NEVER - 1).to_numpy()
        told = {clock: self._told(clock, moments) for clock in set(clocks.values())}
        is_gone = np.zeros(len(self.last), np.bool_)
        if self.deletes.any():
            deletion = self._told(self._deletion, moments)
            is_gone = (deletion >= 0) & self.deletes[deletion]
        hidden = {column: is_gone | (told[clock] < 0) for column, clock in clocks.items()}
        columns = []
        for column, clock in clocks.items():
            rows = pl.Series(told[clock]).set(pl.Series(hidden[column]), None)
            columns.append(self.versions.frame[column].gather(rows))
        return Known(pl.DataFrame(columns), hidden)

    def composed(self, columns: Sequence[str], mask: Clock) -> Rows:
        """The composed rows of these columns, each with the span in which it counts.

        Args:
            columns: What is read; an event of which one is not known does not count.
            mask: Stands for the latest clock of the columns (R2). Where it asks for less than that,
                so does each column; where it asks for more, each column does, too.

        Raises:
            DataError: HW403, a clock is null and the source does not say that this means never;
                HW408, an event time is null.
        """
        source = self.versions.plan.source
        self.versions.event_times()
        clocks = {column: self._masked(column, columns, mask) for column in columns}
        needed = set(clocks.values())
        asked = needed | ({self._deletion} if self.deletes.any() else set())
        found = changes(self.codes, {clock: self.versions.known_times(clock) for clock in asked})
        counts = np.logical_and.reduce([found.version[clock] >= 0 for clock in needed])
        if self.deletes.any():
            told = found.version[self._deletion]
            counts &= ~((told >= 0) & self.deletes[told])
        taken = {column: found.version[clock][counts] for column, clock in clocks.items()}
        if source.sequence is not None:
            taken.setdefault(source.sequence, taken[str(source.event_time)])
        frame = self.versions.frame
        values = [frame[column].gather(rows) for column, rows in taken.items()]
        until = found.until[counts]
        ends = until if (until != NEVER).any() else None
        return Rows(self.versions.plan, pl.DataFrame(values), found.moment[counts], ends)

    @property
    def _deletion(self) -> Clock:
        """When a version that deletes is known to do so."""
        return self.versions.plan.clocks.get(str(self.versions.plan.source.deleted), ALWAYS)

    def _told(self, clock: Clock, moments: Any) -> Any:
        """The newest version of each event that is known at its moment; -1 for none."""
        is_known = self.versions.known_times(clock) <= moments[self.codes]
        return newest_known(self.codes, is_known, self.last)

    def _masked(self, column: str, read: Sequence[str], mask: Clock) -> Clock:
        """The clock of a column as far as the mask asks for it, and what that asks beyond."""
        plan = self.versions.plan
        own, declared = plan.clocks.get(column, ALWAYS), plan.clock_of(tuple(read))
        return latest(_lesser(own, mask), _beyond(mask, declared))


def _lesser(clock: Clock, mask: Clock) -> Clock:
    """The moments of a clock that a mask has too, at the earlier of both offsets."""
    offsets = {moment.column: moment.offset for moment in mask.moments}
    return Clock(
        tuple(
            Moment(moment.column, min(moment.offset, offsets[moment.column]))
            for moment in clock.moments
            if moment.column in offsets
        )
    )


def _beyond(mask: Clock, declared: Clock) -> Clock:
    """The moments of a mask that the declared clock lacks, or has earlier."""
    offsets = {moment.column: moment.offset for moment in declared.moments}
    return Clock(
        tuple(
            moment
            for moment in mask.moments
            if moment.column not in offsets or moment.offset > offsets[moment.column]
        )
    )


def read_events(plan: SourcePlan, columns: Iterable[str]) -> Events:
    """Read and derive these columns of a source, with the versions of each event in order.

    Versions follow one another by the row's own clock, then by `sequence`; one that is never known
    is the newest. Equal ones count once.

    Raises:
        DataError: HW402, the source has no rows; HW403, the clock of a version is null and the
            source does not say that this means never; HW405, two versions of one order differ, or
            an identity that repeats is null; HW410, a column cannot be derived.
    """
    columns = set(columns)
    rows = read_rows(plan, _wanted(plan, columns))
    events = _events(plan, rows.frame)
    if events is None:
        each = np.arange(rows.frame.height)
        return Events(rows, each, each, _deletes(rows))
    return _in_order(read_rows(plan, columns_of_versions(plan, columns)), events)


def columns_of_versions(plan: SourcePlan, columns: Iterable[str]) -> set[str]:
    """What `events_of` needs for these columns of a source with `identity=`."""
    wanted = _wanted(plan, columns)
    order = {moment.column for moment in plan.clock.moments}
    order |= {plan.source.sequence} if plan.source.sequence else set()
    return wanted | order | _moments(plan, wanted)


def events_of(rows: Rows) -> Events:
    """The events of rows that hold all versions of each of them.

    Args:
        rows: With `columns_of_versions`.

    Raises:
        DataError: As `read_events`.
    """
    events = _events(rows.plan, rows.frame)
    return _in_order(rows, np.arange(rows.frame.height) if events is None else events)


def is_plain(rows: Rows) -> bool:
    """Whether each event has one of these rows and none is deleted.

    Args:
        rows: With the identity, and `deleted` where there is one.
    """
    identity = rows.frame.select(rows.plan.source.identity)
    return identity.n_unique() == identity.height and not _deletes(rows).any()


def _wanted(plan: SourcePlan, columns: Iterable[str]) -> set[str]:
    """These columns and those that say which event a row is about, and whether it is deleted."""
    return {*columns, *plan.source.identity, *_moments(plan, _deleted(plan)), *_deleted(plan)}


def _deleted(plan: SourcePlan) -> set[str]:
    return set() if plan.source.deleted is None else {plan.source.deleted}


def _moments(plan: SourcePlan, columns: Iterable[str]) -> set[str]:
    """The columns of time in the clocks of these columns."""
    return {moment.column for moment in plan.clock_of(tuple(columns)).moments}


def _deletes(rows: Rows) -> Any:
    """Whether each row says that its event does not exist; a null does not."""
    deleted = rows.plan.source.deleted
    if deleted is None:
        return np.zeros(rows.frame.height, np.bool_)
    return rows.frame[deleted].fill_null(False).to_numpy()


def _events(plan: SourcePlan, frame: pl.DataFrame) -> Any:
    """The event of each row, in the order of their first rows; None where each has one row.

    Raises:
        DataError: HW405, an identity that repeats is null.
    """
    identity = list(plan.source.identity)
    if not identity or frame.select(identity).n_unique() == frame.height:
        return None
    numbered = frame.select(identity).with_row_index("<row>")
    grouped = numbered.group_by(identity, maintain_order=True).agg(pl.col("<row>"))
    sizes = grouped["<row>"].list.len()
    is_null = pl.any_horizontal(pl.col(identity).is_null())
    nulls = grouped.filter(is_null & (sizes > 1)).height
    if nulls:
        raise DataError(
            "HW405",
            f"identity {identity} of source {plan.source.name!r} is null in rows that repeat",
            place=plan.source.place,
            hint="leave rows without an identity out, or name columns that are never null",
        )
    events = np.empty(frame.height, np.int64)
    events[grouped["<row>"].explode().to_numpy()] = np.repeat(
        np.arange(grouped.height), sizes.to_numpy()
    )
    return events


def _in_order(rows: Rows, events: Any) -> Events:
    """The versions of each event from the oldest to the newest, equal ones once."""
    known, sequence = rows.known_times(rows.plan.clock), _sequence(rows)
    order = order_of(events, known, sequence)
    keys = [key[order] for key in (events, known, sequence)]
    is_same = np.zeros(len(order), np.bool_)
    is_same[1:] = np.logical_and.reduce([key[1:] == key[:-1] for key in keys])
    _refuse_difference(rows, order[np.flatnonzero(is_same) - 1], order[is_same])
    order = order[~is_same]
    versions = Rows(rows.plan, rows.frame[order])
    codes = events[order]
    is_last = np.ones(len(codes), np.bool_)
    is_last[:-1] = codes[1:] != codes[:-1]
    return Events(versions, codes, np.flatnonzero(is_last), _deletes(versions))


def _sequence(rows: Rows) -> Any:
    """The order of versions that become known together: dense ranks, nulls first."""
    sequence = rows.plan.source.sequence
    if sequence is None:
        return np.zeros(rows.frame.height, np.int64)
    return rows.frame[sequence].rank("dense").cast(pl.Int64).fill_null(0).to_numpy()


def _refuse_difference(rows: Rows, left: Any, right: Any) -> None:
    """Raise where one of these pairs of versions of one order differs in a column."""
    source = rows.plan.source
    for column in rows.frame.iter_columns():
        differs = _differs(column.gather(left), column.gather(right))
        if differs.any():
            repeated = len(np.unique(right[differs.to_numpy()]))
            raise RowsRefused(
                "HW405",
                f"identity {list(source.identity)} of source {source.name!r} repeats",
                repeated,
                which=f" that are known together and differ in {column.name!r}",
                place=source.place,
                hint="declare sequence= with a column that orders such versions, or add the column "
                "that tells the events apart",
            )


def _differs(left: pl.Series, right: pl.Series) -> pl.Series:
    """Whether values differ: nulls and NaN do not, and the two zeros do."""
    differs = left.ne_missing(right)
    if left.dtype.is_float():
        differs |= ((left == 0.0) & (1.0 / left != 1.0 / right)).fill_null(False)
    return differs
