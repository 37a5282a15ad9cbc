"""Enrich: the rows of a frame with the features of views, each as it was known then."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import polars as pl

from headwater.engines.computed import computed
from headwater.engines.derived import with_derived
from headwater.engines.out_of_core import Answers, Room, check_fits
from headwater.engines.times import microseconds
from headwater.engines.views import view_answers, view_features
from headwater.errors import HeadwaterWarning
from headwater.plan.derived import MOMENT
from headwater.plan.enrichment import AS_OF, Enrichment, plan_enrichment
from headwater.plan.faults import Faults
from headwater.plan.proof import prove_views
from headwater.plan.sources import SourcePlan
from headwater.runtime.contracts import contract_findings, enforced_at_once
from headwater.runtime.requests import FEW_ROWS, Requests, Stamps, key_of, stamps_of
from headwater.runtime.whole_numbers import check_whole
from headwater.spec.derived import Derived
from headwater.spec.foreign_frames import kind_of, to_polars, with_columns_of
from headwater.spec.row_expressions import RowExpression
from headwater.spec.spine import Spine
from headwater.spec.view import View


def enrich(
    spine: Any,
    views: Sequence[View | Derived],
    *,
    as_of: str | pl.Expr,
    complete_through: str | pl.Expr | None = None,
    threads: int | None = None,
) -> Any:
    """The same rows in the same order, with one column per feature at the end.

    Args:
        spine: A frame of Polars (also lazy), pandas or Arrow; the result is of the same kind.
        views: Feature views and attributes, each of which attaches by the columns of its entity
            (see `on`), and columns derived from what stands before them and from the frame.
        as_of: The time column, or row expression, that each row looks back from. A row without a
            moment, and a row with a null or unknown key, gets the empty result.
        complete_through: The time column, or row expression, that says how far the sources had been
            complete when the row was asked, as an online store returns it: what became known
            later is not seen, though windows still end at `as_of` (R12). At a null nothing is seen.
        threads: By default the processors at hand; the values do not depend on it.

    A history that would take more than its share of memory is folded in partitions on disk, in the
    folder of temporary files, with the same values and a warning: more than half of what is free,
    or than the variable `HEADWATER_MEMORY` says, such as `2GB`. Where the frame is lazy, so is what
    comes of it, and columns that were computed out of core stay on disk until the process ends.

    A call with at most 100 rows is a request. What does not depend on its rows is kept, so that the
    next one with the same definitions (the objects themselves) is answered from memory: the checked
    plan, and the history of each view, arranged for all entities. It is kept where the source can
    tell at once whether it changed (a frame of Polars; files that were last written two seconds ago
    or earlier), and is made again when it did. Histories of up to 16 views stand in memory, in one
    gigabyte by estimate; the variable `HEADWATER_STANDING_BYTES` names another limit, 0 for none to
    be kept, and `forget_histories()` lets all of them go. Values are the same to the bit, whether
    rows are asked alone or among others.

    What cannot be split is held in memory, with a warning; where `HEADWATER_MEMORY` is set, a view
    that would take more and cannot be split is refused before anything is computed.

    Raises:
        SpecError: A fault of the definitions; several are reported together.
        DataError: A fault of the data, such as an undeclared null clock (HW403) or a tie (HW404).
        CheckError: HW411, the rows of a source break its contract.
        EngineError: HW502, partitions cannot be written; HW507, the memory is no size; HW508, a
            view does not fit into it.
    """
    check_whole(threads, "threads", least=1)
    rows = to_polars(spine)
    stamps = stamps_of(views) if rows.height <= FEW_ROWS and _are_listed(views) else {}
    definitions = (as_of, complete_through, *views) if stamps else ()
    key = key_of(definitions, rows)
    plan = _KEPT.plan(key, stamps) if stamps else None
    if plan is None:
        plan = _checked(rows, views, as_of, complete_through)
        if stamps:
            _KEPT.keep(key, plan, stamps, definitions)
    if kind_of(spine) == "lazy" and rows.height > FEW_ROWS and not plan.derived:
        return _lazily(plan, rows, threads)
    return with_columns_of(spine, _added(plan, rows, stamps, threads))


def forget_histories() -> None:
    """Let go of the plans and histories that `enrich` keeps for calls with few rows.

    They are made again when they are next asked for.
    """
    _KEPT.clear()


_KEPT = Requests()


def _are_listed(views: Any) -> bool:
    return isinstance(views, list | tuple)


def _checked(
    rows: pl.DataFrame, views: Sequence[View | Derived], as_of: Any, complete_through: Any
) -> Enrichment:
    """The plan, which holds for all rows of these columns."""
    faults = Faults()
    plan = plan_enrichment(Spine(rows, as_of=as_of), views, complete_through, faults)
    faults.raise_all()
    if plan is None:
        raise AssertionError("a plan that cannot be made has faults")
    prove_views(plan.views)
    _keep_contracts(plan)
    return plan


def _added(
    plan: Enrichment, rows: pl.DataFrame, stamps: Stamps, threads: int | None
) -> pl.DataFrame:
    """The columns that a plan adds to these rows."""
    for view in plan.views:
        if id(view.source.source) not in stamps:
            check_fits(view, rows.height, Room())
    moments, known_by = _asked(plan, rows)
    found: list[pl.Series] = []
    for view in plan.views:
        _warn_of_assumed_clock(view.source)
        stamp = stamps.get(id(view.source.source))
        if stamp is None:
            made = view_features(
                view, rows, as_of=moments, known_by=known_by, threads=threads, room=Room(say=_warn)
            )
            found += made.get_columns()
        else:
            found += _KEPT.histories.view_features(
                view, rows, as_of=moments, known_by=known_by, stamp=stamp
            )
    if not plan.derived:
        return pl.DataFrame(found)
    if AS_OF not in rows.columns:
        rows = rows.with_columns(moments.cast(MOMENT).alias(AS_OF))
    return with_derived(rows.hstack(found), plan.derived).select(plan.columns)


def _lazily(plan: Enrichment, rows: pl.DataFrame, threads: int | None) -> pl.LazyFrame:
    """The rows with the columns of a plan; what was computed out of core stays on disk."""
    for view in plan.views:
        check_fits(view, rows.height, Room(on_disk=True))
    moments, known_by = _asked(plan, rows)
    parts = [rows.lazy()]
    for view in plan.views:
        _warn_of_assumed_clock(view.source)
        room = Room(say=partial(_warn, stacklevel=6), on_disk=True)
        made = view_answers(
            view, rows, as_of=moments, known_by=known_by, threads=threads, room=room
        )
        if isinstance(made, Answers):
            _ON_DISK.append(made)
            parts.append(made.scan(room.memory))
        else:
            parts.append(made.lazy())
    return pl.concat(parts, how="horizontal")


_ON_DISK: list[Answers] = []
"""What lazy frames read that were given out; nothing tells when nobody will read it any more."""


def _asked(plan: Enrichment, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series | None]:
    """The moment of each row, and how far its sources had been complete, if that is asked."""
    moments = _times(rows, plan.as_of)
    if plan.complete_through is None:
        return moments, None
    return moments, _earlier(moments, _times(rows, plan.complete_through))


def _times(rows: pl.DataFrame, expression: RowExpression) -> pl.Series:
    """The moments that an expression gives, in microseconds."""
    if isinstance(expression, pl.Expr) and expression.meta.is_column():
        times = rows[expression.meta.output_name()]
    else:
        times = computed(rows, {"moment": expression}, place=None)["moment"]
    return microseconds(times, None, rounded="down")


def _earlier(moments: pl.Series, complete: pl.Series) -> pl.Series:
    """The earlier of both, null where one of them is."""
    is_null = moments.is_null() | complete.is_null()
    return pl.select(pl.when(~is_null).then(pl.min_horizontal(moments, complete))).to_series()


def _keep_contracts(plan: Enrichment) -> None:
    """Refuse rows that break the contract of their source; warn once of each check that may."""
    read = (one.source for view in plan.views for one in view.source.seen)
    sources = {id(source): source for source in read}
    for finding in contract_findings(enforced_at_once(sources.values())):
        message = finding["message"]
        if message not in _warned:
            _warned.add(message)
            warnings.warn(message, HeadwaterWarning, stacklevel=4)


_warned: set[str] = set()


def _warn(message: str, stacklevel: int = 7) -> None:
    """Say what is done otherwise than usually, once for each line that asks for it."""
    warnings.warn(message, HeadwaterWarning, stacklevel=stacklevel)


def _warn_of_assumed_clock(source: SourcePlan) -> None:
    name = source.source.name
    if source.is_assumed and name not in _warned:
        _warned.add(name)
        warnings.warn(
            f"source {name!r} declares no clock: each row counts as known at its event "
            "time; declare known_time=",
            HeadwaterWarning,
            stacklevel=4,
        )
