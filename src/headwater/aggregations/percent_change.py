"""PercentChange: how far the newest value lies from one before it, relative to that one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import (
    NULL,
    NUMBERS,
    TIE,
    VALUE,
    Aggregation,
    Extra,
    Kind,
    Returns,
)
from headwater.kernel.nearest_rows import NewestNumbers, apart, place_fault, row_of, tied_row

WORD = 4294967296.0


def _floats(state: Any, x: Any, parameters: Any, scale: int) -> tuple[int, float]:
    new = state[0]
    old = state[state.shape[0] - 1]
    if old == 0:
        return NULL, 0.0
    tied = tied_row(new, old)
    if tied >= 0:
        return TIE, float(tied)
    before = x[row_of(old)]
    if before == 0.0:
        return NULL, 0.0
    after = x[row_of(new)]
    change = after - before
    if math.isinf(change) and not math.isinf(after):  # of values too far apart; halves are not
        change = after * 0.5 - before * 0.5
        before = before * 0.5
    return VALUE, change / abs(before) + 0.0


def _integers(state: Any, x: Any, parameters: Any, scale: int) -> tuple[int, float]:
    new = state[0]
    old = state[state.shape[0] - 1]
    if old == 0:
        return NULL, 0.0
    tied = tied_row(new, old)
    if tied >= 0:
        return TIE, float(tied)
    before = x[row_of(old)]
    if before == 0:
        return NULL, 0.0
    high, low = apart(x[row_of(new)], before)
    change, lost = _rounded(high, low)
    high, low = apart(before, before - before)
    size, lost_of_size = _rounded(high, low)
    if size < 0.0:
        size = -size
        lost_of_size = -lost_of_size
    found = change / size
    return VALUE, found + (lost - found * lost_of_size) / size + 0.0


def _rounded(high: int, low: int) -> tuple[float, float]:
    """The float nearest to `high * 2**32 + low`, and what it lacks."""
    start = float(high) * WORD
    value = start + float(low)
    return value, float(low) - (value - start)


class _Integers(NewestNumbers):
    result = staticmethod(_integers)


@dataclass(frozen=True, slots=True)
class PercentChange(NewestNumbers, Aggregation):
    """The newest visible value minus the one `k` rows before, by the size of that one.

    0.25 is a quarter more, -1.0 nothing left; within 2 units in the last place. Null where the
    value before is zero; NaN gives NaN, and so does an infinite value before. Nulls are skipped and
    not counted; empty input gives null, and so do k rows or fewer. Order is that of event time;
    where one of both rows ties with one of another value the build stops (HW404) until the source
    declares a `sequence`. For windows see `Change`.

    Args:
        k: How many rows before, 1 to 1000.

    >>> PercentChange("price").word
    'percent_change'
    """

    k: int = 1

    takes: ClassVar[tuple[Kind, ...]] = (*NUMBERS, "duration")
    returns: ClassVar[Returns] = "float"
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
