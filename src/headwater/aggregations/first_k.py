"""FirstK: the oldest values, as a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import EVERY_KIND, Aggregation, Extra, Kind, Returns
from headwater.kernel.nearest_rows import (
    lift_row,
    listed_rows,
    oldest_rows,
    place_fault,
    prepare_rows,
)


@dataclass(frozen=True, slots=True)
class FirstK(Aggregation):
    """The values of the `k` oldest visible rows, the oldest first; fewer where there are.

    Nulls are skipped, NaN is a value; empty input gives null, not an empty list; order is that of
    event time. A value in the list whose row ties with one of another value stops the build (HW404)
    until the source declares a `sequence`, also where the other is left out.

    Args:
        k: How many, 1 to 1000.

    >>> FirstK("price", 3).label
    ('3',)
    """

    k: int = 5

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    returns: ClassVar[Returns] = "rows"
    reads_also: ClassVar[tuple[Extra, ...]] = ("parameters",)
    ordered: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_rows)
    lift = staticmethod(lift_row)
    merge = staticmethod(oldest_rows)

    @staticmethod
    def result(state: Any, x: Any, parameters: Any, scale: int, into: Any) -> tuple[int, int]:
        """The rows of the state."""
        return listed_rows(state, into, False)

    @property
    def parameters(self) -> tuple[float, ...]:
        """How many."""
        return (self.k,)

    @property
    def most(self) -> int:
        """How many at most."""
        return self.k

    @property
    def label(self) -> tuple[str, ...]:
        """How many."""
        return (str(self.k),)

    def parameter_fault(self) -> str | None:
        """Where k is no number of rows."""
        return place_fault("k", self.k)
