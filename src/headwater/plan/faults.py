"""Faults of definitions, gathered so that one run reports them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from headwater.errors import Place, SpecError, closest, raise_all
from headwater.spec.row_expressions import PythonExpression, RowExpression, resolve, roots
from headwater.spec.row_guard import row_wise_fault

REPORTED = pl.Unknown()
"""The type of a column whose own fault is noted already, so that it causes no second one."""


@dataclass(slots=True)
class Faults:
    """A list of faults that definitions are checked against."""

    found: list[SpecError] = field(default_factory=list)

    def add(self, code: str, message: str, *, place: Place | None, hint: str | None = None) -> None:
        """Note one fault; the same one is noted once."""
        fault = SpecError(code, message, place=place, hint=hint)
        if str(fault) not in map(str, self.found):
            self.found.append(fault)

    def take(self, other: Iterable[SpecError]) -> None:
        """Note faults that were found elsewhere; what is noted already is left out."""
        known = set(map(str, self.found))
        self.found += [fault for fault in other if str(fault) not in known]

    def raise_all(self) -> None:
        """Raise what was found; nothing where nothing was."""
        raise_all(self.found)

    def is_a(self, value: Any, kind: type, what: str, place: Place | None) -> bool:
        """Whether an argument is of this kind; a fault where it is not."""
        if not isinstance(value, kind):
            word = "list" if kind is Sequence else kind.__name__
            self.add("HW211", f"{what} is a {type(value).__name__}, not a {word}", place=place)
        return isinstance(value, kind)

    def is_names(self, value: Any, what: str, place: Place | None) -> bool:
        """Whether an argument is a column's name or a list of them; a fault where it is not."""
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, Sequence) and all(isinstance(one, str) for one in listed):
            return True
        found = type(value).__name__
        self.add("HW211", f"{what} takes names of columns, found {found}", place=place)
        return False

    def is_name(self, value: Any, what: str, place: Place | None) -> bool:
        """Whether an argument is a column's name; a fault where it is not."""
        if not isinstance(value, str):
            self.add(
                "HW211",
                f"{what} takes a column's name, found {type(value).__name__}",
                place=place,
                hint="add the value as a column with derive= and name that",
            )
        return isinstance(value, str)

    def is_text(self, value: Any, what: str, place: Place | None) -> bool:
        """Whether an argument is text that says something; a fault where it is not."""
        if isinstance(value, str) and value:
            return True
        found = "an empty one" if isinstance(value, str) else type(value).__name__
        self.add("HW211", f"{what} is text, found {found}", place=place)
        return False

    def names_folder(self, name: Any, place: Place | None) -> bool:
        """Whether results can be kept in a folder of this name; a fault where not."""
        is_text = isinstance(name, str) and name != "" and not name.startswith(".")
        if is_text and not any(mark in name for mark in "/\\\0"):
            return True
        self.add("HW211", f"{name!r} cannot name a folder", place=place)
        return False

    def has_columns(
        self,
        columns: Iterable[str],
        schema: Mapping[str, pl.DataType],
        owner: str,
        place: Place | None,
    ) -> bool:
        """Whether all columns are there; each that is not is a fault."""
        missing = [column for column in columns if column not in schema]
        for column in missing:
            self.add(
                "HW201",
                f"column {column!r} is not in {owner}",
                place=place,
                hint=closest(column, schema),
            )
        return not missing

    def type_of(
        self,
        expression: RowExpression,
        schema: Mapping[str, pl.DataType],
        owner: str,
        place: Place | None,
    ) -> pl.DataType | None:
        """The type that a row expression gives; None with a fault where it is not one.

        None without one where it reads a column that is `REPORTED`.
        """
        if not isinstance(expression, pl.Expr | PythonExpression):
            found = type(expression).__name__
            self.add("HW211", f"expected a row expression, found {found}", place=place)
            return None
        if not self.has_columns(named(expression), schema, owner, place):
            return None
        if any(schema[name] == REPORTED for name in named(expression)):
            return None
        try:
            dtype = resolve(expression, schema)
            reason = row_wise_fault(expression, schema)
        except ValueError as error:
            self.add("HW210", str(error), place=place)
            return None
        if reason is not None:
            self.add("HW206", reason, place=place, hint=_instead_of(reason))
            return None
        return dtype


_FILLS = ("fill_null_with_strategy()", "interpolate()", "interpolate_by()")


def _instead_of(reason: str) -> str:
    """What to do where an expression looks at other rows."""
    if reason.startswith(_FILLS):
        return (
            "the value before is hw.Last(...), a feature that sees what was known by as_of; a "
            "statistic is filled in by a step such as hw.ImputeMedian"
        )
    return "use an expression that works row by row"


def retold(fault: SpecError, said: str, meant: str) -> SpecError:
    """A fault of a definition that stands for another, told of what the user wrote."""
    place = fault.place
    if isinstance(place, Place):
        place = place.of(place.what.replace(said, meant))
    return SpecError(fault.code, fault.message.replace(said, meant), place=place, hint=fault.hint)


def reads(expression: RowExpression | None, schema: Mapping[str, pl.DataType]) -> tuple[str, ...]:
    """The columns that an expression reads, sorted; none for None."""
    return () if expression is None else roots(expression, schema)


def named(expression: RowExpression) -> tuple[str, ...]:
    """The columns that an expression names; a selector names none."""
    if isinstance(expression, pl.Expr):
        return tuple(dict.fromkeys(expression.meta.root_names()))
    return tuple(expression.columns)
