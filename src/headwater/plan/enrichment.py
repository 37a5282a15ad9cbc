"""What `enrich` was asked, resolved: views and derived columns for the rows of a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from headwater.errors import Place
from headwater.plan.attachments import check_attachment, check_columns_by
from headwater.plan.derived import (
    MOMENT,
    DerivedPlan,
    Readable,
    has_name,
    place_of,
    plan_derived,
)
from headwater.plan.faults import Faults, named
from headwater.plan.naming import repeated
from headwater.plan.sources import is_time
from headwater.plan.spines import SpinePlan, plan_spine
from headwater.plan.views import ViewPlan, plan_view
from headwater.spec.derived import Derived
from headwater.spec.row_expressions import PythonExpression, RowExpression
from headwater.spec.spine import Spine
from headwater.spec.view import View

AS_OF = "as_of"
"""The moment of a row, which derived columns may read."""


@dataclass(frozen=True, slots=True, eq=False)
class Enrichment:
    """What to add to the rows of a frame.

    Args:
        views: What is computed, in order.
        derived: What is derived from that, in order.
        as_of: The expression that gives each row's moment.
        complete_through: The expression that says how far sources had been complete, if any.
        columns: The columns that are added, in the order of declaration.
    """

    views: tuple[ViewPlan, ...]
    derived: tuple[DerivedPlan, ...]
    as_of: RowExpression
    complete_through: RowExpression | None
    columns: tuple[str, ...]


def plan_enrichment(
    spine: Spine, listed: Sequence[View | Derived], complete_through: Any, faults: Faults
) -> Enrichment | None:
    """Resolve what is to be added; None only where there are faults.

    Args:
        spine: Made of the frame.
        listed: Views and derived columns, in order.
        complete_through: A column, an expression or None.
        faults: Hears of faults.
    """
    if not _are_views(listed, spine.place, faults):
        return None
    attached = [one for one in listed if isinstance(one, View)]
    check_columns_by(attached, faults, spine.place)
    plans = [plan_view(view, faults) for view in attached]
    keys = tuple(dict.fromkeys(key for view in attached for key in view.spine_keys))
    asked = plan_spine(spine, keys, faults)
    if asked is None:
        return None
    views = tuple(plan for plan in plans if plan is not None)
    for view in views:
        check_attachment(view, asked, faults)
    through = _complete_through(complete_through, asked, faults)
    known = {AS_OF: MOMENT, **asked.source.schema}
    _check_moment(listed, asked, faults)
    derived = plan_derived(listed, plans, Readable(known), faults)
    columns = tuple(_columns(listed, views))
    for column in sorted({*repeated(columns), *(name for name in columns if name in known)}):
        faults.add(
            "HW203",
            f"a column named {column!r} is there already",
            place=None,
            hint="rename the view, or drop the column",
        )
    return Enrichment(views, derived, asked.as_of, through, columns)


def _are_views(listed: Any, place: Place | None, faults: Faults) -> bool:
    if not faults.is_a(listed, Sequence, "views=", place):
        return False
    asked = [
        has_name(one, faults)
        if isinstance(one, Derived)
        else faults.is_a(one, View, "one of views=", place)
        for one in listed
    ]
    return all(asked)


def _check_moment(listed: Sequence[View | Derived], asked: SpinePlan, faults: Faults) -> None:
    """A fault where `as_of` of a derived column is the frame's own column, not the row's moment."""
    schema = asked.source.schema
    given = asked.as_of
    is_it = isinstance(given, pl.Expr) and given.meta.eq(pl.col(AS_OF))
    if AS_OF not in schema or is_it:
        return
    for one in (one for one in listed if isinstance(one, Derived)):
        expression: object = one.expression
        if isinstance(expression, pl.Expr | PythonExpression) and AS_OF in named(expression):
            faults.add(
                "HW203",
                f"derived column {one.name!r} reads 'as_of', which is the moment of a row and a "
                "column of the frame that says another",
                place=place_of(one),
                hint="rename the column of the frame",
            )


def _complete_through(given: Any, asked: SpinePlan, faults: Faults) -> RowExpression | None:
    if given is None:
        return None
    place = asked.spine.place
    expression: RowExpression = pl.col(given) if isinstance(given, str) else given
    dtype = faults.type_of(expression, asked.source.schema, "the spine's frame", place)
    if dtype is not None:
        columns = {"complete_through": dtype}
        is_time("complete_through", columns, None, faults, place, is_declared=False)
    return expression


def _columns(listed: Sequence[View | Derived], views: Sequence[ViewPlan]) -> Iterator[str]:
    """The names of added columns, in the order of declaration; of one view each once."""
    plans = {id(plan.view): plan for plan in views}
    for one in listed:
        if isinstance(one, Derived):
            yield one.name
        elif id(one) in plans:
            yield from plans[id(one)].names
