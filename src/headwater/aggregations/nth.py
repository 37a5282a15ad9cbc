"""Nth: the value at a place, counted from the oldest or from the newest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import EVERY_KIND, Aggregation, Extra, Kind, Returns
from headwater.kernel.nearest_rows import (
    MOST,
    farthest_row,
    lift_row,
    newest_rows,
    oldest_rows,
    place_fault,
)


@dataclass(frozen=True, slots=True)
class Nth(Aggregation):
    """The value at place `n` of the visible rows, as of a list: 0 is the oldest, -1 the newest.

    Nulls are skipped and not counted, NaN is a value; empty input gives null, and so do fewer rows
    than the place asks for. Order is that of event time; where the row ties with one of another
    value the build stops (HW404) until the source declares a `sequence`.

    Args:
        n: The place, -1000 to 999.

    >>> Nth("price", 2).label, Nth("price", -2).label
    (('2',), ('minus_2',))
    """

    n: int = 0

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    returns: ClassVar[Returns] = "row"
    reads_also: ClassVar[tuple[Extra, ...]] = ("parameters",)
    ordered: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("window",)
    lift = staticmethod(lift_row)
    result = staticmethod(farthest_row)

    @staticmethod
    def prepare(x: Any, parameters: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
        """No scale; a word for each row up to the place."""
        n = int(parameters[0])
        return 0, (n + 1 if n >= 0 else -n)

    @staticmethod
    def merge(into: Any, left: Any, right: Any, x: Any, parameters: Any, rank: Any) -> None:
        """The rows nearest to the end that is counted from."""
        if parameters[0] >= 0.0:
            oldest_rows(into, left, right, x, parameters, rank)
        else:
            newest_rows(into, left, right, x, parameters, rank)

    @property
    def parameters(self) -> tuple[float, ...]:
        """The place."""
        return (self.n,)

    @property
    def label(self) -> tuple[str, ...]:
        """The place."""
        return (str(self.n) if self.n >= 0 else f"minus_{-self.n}",)

    def parameter_fault(self) -> str | None:
        """Where n is no place."""
        return place_fault("n", self.n, least=-MOST, most=MOST - 1)
