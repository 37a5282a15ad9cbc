"""Labels computed: what each is, when it is known, and whether it is mature (R8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.computed import computed
from headwater.engines.histories import Rows, read_rows
from headwater.engines.times import plus
from headwater.engines.views import view_features
from headwater.kernel.passes import NEVER
from headwater.plan.ahead import AheadPlan
from headwater.plan.labels import LabelPlan
from headwater.plan.sources import SourcePlan


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The labels of some rows.

    Args:
        values: What each is.
        known: When each is known, in microseconds: `NEVER`, or `-NEVER` for always.
        is_mature: Whether its source is complete through then; true for labels of the own row,
            which are mature at their clock.
    """

    values: pl.Series
    known: Any
    is_mature: Any


def labels(plan: LabelPlan, rows: Rows, as_of: pl.Series, *, threads: int | None = None) -> Labels:
    """The labels of spine rows.

    Args:
        plan: What to compute.
        rows: The spine's rows, with the columns that the label reads.
        as_of: Int64 microseconds, null where there is no moment.
        threads: By default the processors at hand; the values do not depend on it.

    Raises:
        DataError: HW403 an undeclared null clock, HW410 a value that does not fit an expression,
            and what `view_features` raises.
    """
    frame, known = rows.frame, rows.known_times(plan.clock)
    is_mature = np.ones(frame.height, np.bool_)
    if plan.ahead is not None:
        frame = frame.hstack(_ahead(plan.ahead, frame, as_of, threads))
        moments = as_of.fill_null(0).to_numpy()
        passed = plus(plus(moments, plan.ahead.horizon), plan.ahead.source.delay)
        is_mature = passed <= complete_through(plan.ahead.source)
        known = np.maximum(known, passed)
    label = plan.label
    values = computed(frame, {label.name: label.expression}, place=label.place)[label.name]
    return Labels(values, known, is_mature)


def complete_through(source: SourcePlan) -> int:
    """Through which microsecond a source is complete.

    By default the last time at which a row became known; rows that were never known say nothing.
    A source of which nothing was known is not complete through any time.

    Raises:
        DataError: HW402 no rows, HW403 an undeclared null clock.
    """
    if source.complete_through is not None:
        return source.complete_through
    rows = read_rows(source, {moment.column for moment in source.clock.moments})
    known = rows.known_times(source.clock)
    known = known[known != NEVER]
    return int(known.max()) if len(known) else -NEVER


def _ahead(
    plan: AheadPlan, frame: pl.DataFrame, as_of: pl.Series, threads: int | None
) -> pl.DataFrame:
    """What comes after each row, under the names that the label's expression uses.

    A null key, which is no entity, and a row without a moment have the empty result.
    """
    named = dict(zip(plan.names, plan.view.features, strict=True))
    columns: dict[str, pl.Series] = {}
    for horizon in sorted({feature.window.length for feature in named.values()}):
        some = {name: one for name, one in named.items() if one.window.length == horizon}
        ends = pl.Series(plus(as_of.fill_null(0).to_numpy(), horizon))
        ends = pl.select(pl.when(as_of.is_not_null()).then(ends)).to_series()
        found = view_features(plan.only(*some.values()), frame, as_of=ends, threads=threads)
        columns |= dict(zip(some, found.get_columns(), strict=True))
    return pl.DataFrame(columns)
