"""Lag: the value some rows before the newest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headwater.aggregations.base import EVERY_KIND, Aggregation, Extra, Kind, Returns
from headwater.kernel.nearest_rows import (
    farthest_row,
    lift_row,
    newest_rows,
    place_fault,
    prepare_reach,
)


@dataclass(frozen=True, slots=True)
class Lag(Aggregation):
    """The value `k` rows before the newest visible one, of any type.

    Nulls are skipped and not counted, NaN is a value; empty input gives null, and so do k rows or
    fewer. Order is that of event time; where the row ties with one of another value the build stops
    (HW404) until the source declares a `sequence`. For a forecast h ahead, `as_of` is h
    before what is forecast, and no lag reads a row that was not known by then.

    Args:
        k: How many rows before, 1 to 1000; `Last` is the newest itself.

    >>> Lag("price", 2).label
    ('2',)
    """

    k: int = 1

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    returns: ClassVar[Returns] = "row"
    reads_also: ClassVar[tuple[Extra, ...]] = ("parameters",)
    ordered: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_reach)
    lift = staticmethod(lift_row)
    merge = staticmethod(newest_rows)
    result = staticmethod(farthest_row)

    @property
    def parameters(self) -> tuple[float, ...]:
        """How many rows before."""
        return (self.k,)

    @property
    def label(self) -> tuple[str, ...]:
        """How many rows before."""
        return (str(self.k),)

    def parameter_fault(self) -> str | None:
        """Where k is no number of rows."""
        return place_fault("k", self.k)
