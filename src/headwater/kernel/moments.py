"""Exact moments: the states that Sum, Mean, Variance and Std share.

A state is `[rows, NaN, +inf, -inf, limbs of the sum..., limbs of the sum of squares...]`. An
aggregation takes what it needs by inheriting from one of the classes at the end and adds a result;
integers, signed or not, have classes of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from headwater.kernel.limbs import (
    BIAS,
    BITS,
    NOT_FINITE,
    add_scaled,
    add_short,
    add_short_square,
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
FEWEST = 3
"""Limbs that one float may reach."""
LOW_63 = (1 << 63) - 1
TOP = 1 << (63 - BITS)
"""The last bit of 64, one limb further down."""


def prepare_sum(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The smallest power of two in the group, and the words of a state that holds its sum."""
    low, high = exponents(x, valid, start, stop)
    if low > high:
        return 0, HEAD + FEWEST
    return int(low - BIAS), HEAD + limbs_of_sum(high - low, stop - start)


def prepare_squares(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The same for the sum and the sum of squares: limbs of the sum, then twice as many."""
    scale, words = prepare_sum(x, valid, start, stop)
    return scale, HEAD + 3 * (words - HEAD)


def limbs_of_sum(reach: int, rows: int) -> int:
    """How many limbs hold the sum of so many floats whose exponents are no further apart.

    Twice as many hold the sum of squares times the number of rows.
    """
    bits = int(np.float64(rows).view(np.int64) >> 52) - 1022
    return max(int(reach + 53 + bits) // BITS + 1, int(reach) // BITS + FEWEST)


def scale_and_limbs(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The smallest power of two in the group, and how many limbs hold its sum.

    Twice as many hold the sum of squares times the number of rows.
    """
    low, high = exponents(x, valid, start, stop)
    if low > high:
        return 0, HEADROOM // BITS + 1
    return int(low - BIAS), int(high - low + HEADROOM) // BITS + 1


def exponents(x: Any, valid: Any, start: int, stop: int) -> tuple[Any, Any]:
    """The least and the greatest exponent, see `whole`; the least is above where there is none."""
    low = NOT_FINITE
    high = 0
    for i in range(start, stop):
        number, exponent = whole(x[i])
        if valid[i] and number != 0 and exponent != NOT_FINITE:
            low = min(low, exponent)
            high = max(high, exponent)
    return low, high


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
    state[0] = 1
    number, exponent = whole(x[i])
    if exponent == NOT_FINITE:
        state[1 if x[i] != x[i] else 2 if x[i] > 0.0 else 3] = 1
    elif number != 0:
        shift = exponent - BIAS - scale
        add_short(state, number, FIRST + shift)
        limbs = (state.shape[0] - HEAD) // 3
        add_short_square(state, number, 2 * shift + BITS * (HEAD + limbs))


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


def prepare_rows(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """No scale, one word."""
    return 0, 1


def lift_rows(state: Any, x: Any, i: int, scale: int) -> None:
    """One row counts one."""
    state[0] = 1


def words_of_rows(words: Any) -> Any:
    """How many words of a larger state are those of `Rows`; elementwise."""
    return 0 * words + 1


def words_of_sum(words: Any) -> Any:
    """How many words of a state of `Squares` are those of `Sums`."""
    return HEAD + (words - HEAD) // 3


def words_of_integer_sum(words: Any) -> Any:
    """How many words of a state of `IntegerSquares` are those of `IntegerSums`."""
    return 0 * words + HEAD + 5


class Rows:
    """What counts rows, whatever their values are.

    The first words of the states of other classes may be states of this one: these say so in
    `begins_with`, with the number of words, and a pass then makes one state for both.
    """

    __slots__ = ()
    begins_with: ClassVar[tuple[type, Callable[[Any], Any]] | None] = None
    prepare = staticmethod(prepare_rows)
    lift = staticmethod(lift_rows)
    merge = staticmethod(add_words)


class Sums:
    """What folds the sum of floats."""

    __slots__ = ()
    begins_with: ClassVar[tuple[type, Callable[[Any], Any]] | None] = Rows, words_of_rows
    prepare = staticmethod(prepare_sum)
    lift = staticmethod(lift_sum)
    merge = staticmethod(add_words)


class IntegerSums:
    """What folds the sum of integers."""

    __slots__ = ()
    begins_with: ClassVar[tuple[type, Callable[[Any], Any]] | None] = Rows, words_of_rows
    takes_unsigned = True
    prepare = staticmethod(prepare_integers)
    lift = staticmethod(lift_integer)
    merge = staticmethod(add_words)


class Squares:
    """What folds the sum of floats and that of their squares."""

    __slots__ = ()
    begins_with: ClassVar[tuple[type, Callable[[Any], Any]] | None] = Sums, words_of_sum
    prepare = staticmethod(prepare_squares)
    lift = staticmethod(lift_squares)
    merge = staticmethod(add_words)


class IntegerSquares:
    """What folds the sum of integers and that of their squares."""

    __slots__ = ()
    begins_with: ClassVar[tuple[type, Callable[[Any], Any]] | None] = (
        IntegerSums,
        words_of_integer_sum,
    )
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_squares)
    lift = staticmethod(lift_integer_squares)
    merge = staticmethod(add_words)
