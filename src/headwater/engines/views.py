"""The columns of one view for the rows of a spine: its history read, composed and folded."""

from __future__ import annotations

import polars as pl

from headwater.engines.feature_rows import feature_rows
from headwater.engines.histories import Rows
from headwater.engines.out_of_core import (
    Answers,
    Questions,
    Room,
    answers_by_partition,
    partitions_of,
)
from headwater.engines.versions import read_events
from headwater.engines.windows import window_features
from headwater.errors import DataError
from headwater.plan.views import ViewPlan


def view_features(
    plan: ViewPlan,
    spine: pl.DataFrame,
    *,
    as_of: pl.Series,
    known_by: pl.Series | None = None,
    threads: int | None = None,
    room: Room | None = None,
) -> pl.DataFrame:
    """One column per feature of the view, one row per row of the spine, in order.

    Past the memory budget it goes out of core (see `out_of_core`), with the same bits.

    Args:
        plan: What to compute.
        spine: Has the columns `plan.view.spine_keys`, and may have others.
        as_of: Int64 microseconds; a null gives the empty result.
        known_by: Int64 microseconds, never later than `as_of`: how far the source had been complete
            (R12). By default `as_of`; at a null nothing is visible.
        threads: By default the processors at hand; the values do not depend on it.
        room: What it may take, and where it goes beyond.

    Raises:
        DataError: What `read_events` and `window_features` raise; HW405, a key of a static table
            repeats.
        EngineError: HW502, partitions cannot be written; HW507, the budget is none.
    """
    found = view_answers(plan, spine, as_of=as_of, known_by=known_by, threads=threads, room=room)
    return found.frame() if isinstance(found, Answers) else found


def view_answers(
    plan: ViewPlan,
    spine: pl.DataFrame,
    *,
    as_of: pl.Series,
    known_by: pl.Series | None = None,
    threads: int | None = None,
    room: Room | None = None,
) -> pl.DataFrame | Answers:
    """As `view_features`, with answers that are on disk left there."""
    room, keys = room or Room(), keys_of(plan, spine)
    partitions = partitions_of(plan, spine.height, room)
    if partitions > 1:
        asked = Questions(keys, as_of, known_by)
        return answers_by_partition(plan, asked, room, partitions=partitions, threads=threads)
    found = [
        window_features(part, history, keys, as_of=as_of, known_by=known_by, threads=threads)
        for part, history in histories_of(plan)
    ]
    columns = pl.concat(found, how="horizontal")
    return columns.select(feature.column for feature in plan.features)


def keys_of(plan: ViewPlan, spine: pl.DataFrame) -> pl.DataFrame:
    """The spine's columns by which a view attaches, by the view's names."""
    named = zip(plan.view.spine_keys, plan.view.keys, strict=True)
    return pl.DataFrame([_typed(spine[ours].alias(key), plan, key) for ours, key in named])


def _typed(keys: pl.Series, plan: ViewPlan, key: str) -> pl.Series:
    """The keys; where all are null without a type, in that of the source."""
    return keys.cast(plan.source.schema[key]) if keys.dtype == pl.Null else keys


def histories_of(plan: ViewPlan) -> list[tuple[ViewPlan, Rows]]:
    """The rows of a view's source, with the features that see these rows.

    Raises:
        DataError: What `read_events` raises; HW405, a key of a static table repeats.
    """
    events = read_events(plan.source, plan.columns)
    if plan.source.source.static is not None:
        _check_keys(plan, events.versions)
    if events.is_plain:
        return [(plan, events.versions)]
    return feature_rows(plan, events)


def _check_keys(plan: ViewPlan, rows: Rows) -> None:
    """Raise where a key of a static table has several rows; nothing says which of them counts."""
    keys = rows.frame.select(plan.view.keys).drop_nulls()
    repeated = keys.height - keys.n_unique()
    if repeated:
        source = plan.source.source
        raise DataError(
            "HW405",
            f"key {list(plan.view.keys)} of static source {source.name!r} repeats in {repeated} "
            "rows",
            place=source.place,
            hint="keep one row per key, or declare the times of the rows",
        )
