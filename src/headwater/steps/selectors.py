"""Which columns a step prepares, said before the columns are known.

A selector is resolved against the columns as they are when the step's turn has come: after
`EncodeTarget(strings())` the encoded columns are numbers, and `numeric()` means them too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from headwater.errors import Place, SpecError, caller, closest
from headwater.kernel.row_operations import ColumnKind


@dataclass(frozen=True, slots=True)
class Selector(ABC):
    """A choice of columns; combine two with `|` (either), `&` (both) and `-` (but not)."""

    @abstractmethod
    def resolve(
        self, columns: Mapping[str, ColumnKind], *, place: Place | None = None
    ) -> tuple[str, ...]:
        """The chosen names, in the order of `columns`.

        Raises:
            SpecError: HW601, a column that was named does not exist.
        """

    def __or__(self, other: Selector) -> Selector:
        return Combined(self, "|", other)

    def __and__(self, other: Selector) -> Selector:
        return Combined(self, "&", other)

    def __sub__(self, other: Selector) -> Selector:
        return Combined(self, "-", other)


@dataclass(frozen=True, slots=True)
class OfKind(Selector):
    """All columns of a kind."""

    kind: ColumnKind

    def resolve(
        self, columns: Mapping[str, ColumnKind], *, place: Place | None = None
    ) -> tuple[str, ...]:
        """The columns of the kind; there may be none."""
        return tuple(column for column, kind in columns.items() if kind == self.kind)

    def __str__(self) -> str:
        return "numeric()" if self.kind == "number" else "strings()"


@dataclass(frozen=True, slots=True)
class Named(Selector):
    """Columns by name."""

    names: tuple[str, ...]

    def resolve(
        self, columns: Mapping[str, ColumnKind], *, place: Place | None = None
    ) -> tuple[str, ...]:
        """The named columns, all of which must exist."""
        for name in self.names:
            if name not in columns:
                message = f"column {name!r} does not exist where the step begins"
                raise SpecError("HW601", message, place=place, hint=closest(name, columns))
        return tuple(column for column in columns if column in self.names)

    def __str__(self) -> str:
        return f"columns({', '.join(map(repr, self.names))})"


@dataclass(frozen=True, slots=True)
class Combined(Selector):
    """Two selectors and what to make of them."""

    left: Selector
    operator: Literal["|", "&", "-"]
    right: Selector

    def resolve(
        self, columns: Mapping[str, ColumnKind], *, place: Place | None = None
    ) -> tuple[str, ...]:
        """The union, intersection or difference."""
        left = set(self.left.resolve(columns, place=place))
        right = set(self.right.resolve(columns, place=place))
        chosen = {"|": left | right, "&": left & right, "-": left - right}[self.operator]
        return tuple(column for column in columns if column in chosen)

    def __str__(self) -> str:
        sides = (self.left, self.right)
        left, right = (f"({one})" if isinstance(one, Combined) else str(one) for one in sides)
        return f"{left} {self.operator} {right}"


def numeric() -> Selector:
    """All numbers: integers, floats, decimals, booleans (as 0 and 1) and what steps made so far.

    >>> (numeric() - columns("distance")).resolve({"distance": "number", "delay": "number"})
    ('delay',)
    """
    return OfKind("number")


def strings() -> Selector:
    """All categories: strings, categoricals and enums that no step has encoded yet.

    >>> strings().resolve({"carrier": "category", "delay": "number"})
    ('carrier',)
    """
    return OfKind("category")


def columns(*names: str) -> Selector:
    """The columns of these names; each must exist.

    >>> columns("b", "a").resolve({"a": "number", "b": "number"})
    ('a', 'b')

    Raises:
        SpecError: HW211, a name is not text.
    """
    given: tuple[object, ...] = names
    for name in given:
        if not isinstance(name, str):
            message = f"columns() takes names, found {type(name).__name__}"
            hint = 'write hw.columns("a", "b"), or hw.columns(*names) for a list'
            raise SpecError("HW211", message, place=caller(), hint=hint)
    return Named(names)
