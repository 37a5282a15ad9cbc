"""`by=`: one feature for each of several values of a column.

Each is the aggregation with a condition more, so that the clock of the column counts (R2), and has
the value in its name: `amount_sum_web_7d`. Rows whose value is null or another are in none of them.
Which values `top=` means is learned from what was known when training ended; until then a feature
has its rank in the name, `amount_sum_top_1_7d`, and asks only that there is a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation, Windowed
from headwater.errors import Place
from headwater.plan.faults import Faults
from headwater.plan.kinds import kind_of
from headwater.plan.naming import expression_of, feature_name, folded
from headwater.plan.sources import SourcePlan
from headwater.spec.row_expressions import PythonExpression

MOST = 1_000
"""The most columns that `by=` may make of all that a model is served by."""
_LISTED = 3
"""How many aggregations a fault names that together make too many."""
_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool}
"""What a value is written as, by the kind of the column."""
_UNSAFE = re.compile(r"[^\w.\-]+")
Given = Windowed | Aggregation


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """One of the most frequent values, which a training set learns.

    Args:
        by: The column.
        rank: 1 for the most frequent.
        where: The condition of the feature, without that of the value.
    """

    by: str
    rank: int
    where: Any


Spread = tuple[Given, Ranked | None]
"""An aggregation that is one column for each window, with the value that it has to learn."""


def spread(
    given: Given,
    source: SourcePlan,
    faults: Faults,
    place: Place | None,
    *,
    learns: bool,
    fits: bool = True,
) -> Iterator[Spread]:
    """The aggregation for each value of its `by=`; itself where it has none.

    Where that is at fault it is one without `by=`, so that other faults are told too. Else they
    differ in their names and in one constant of their conditions.

    Args:
        given: An aggregation, most often with windows.
        source: Where the column is.
        faults: Hears of faults.
        place: Where the aggregation is declared.
        learns: Whether there are training rows to learn values from.
        fits: Whether there are few enough columns; see `check_number`.
    """
    aggregation = given if isinstance(given, Aggregation) else given.aggregation
    for part in map(folded, aggregation.parts):
        refuse_by(part, f"a part of {type(aggregation).__name__}", faults, place)
    if isinstance(given, Aggregation) or not _says_by(aggregation):
        yield given, None
        return
    alone = without_by(aggregation)
    values = _values(aggregation, source, faults, place, learns=learns)
    names = None if values is None or not fits else _names(alone, values, faults, place)
    if names is None:
        yield replace(given, aggregation=alone), None
        return
    for name, value in names.items():
        ranked = value if isinstance(value, Ranked) else None
        where = condition(aggregation.by, value, aggregation.where)
        yield replace(given, aggregation=replace(alone, name=name, where=where)), ranked


def columns_made(given: Any) -> int:
    """How many columns `by=` makes of a feature as declared; 0 where it makes none."""
    if not isinstance(given, Windowed):
        return 0
    return _number(given.aggregation) * len(given.windows)


def _number(aggregation: Aggregation) -> int:
    """How many values are stated or asked for; 0 where that is no number of values."""
    top: Any = aggregation.top
    if top is None:
        values: Any = aggregation.values
        return len(values) if isinstance(values, Sequence) and not isinstance(values, str) else 0
    return max(top, 0) if isinstance(top, int) else 0


def check_number(listed: Iterable[Given], faults: Faults, place: Place | None) -> bool:
    """Whether `by=` makes no more columns of these than a model is served by.

    A fault says how many there would be and of what.
    """
    making = [one for one in listed if columns_made(one)]
    number = sum(map(columns_made, making))
    if number > MOST:
        each = [
            f"{_number(one.aggregation):,} values, {len(one.windows)} windows of "
            f"{type(one.aggregation).__name__}"
            for one in making
            if isinstance(one, Windowed)
        ]
        refuse_number(number, each, faults, place)
    return number <= MOST


def refuse_number(number: int, each: Sequence[str], faults: Faults, place: Place | None) -> None:
    """A fault for so many columns, made of what is listed."""
    rest = f"; and {len(each) - _LISTED} more" if len(each) > _LISTED else ""
    faults.add(
        "HW214",
        f"by= would make {number:,} columns: {'; '.join(each[:_LISTED])}{rest}",
        place=place,
        hint=f"it makes at most {MOST:,} in all views together; ask for fewer values or windows, "
        "or list each feature with a where= of its own",
    )


def without_by(aggregation: Aggregation) -> Aggregation:
    """The same as one column."""
    return replace(aggregation, by=None, values=None, top=None)


def refuse_by(aggregation: Aggregation, what: str, faults: Faults, place: Place | None) -> None:
    """A fault where an aggregation is to be one column and `by=` makes several of it."""
    if _says_by(aggregation):
        faults.add(
            "HW211",
            f"{what} takes no by=",
            place=place,
            hint='write the condition of each column with where=, such as pl.col("channel") == '
            '"web"',
        )


def _says_by(aggregation: Aggregation) -> bool:
    return any(one is not None for one in (aggregation.by, aggregation.values, aggregation.top))


def _values(
    aggregation: Aggregation,
    source: SourcePlan,
    faults: Faults,
    place: Place | None,
    *,
    learns: bool,
) -> Sequence[Any] | None:
    """The stated values, or places for those to be learned; None with faults."""
    before = len(faults.found)
    if aggregation.parts:
        refuse_by(aggregation, type(aggregation).__name__, faults, place)
    if isinstance(aggregation.where, PythonExpression):
        faults.add(
            "HW211",
            "by= cannot be joined with a where= that is a Python function",
            place=place,
            hint="add its result as a column with derive= of the source and name that",
        )
    kind = _kind(aggregation, source, faults, place)
    values: Any = aggregation.values
    if aggregation.top is not None:
        values = _places(aggregation, faults, place, learns=learns)
    elif not isinstance(values, Sequence) or isinstance(values, str) or not values:
        faults.add(
            "HW211",
            f"values= of by= is a list of its values, found {values!r}",
            place=place,
            hint='name them, such as by="channel", values=["web", "shop"]',
        )
    elif kind is not None and len(values) <= MOST:
        _check_values(values, kind, faults, place)
    return values if len(faults.found) == before else None


def _places(
    aggregation: Aggregation, faults: Faults, place: Place | None, *, learns: bool
) -> list[Ranked]:
    """A place for each of the most frequent values; none with a fault where they cannot be."""
    top: Any = aggregation.top
    by = aggregation.by
    if aggregation.values is not None:
        faults.add("HW211", "by= takes values= or top=, not both", place=place)
    elif not isinstance(top, int) or isinstance(top, bool) or top < 1:
        faults.add("HW211", f"top= is a whole number from 1 on, found {top!r}", place=place)
    elif not isinstance(by, str):
        hint = "add the expression as a column with derive= of the source and name that"
        faults.add("HW211", "top= needs by= to be a column's name", place=place, hint=hint)
    elif not learns:
        faults.add(
            "HW211",
            "top= learns its values from training rows, and here are none",
            place=place,
            hint="name the values with values=, or take hw.build(...).views(): the views of a "
            "training set with the values that it learned",
        )
    else:
        where = expression_of(aggregation.where)
        return [Ranked(by, rank, where) for rank in range(1, min(top, MOST) + 1)]
    return []


def _kind(
    aggregation: Aggregation, source: SourcePlan, faults: Faults, place: Place | None
) -> str | None:
    """The kind of the column; None with a fault where it has no values to be listed."""
    by = expression_of(aggregation.by)
    if not isinstance(by, pl.Expr):
        found = "none" if by is None else type(by).__name__
        words = f"by= is a column's name or a Polars expression, found {found}"
        faults.add("HW211", words, place=place)
        return None
    dtype = faults.type_of(by, source.schema, f"source {source.source.name!r}", place)
    if dtype is None or kind_of(dtype) in _TYPES:
        return None if dtype is None else kind_of(dtype)
    hint = f"it takes {', '.join(_TYPES)}; derive one of these, such as a range of numbers"
    faults.add("HW205", f"by= cannot take {dtype}", place=place, hint=hint)
    return None


def _check_values(values: Sequence[Any], kind: str, faults: Faults, place: Place | None) -> None:
    """Each value is one of the column's kind, and stated once."""
    seen = set[Any]()
    for value in values:
        if type(value) is not _TYPES[kind]:
            faults.add(
                "HW211",
                f"values= has {value!r}, and the column of by= holds {kind} values",
                place=place,
                hint="rows without a value are in no column" if value is None else None,
            )
        elif value in seen:
            faults.add("HW211", f"values= has {value!r} twice", place=place)
        else:
            seen.add(value)


def _names(
    alone: Aggregation, values: Sequence[Any], faults: Faults, place: Place | None
) -> dict[str, Any] | None:
    """Each value by its feature's name; None with a fault where there is none, or two are one."""
    own = feature_name(alone, faults, place)
    if own is None:
        return None
    names: dict[str, Any] = {}
    for value in values:
        name = f"{own}_{_safe(value)}"
        if name in names:
            faults.add(
                "HW203",
                f"values {names[name]!r} and {value!r} of by= both make the feature {name!r}",
                place=place,
                hint="derive a column whose values differ in letters, digits, '.', '_' or '-'",
            )
        names[name] = value
    return names if len(names) == len(values) else None


def _safe(value: Any) -> str:
    """The value in a column's name."""
    if isinstance(value, Ranked):
        return f"top_{value.rank}"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _UNSAFE.sub("_", text) or "empty"


def condition(by: Any, value: Any, where: Any) -> pl.Expr:
    """That a row holds the value, and meets the condition that it has to meet anyway.

    Of a value that is still to be learned this is that there is one; None is no value at all.
    """
    column = expression_of(by)
    if value is None:
        return pl.lit(False)
    if isinstance(value, Ranked):
        holds: pl.Expr = column.is_not_null()
    else:
        # as text, since what is no category of an enum cannot be compared with it
        holds = (column.cast(pl.String) if isinstance(value, str) else column) == pl.lit(value)
    both: pl.Expr = holds if where is None else expression_of(where) & holds
    return both
