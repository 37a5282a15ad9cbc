"""Crosses: two columns of a row made one, by templates; a bounded number of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice

import polars as pl

from headwater import templates
from headwater.plan.kinds import kind_of
from headwater.spec.derived import Derived

_NUMBERS = ("integer", "float", "decimal")
_CATEGORIES = ("string", "boolean")


@dataclass(frozen=True, slots=True)
class Cross:
    """Two columns made one.

    Args:
        word: The template.
        left: A column of the row.
        right: Another.
    """

    word: str
    left: str
    right: str

    @property
    def derived(self) -> Derived:
        """The column, as a definition."""
        made: Derived = getattr(templates, self.word)(self.left, self.right)
        return made


def crosses(columns: Mapping[str, pl.DataType], *, most: int) -> list[Cross]:
    """Products and quotients of numbers, and pairs of categories, in the order of the columns.

    Args:
        columns: What there is to cross, by type.
        most: How many to give at most.
    """
    return list(islice(_pairs(columns), most))


def _pairs(columns: Mapping[str, pl.DataType]) -> Iterator[Cross]:
    for left, right in combinations(columns, 2):
        kinds = {kind_of(columns[left]), kind_of(columns[right])}
        if kinds <= {*_NUMBERS}:
            yield Cross("product", left, right)
            yield Cross("quotient", left, right)
        if kinds <= {*_CATEGORIES}:
            yield Cross("cross", left, right)
