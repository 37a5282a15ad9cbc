"""Sum: exact, rounded once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import NULL, NUMBERS, OVERFLOW, VALUE, Aggregation, Kind, Returns
from headwater.kernel.limbs import BITS, round_limbs, scaled_float
from headwater.kernel.moments import HEAD, IntegerSums, Sums, not_finite


class _Integers(IntegerSums):
    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
        if state[0] == 0:
            return NULL, 0
        value, _ = round_limbs(state[HEAD:])
        above = state[HEAD + 2] >> 3
        for k in range(HEAD + 3, state.shape[0]):
            above |= state[k]
        low = state[HEAD] + (state[HEAD + 1] << BITS)
        if above == 0:
            total = low + (state[HEAD + 2] << (2 * BITS))
            return VALUE, (total if value >= 0.0 else -total)
        is_least = value < 0.0 and above == 1 and state[HEAD + 2] == 8 and low == 0
        return (VALUE, -(1 << 62) - (1 << 62)) if is_least else (OVERFLOW, 0)


@dataclass(frozen=True, slots=True)
class Sum(Sums, Aggregation):
    """The correctly rounded sum of floats, the exact one of all else in its own type.

    Integers and booleans give an integer, decimals a decimal of their scale with 38 digits,
    durations a duration. Nulls are skipped; NaN gives NaN, infinities theirs (both signs: NaN); a
    zero sum is +0.0; empty input gives null; order does not matter. Nanoseconds are summed as such
    and rounded once to the microsecond, half to even. A sum beyond 64 bits, of decimals in units of
    their last digit and of durations in microseconds (or the nanoseconds that they hold), is a
    DataError (HW407).

    >>> Sum("amount").within("7d").windows
    ('7d',)
    """

    takes: ClassVar[tuple[Kind, ...]] = (*NUMBERS, "duration")
    returns: ClassVar[Returns] = "value"
    ticks: ClassVar[bool] = True
    integers: ClassVar[type | None] = _Integers

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, float]:
        """The sum, null for no value."""
        if state[0] == 0:
            return NULL, 0.0
        strange = not_finite(state)
        if strange != 0.0:
            return VALUE, strange
        value, power = round_limbs(state[HEAD:])
        return VALUE, scaled_float(value, power + scale)
