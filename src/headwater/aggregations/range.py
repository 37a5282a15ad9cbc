"""Range: how far the values lie apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from headwater.aggregations.base import (
    NULL,
    NUMBERS,
    OVERFLOW,
    VALUE,
    Aggregation,
    Kind,
    Returns,
)


def _prepare(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    return 0, 2


def _lift(state: Any, x: Any, i: int, scale: int) -> None:
    state[0] = i + 1
    state[1] = i + 1


def _merge(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
    """The rows of the smallest and the largest value, plus one; a NaN is both."""
    low = left[0]
    high = left[1]
    other = right[0]
    if low == 0 or (other > 0 and not x[low - 1] <= x[other - 1] and x[low - 1] == x[low - 1]):
        low = other
    other = right[1]
    if high == 0 or (other > 0 and not x[high - 1] >= x[other - 1] and x[high - 1] == x[high - 1]):
        high = other
    into[0] = low
    into[1] = high


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(_prepare)
    lift = staticmethod(_lift)
    merge = staticmethod(_merge)

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, Any]:
        if state[0] == 0:
            return NULL, 0
        apart = np.int64(x[state[1] - 1] - x[state[0] - 1])  # negative where it does not fit
        return (VALUE if apart >= 0 else OVERFLOW), apart


@dataclass(frozen=True, slots=True)
class Range(Aggregation):
    """The largest value less the smallest: an integer, a float, or a duration for times.

    Nulls are skipped; NaN gives NaN; infinities are as far apart as IEEE 754 has it (both of one
    sign: NaN); one value gives 0; empty input gives null; order does not matter. Decimals keep
    their scale; of nanoseconds the difference is rounded to the microsecond, half to even. One of
    integers beyond 64 bits is a DataError (HW407).

    >>> Range("price").word
    'range'
    """

    takes: ClassVar[tuple[Kind, ...]] = (*NUMBERS, "time", "duration")
    returns: ClassVar[Returns] = "difference"
    ticks: ClassVar[bool] = True
    integers: ClassVar[type | None] = _Integers
    prepare = staticmethod(_prepare)
    lift = staticmethod(_lift)
    merge = staticmethod(_merge)

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, float]:
        """The difference, null for no value."""
        if state[0] == 0:
            return NULL, math.nan
        return VALUE, x[state[1] - 1] - x[state[0] - 1] + 0.0
