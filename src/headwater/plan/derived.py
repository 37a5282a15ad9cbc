"""Derived columns resolved: what each reads, and the type that it gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from headwater.errors import Place, closest
from headwater.plan.faults import REPORTED, Faults, named, reads
from headwater.plan.views import ViewPlan
from headwater.spec.derived import Derived
from headwater.spec.row_expressions import PythonExpression
from headwater.spec.view import View

MOMENT = pl.Datetime("us", "UTC")
"""The type of `as_of`, which every derived column may read."""


@dataclass(frozen=True, slots=True, eq=False)
class DerivedPlan:
    """A derived column resolved.

    Args:
        derived: As declared.
        reads: The columns that it reads, sorted.
        dtype: Its type.
    """

    derived: Derived
    reads: tuple[str, ...]
    dtype: pl.DataType

    @property
    def column(self) -> str:
        """Its column."""
        return self.derived.name


@dataclass(frozen=True, slots=True, eq=False)
class Readable:
    """What derived columns may read, and what they may not.

    Args:
        columns: The types of the columns of a row, kept ones and `as_of`.
        label: The columns that only the label may read or be.
        unkept: Columns that the row has and does not keep.
        reported: How columns begin that may be missing for a fault of their own.
    """

    columns: Mapping[str, pl.DataType]
    label: Collection[str] = ()
    unkept: Collection[str] = ()
    reported: tuple[str, ...] = ()


def has_name(derived: Derived, faults: Faults) -> bool:
    """Whether a derived column is named with text; a fault where it is not."""
    name: object = derived.name
    what = "a derived column has a name, then an expression: its name"
    return faults.is_text(name, what, derived.place)


def plan_derived(
    features: Sequence[View | Derived],
    views: Sequence[ViewPlan | None],
    readable: Readable,
    faults: Faults,
) -> tuple[DerivedPlan, ...]:
    """Resolve the derived columns among features; one that is at fault is left out.

    A column at fault causes no second fault in those that read it.

    Args:
        features: As declared, in order.
        views: The views among them, in order; None for one that could not be resolved.
        readable: What else there is to read.
        faults: Hears of faults.
    """
    if faults.found:
        names = tuple(f"{one.name}__" for one in features if isinstance(one, View))
        readable = replace(readable, reported=names)
    resolved = iter(views)
    listed = [one if isinstance(one, Derived) else _made(next(resolved)) for one in features]
    schema = dict(readable.columns)
    planned = []
    for place, one in enumerate(listed):
        if not isinstance(one, Derived):
            schema |= one
            continue
        later = {name for other in listed[place:] for name in _columns(other)} - schema.keys()
        plan = _planned(one, schema, readable, later, faults)
        if plan is not None:
            planned.append(plan)
        schema.setdefault(one.name, REPORTED if plan is None else plan.dtype)
    return tuple(planned)


def _made(view: ViewPlan | None) -> dict[str, pl.DataType]:
    return {} if view is None else {one.column: one.dtype for one in view.features}


def _columns(one: Derived | Mapping[str, pl.DataType]) -> Collection[str]:
    return (one.name,) if isinstance(one, Derived) else tuple(one)


def _planned(
    derived: Derived,
    schema: Mapping[str, pl.DataType],
    readable: Readable,
    later: Collection[str],
    faults: Faults,
) -> DerivedPlan | None:
    missing: list[str] = []
    if isinstance(derived.expression, pl.Expr | PythonExpression):
        missing = [name for name in named(derived.expression) if name not in schema]
    for name in missing:
        if name in readable.label:
            _refuse_label(derived, name, faults)
        elif not name.startswith(readable.reported):
            faults.add(
                "HW201",
                f"derived column {derived.name!r} reads {name!r}, which is not there",
                place=place_of(derived),
                hint=_hint(name, schema, readable, later),
            )
    if missing:
        return None
    dtype = faults.type_of(derived.expression, schema, "the row", place_of(derived))
    if dtype is None:
        return None
    return DerivedPlan(derived, reads(derived.expression, schema), dtype)


def _refuse_label(derived: Derived, name: str, faults: Faults) -> None:
    faults.add(
        "HW207",
        f"derived column {derived.name!r} reads {name!r}, which belongs to the label",
        place=place_of(derived),
        hint="read features and kept columns, which are known at as_of",
    )


def _hint(
    name: str,
    schema: Mapping[str, pl.DataType],
    readable: Readable,
    later: Collection[str],
) -> str:
    if name in later:
        return "it comes later: a derived column stands after what it reads"
    if name in readable.unkept:
        return "it is a column of the spine's row: add it to keep="
    return closest(name, schema)


def place_of(derived: Derived) -> Place | None:
    """The line of a derived column, speaking of it."""
    return None if derived.place is None else derived.place.of(f"derived column {derived.name!r}")
