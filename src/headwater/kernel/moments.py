"""Exact moments: the states that Sum, Mean, Variance and Std share.

A state is `[rows, NaN, +inf, -inf, limbs of the sum..., limbs of the sum of squares...]`. An
aggregation takes what it needs by inheriting from one of the classes at the end and adds a result;
integers, signed or not, have classes of their own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headwater.kernel.limbs import (
    BIAS,
    BITS,
    MASK,
    NOT_FINITE,
    add_scaled,
    add_short,
    add_square,
    carry_limbs,
    multiply,
    round_limbs,
    subtract_square,
    whole,
)

HEAD = 4
FIRST = HEAD * BITS
"""The shift of the sum's first limb."""
HEADROOM = 53 + 33
"""Bits of a float and of the number of rows."""
LOW_63 = (1 << 63) - 1
TOP = 1 << (63 - BITS)
"""The last bit of 64, one limb further down."""


def prepare_sum(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The smallest power of two in the group, and the words of a state that holds its sum."""
    scale, limbs = scale_and_limbs(x, valid, start, stop)
    return scale, HEAD + limbs


def prepare_squares(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The same for the sum and the sum of squares: limbs of the sum, then twice as many."""
    scale, limbs = scale_and_limbs(x, valid, start, stop)
    return scale, HEAD + 3 * limbs


def scale_and_limbs(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The smallest power of two in the group, and how many limbs hold its sum.

    Twice as many hold the sum of squares times the number of rows.
    """
    low = NOT_FINITE
    high = 0
    for i in range(start, stop):
        number, exponent = whole(x[i])
        if valid[i] and number != 0 and exponent != NOT_FINITE:
            low = min(low, exponent)
            high = max(high, exponent)
    if low > high:
        return 0, HEADROOM // BITS + 1
    return int(low - BIAS), int(high - low + HEADROOM) // BITS + 1


def lift_sum(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one float, for a sum."""
    state[0] = 1
    number, exponent = whole(x[i])
    if exponent == NOT_FINITE:
        state[1 if x[i] != x[i] else 2 if x[i] > 0.0 else 3] = 1
    elif number != 0:  # a zero may lie below the scale
        add_short(state, number, FIRST + exponent - BIAS - scale)


def lift_squares(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one float, for a sum and a sum of squares."""
    lift_sum(state, x, i, scale)
    number, exponent = whole(x[i])
    if number != 0 and exponent != NOT_FINITE:
        number = abs(number)
        low = number & MASK
        high = number >> BITS
        limbs = (state.shape[0] - HEAD) // 3
        shift = 2 * (exponent - BIAS - scale) + BITS * (HEAD + limbs)
        add_short(state, low * low, shift)
        add_short(state, 2 * low * high, shift + BITS)
        add_short(state, high * high, shift + 2 * BITS)


def prepare_integers(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """Integers need no scale."""
    return 0, HEAD + 5


def lift_integer(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one 64-bit integer, signed or not, for a sum."""
    state[0] = 1
    number = x[i]
    add_scaled(state, np.int64(number & LOW_63), FIRST)
    last = np.int64(number >> 63)  # -1 where the sign is set, 1 where there is none to set
    if last != 0:
        add_scaled(state, last * TOP, FIRST + BITS)


def prepare_integer_squares(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """Integers need no scale."""
    return 0, HEAD + 21


def lift_integer_squares(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one 64-bit integer, signed or not, for a sum and a sum of squares."""
    lift_integer(state, x, i, scale)
    add_square(state, HEAD + 7, x[i], 0)


def add_words(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
    """Merge two states whose words add."""
    for k in range(into.shape[0]):
        into[k] = left[k] + right[k]


def not_finite(state: Any) -> float:
    """What a sum over NaN or infinities is; 0.0 where there are none."""
    if state[1] > 0 or (state[2] > 0 and state[3] > 0):
        return math.nan
    if state[2] > 0:
        return math.inf
    return -math.inf if state[3] > 0 else 0.0


def spread(state: Any) -> tuple[float, int]:
    """The variance (n - 1) of two rows or more as `value * 2**power`, the scale left out."""
    if state[1] + state[2] + state[3] > 0:
        return math.nan, 0
    size = (state.shape[0] - HEAD) // 3
    total = state[HEAD : HEAD + size]
    squares = state[HEAD + size :]
    carry_limbs(total)
    carry_limbs(squares)
    # n * sum(x**2) - sum(x)**2 is exact and never negative
    multiply(squares, state[0])
    subtract_square(squares, total)
    value, power = round_limbs(squares)
    n = float(state[0])
    return value / (n * (n - 1.0)), power


class Sums:
    """What folds the sum of floats."""

    __slots__ = ()
    prepare = staticmethod(prepare_sum)
    lift = staticmethod(lift_sum)
    merge = staticmethod(add_words)


class IntegerSums:
    """What folds the sum of integers."""

    __slots__ = ()
    takes_unsigned = True
    prepare = staticmethod(prepare_integers)
    lift = staticmethod(lift_integer)
    merge = staticmethod(add_words)


class Squares:
    """What folds the sum of floats and that of their squares."""

    __slots__ = ()
    prepare = staticmethod(prepare_squares)
    lift = staticmethod(lift_squares)
    merge = staticmethod(add_words)


class IntegerSquares:
    """What folds the sum of integers and that of their squares."""

    __slots__ = ()
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_squares)
    lift = staticmethod(lift_integer_squares)
    merge = staticmethod(add_words)
