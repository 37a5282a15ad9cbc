"""The rows of a grid: each moment with the entities that were active before it.

Every row of the history makes its entity active at an interval of moments. The intervals of an
entity are united before they are written out, so that the work follows the rows that there are and
the rows that come out, never entities times moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.histories import Rows
from headwater.engines.labels import complete_through
from headwater.engines.ordering import order_of
from headwater.engines.times import plus
from headwater.engines.versions import read_events
from headwater.errors import DataError
from headwater.kernel.passes import NEVER
from headwater.plan.grids import MOMENT, GridPlan


@dataclass(frozen=True, slots=True, eq=False)
class _Intervals:
    """Where entities are active, as numbers of moments.

    Args:
        codes: The entity of each interval.
        first: Its first moment.
        last: Its last moment, included.
    """

    codes: Any
    first: Any
    last: Any


def grid_rows(plan: GridPlan) -> Rows:
    """The rows of a grid, `as_of` and the entity's columns, sorted by them.

    Raises:
        DataError: HW402, no entity was active at any moment; HW403 an undeclared null clock, HW408
            a null event time.
    """
    (feature,) = plan.activity.features
    events = read_events(plan.source, plan.activity.columns)
    history = events.versions if events.is_plain else events.composed(feature.reads, feature.mask)
    entities = history.frame.select(plan.grid.keys)
    is_known = entities.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
    named = entities.filter(is_known).unique().sort(plan.grid.keys).with_row_index("<code>")
    codes = entities.join(
        named, on=plan.grid.keys, how="left", nulls_equal=False, maintain_order="left"
    )["<code>"]
    found = _united(_active(plan, history, codes.cast(pl.Int64).fill_null(-1).to_numpy()))
    moments, active = _written_out(found)
    if not len(moments):
        raise DataError(
            "HW402",
            "no entity was active at any moment of the spine",
            place=plan.grid.place,
            hint="look at start= and end=, or keep entities active for longer",
        )
    as_of = pl.Series("as_of", moments * plan.period + (plan.start or 0)).cast(MOMENT)
    frame = named.drop("<code>")[active].insert_column(0, as_of)
    return Rows(plan.rows(), frame)


def _active(plan: GridPlan, history: Rows, codes: Any) -> _Intervals:
    """The moments at which each row of the history makes its entity active."""
    (feature,) = plan.activity.features
    times = history.event_times().to_numpy()
    seen = np.maximum(plus(times, 1), history.known_times(feature.mask))
    gone = plus(times, feature.window.length)
    until = history.until_times(feature.mask)
    if until is not None:
        gone = np.minimum(gone, until - 1)
    counts = (codes >= 0) & (seen != NEVER)
    start, end = plan.start or 0, complete_through(plan.source)
    end = end if plan.end is None else min(plan.end, end)
    first = -((start - seen[counts]) // plan.period)
    if plan.start is not None:
        first = np.maximum(first, 0)
    last = (np.minimum(gone[counts], end) - start) // plan.period
    is_active = first <= last
    return _Intervals(codes[counts][is_active], first[is_active], last[is_active])


def _united(intervals: _Intervals) -> _Intervals:
    """The intervals of each entity without what they share, in order."""
    order = order_of(intervals.codes, intervals.first)
    codes, first, last = (
        part[order] for part in (intervals.codes, intervals.first, intervals.last)
    )
    reached = pl.DataFrame({"code": codes, "last": last}).select(
        pl.col("last").cum_max().over("code")
    )
    furthest = reached.to_series().to_numpy()
    begins = np.ones(len(codes), np.bool_)
    begins[1:] = (codes[1:] != codes[:-1]) | (first[1:] > furthest[:-1])
    ends = np.append(np.flatnonzero(begins)[1:] - 1, len(codes) - 1) if len(codes) else begins
    return _Intervals(codes[begins], first[begins], furthest[ends])


def _written_out(intervals: _Intervals) -> tuple[Any, Any]:
    """Each moment of each interval with its entity, by moment, then by entity."""
    lengths = intervals.last - intervals.first + 1
    codes = np.repeat(intervals.codes, lengths)
    skipped = np.repeat(np.cumsum(lengths) - lengths, lengths)
    moments = np.repeat(intervals.first, lengths) + np.arange(len(codes)) - skipped
    order = order_of(moments, codes)
    return moments[order], codes[order]
