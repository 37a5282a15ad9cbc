"""Enrich: the rows of a frame with the features of views, each as it was known then."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import polars as pl

from headwater.engines.histories import read_rows
from headwater.engines.times import microseconds
from headwater.engines.windows import window_features
from headwater.errors import HeadwaterWarning
from headwater.plan.faults import Faults
from headwater.plan.spines import SpinePlan, plan_spine
from headwater.plan.training_sets import check_attachment
from headwater.plan.views import ViewPlan, plan_view
from headwater.spec.evaluation import evaluate
from headwater.spec.feature_view import FeatureView
from headwater.spec.foreign_frames import to_polars, with_columns_of
from headwater.spec.source import Source
from headwater.spec.spine import Spine


def enrich(
    spine: Any, views: Sequence[FeatureView], *, as_of: str | pl.Expr, threads: int | None = None
) -> Any:
    """The same rows in the same order, with one column per feature at the end.

    Args:
        spine: A frame of Polars (also lazy), pandas or Arrow; the result is of the same kind.
        views: Each attaches by the columns of its entity.
        as_of: The time column, or row expression, that each row looks back from. A row without a
            moment, and a row with a null or unknown key, gets the empty result.
        threads: By default the processors at hand; the values do not depend on it.

    Raises:
        SpecError: A fault of the definitions; several are reported together.
        DataError: A fault of the data, such as an undeclared null clock (HW403) or a tie (HW404).
    """
    rows = to_polars(spine)
    faults = Faults()
    plans = [plan_view(view, faults) for view in views]
    keys = tuple(dict.fromkeys(key for view in views for key in view.keys))
    asked = plan_spine(Spine(rows, as_of=as_of), keys, faults)
    _check(plans, asked, rows, faults)
    faults.raise_all()
    moments = _moments(rows, asked)
    columns: list[pl.DataFrame] = []
    for plan in plans:
        if plan is not None:
            _warn_of_assumed_clock(plan.source.source, plan.source.is_assumed)
            history = read_rows(plan.source, plan.columns)
            columns.append(
                window_features(
                    plan, history, rows.select(plan.view.keys), as_of=moments, threads=threads
                )
            )
    return with_columns_of(
        spine, pl.concat(columns, how="horizontal") if columns else rows.select()
    )


def _check(
    plans: Sequence[ViewPlan | None], asked: SpinePlan | None, rows: pl.DataFrame, faults: Faults
) -> None:
    made = [feature.column for plan in plans if plan is not None for feature in plan.features]
    for column in sorted({name for name in made if name in rows.columns or made.count(name) > 1}):
        faults.add(
            "HW203",
            f"a column named {column!r} is there already",
            place=None,
            hint="rename the view, or drop the column",
        )
    for plan in plans:
        if plan is not None and asked is not None:
            check_attachment(plan, asked, faults)


def _moments(rows: pl.DataFrame, asked: SpinePlan | None) -> pl.Series:
    if asked is None:
        raise AssertionError("a spine without a plan has faults")
    times = evaluate(rows, {"as_of": asked.as_of})["as_of"]
    return microseconds(times, None, rounded="down")


_warned: set[str] = set()


def _warn_of_assumed_clock(source: Source, is_assumed: bool) -> None:
    if is_assumed and source.name not in _warned:
        _warned.add(source.name)
        warnings.warn(
            f"source {source.name!r} declares no clock: each row counts as known at its event "
            "time; declare known_time=",
            HeadwaterWarning,
            stacklevel=3,
        )
