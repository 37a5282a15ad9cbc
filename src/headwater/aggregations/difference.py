"""Difference: the newest value minus one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import (
    NULL,
    NUMBERS,
    OVERFLOW,
    TIE,
    VALUE,
    Aggregation,
    Extra,
    Kind,
    Returns,
)
from headwater.kernel.nearest_rows import NewestNumbers, apart, place_fault, row_of, tied_row

HALF = 1 << 31


def _floats(state: Any, x: Any, parameters: Any, scale: int) -> tuple[int, float]:
    new = state[0]
    old = state[state.shape[0] - 1]
    if old == 0:
        return NULL, 0.0
    tied = tied_row(new, old)
    if tied >= 0:
        return TIE, float(tied)
    return VALUE, x[row_of(new)] - x[row_of(old)] + 0.0


def _integers(state: Any, x: Any, parameters: Any, scale: int) -> tuple[int, int]:
    new = state[0]
    old = state[state.shape[0] - 1]
    if old == 0:
        return NULL, 0
    tied = tied_row(new, old)
    if tied >= 0:
        return TIE, tied
    high, low = apart(x[row_of(new)], x[row_of(old)])
    if high < -HALF or high >= HALF:
        return OVERFLOW, 0
    return VALUE, (high << 32) | low


class _Integers(NewestNumbers):
    result = staticmethod(_integers)


@dataclass(frozen=True, slots=True)
class Difference(NewestNumbers, Aggregation):
    """The newest visible value minus the one `k` rows before it; for windows see `Change`.

    Integers and booleans give an integer, and one that does not fit 64 bits stops the build
    (HW407); decimals keep their scale; times and durations give a duration, of nanoseconds rounded
    to the microsecond, half to even; floats are subtracted as floats, so that NaN gives NaN. Nulls
    are skipped and not counted; empty input gives null, and so do k rows or fewer. Order is that of
    event time; where one of both rows ties with one of another value the build stops (HW404) until
    the source declares a `sequence`.

    Args:
        k: How many rows before, 1 to 1000.

    >>> Difference("price").label, Difference("price", 7).label
    ((), ('7',))
    """

    k: int = 1

    takes: ClassVar[tuple[Kind, ...]] = (*NUMBERS, "time", "duration")
    returns: ClassVar[Returns] = "difference"
    reads_also: ClassVar[tuple[Extra, ...]] = ("parameters",)
    ticks: ClassVar[bool] = True
    ordered: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("window",)
    integers: ClassVar[type | None] = _Integers
    result = staticmethod(_floats)

    @property
    def parameters(self) -> tuple[float, ...]:
        """How many rows before."""
        return (self.k,)

    @property
    def label(self) -> tuple[str, ...]:
        """How many rows before, if not one."""
        return () if self.k == 1 else (str(self.k),)

    def parameter_fault(self) -> str | None:
        """Where k is no number of rows."""
        return place_fault("k", self.k)
