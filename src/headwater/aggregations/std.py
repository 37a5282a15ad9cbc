"""Std: from exact sums of values and squares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import NULL, NUMBERS, VALUE, Aggregation, Kind
from headwater.kernel.limbs import scaled_float
from headwater.kernel.moments import IntegerSquares, Squares, spread


def _result(state: Any, x: Any, scale: int) -> tuple[int, float]:
    if state[0] < 2:
        return NULL, 0.0
    value, power = spread(state)
    if power & 1:
        value *= 2.0
        power -= 1
    return VALUE, scaled_float(math.sqrt(value), power // 2 + scale)


class _Integers(IntegerSquares):
    result = staticmethod(_result)


@dataclass(frozen=True, slots=True)
class Std(Squares, Aggregation):
    """The sample standard deviation (n - 1), within 2 units in the last place.

    Nulls are skipped; a NaN or an infinity gives NaN; empty input and a single value
    give null; order does not matter. Large offsets cost no digits: squares are summed exactly.
    Decimals give a float, within 3 units; durations a duration, rounded once to the microsecond.

    >>> Std("amount").word
    'std'
    """

    takes: ClassVar[tuple[Kind, ...]] = (*NUMBERS, "duration")
    ticks: ClassVar[bool] = True
    unit_power: ClassVar[int] = 1
    computes_in: ClassVar[Literal["float", "same"]] = "float"
    integers: ClassVar[type | None] = _Integers
    result = staticmethod(_result)
