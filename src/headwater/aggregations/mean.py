"""Mean: the exact sum over the count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import NULL, NUMBERS, VALUE, Aggregation, Kind
from headwater.kernel.limbs import round_limbs, scaled_float
from headwater.kernel.moments import HEAD, IntegerSums, Sums, not_finite


def _result(state: Any, x: Any, scale: int) -> tuple[int, float]:
    if state[0] == 0:
        return NULL, 0.0
    strange = not_finite(state)
    if strange != 0.0:
        return VALUE, strange
    value, power = round_limbs(state[HEAD:])
    return VALUE, scaled_float(value / state[0], power + scale)


class _Integers(IntegerSums):
    result = staticmethod(_result)


@dataclass(frozen=True, slots=True)
class Mean(Sums, Aggregation):
    """The arithmetic mean, within 2 units in the last place; finite even where the sum is not.

    Nulls are skipped; NaN gives NaN, infinities theirs (both signs: NaN); empty input gives null;
    order does not matter. Booleans count as 0 and 1, so that a mean of a condition is its share.
    Decimals give a float, of their exact sum, within 3 units; durations a duration, of what they
    hold (nanoseconds too), rounded once to the microsecond, half to even.

    >>> Mean("arrival_delay").word
    'mean'
    """

    takes: ClassVar[tuple[Kind, ...]] = (*NUMBERS, "duration")
    ticks: ClassVar[bool] = True
    unit_power: ClassVar[int] = 1
    computes_in: ClassVar[Literal["float", "same"]] = "float"
    integers: ClassVar[type | None] = _Integers
    result = staticmethod(_result)
