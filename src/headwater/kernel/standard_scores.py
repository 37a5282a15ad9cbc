"""How far the newest value lies from those before it, from exact sums: ZScore.

A state is `[rows, rows that are not finite, the newest row's position plus one, whether it is tied,
limbs of the sum..., of squares...]`. The newest value is taken out of the sums at the end, exactly.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headwater.kernel.exact_products import (
    LONG_INTEGER,
    add_product,
    put_float,
    put_integer,
    scale_up,
)
from headwater.kernel.limbs import carry, scaled_float
from headwater.kernel.moments import scale_and_limbs
from headwater.kernel.pairs import pair_of, pair_product, pair_quotient, pair_root
from headwater.kernel.passes import NULL, TIE, VALUE

ROWS = 0
STRANGE = 1
NEWEST = 2
TIED = 3
HEAD = 4


def prepare_scores(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The smallest power of two in the group, and the words of both sums."""
    scale, limbs = scale_and_limbs(x, valid, start, stop)
    return scale, HEAD + 3 * limbs


def prepare_integer_scores(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """Integers need no scale."""
    return 0, HEAD + 3 * LONG_INTEGER


def lift_score(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one float."""
    put_score(state, put_float(state[HEAD:], x[i], scale), i)


def lift_integer_score(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one 64-bit integer, signed or not."""
    put_score(state, put_integer(state[HEAD:], x[i]), i)


def put_score(state: Any, first: int, i: int) -> None:
    """Put in the square of the number at limb `first` of the sum; -1 where it is not finite."""
    state[ROWS] = 1
    state[NEWEST] = i + 1
    if first < 0:
        state[STRANGE] = 1
        return
    number = state[HEAD + first : HEAD + first + 3]
    place = HEAD + (state.shape[0] - HEAD) // 3 + 2 * first
    add_product(state[place : place + 6], number, number, 1)


def merge_scores(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
    """Add the sums; the right one has the newest row, tied where another value has its rank."""
    a = left[NEWEST]
    b = right[NEWEST]
    tied = right[TIED]
    if b == 0:
        b = a
        tied = left[TIED]
    elif a > 0 and rank[a - 1] == rank[b - 1]:
        one = x[a - 1]
        other = x[b - 1]
        are_nan = one != one and other != other
        if left[TIED] > 0 or (one != other and not are_nan):
            tied = 1
    for k in range(into.shape[0]):
        into[k] = left[k] + right[k]
    into[NEWEST] = b
    into[TIED] = tied


def score(state: Any, x: Any, scale: int) -> tuple[int, float]:
    """Of a float."""
    number = np.zeros(state.shape[0], np.int64)
    if state[NEWEST] > 0:
        put_float(number, x[state[NEWEST] - 1], scale)
    return score_of(state, number)


def integer_score(state: Any, x: Any, scale: int) -> tuple[int, float]:
    """Of an integer."""
    number = np.zeros(state.shape[0], np.int64)
    if state[NEWEST] > 0:
        put_integer(number, x[state[NEWEST] - 1])
    return score_of(state, number)


def score_of(state: Any, newest: Any) -> tuple[int, float]:
    """`(n v - sum) / root(n / (n - 1) (n sum(x**2) - sum**2))` of a value and the n rows before it.

    The state and the limbs of the value are used up.
    """
    n = state[ROWS] - 1
    if state[TIED] > 0:
        return TIE, float(state[NEWEST] - 1)
    if n < 2:
        return NULL, 0.0
    if state[STRANGE] > 0:
        return VALUE, math.nan
    limbs = (state.shape[0] - HEAD) // 3
    total = state[HEAD : HEAD + limbs]
    squares = state[HEAD + limbs :]
    newest = newest[:limbs]
    for k in range(limbs):
        total[k] -= newest[k]
    add_product(squares, newest, newest, -1)
    carry(total)
    carry(squares)
    scale_up(squares, n)
    add_product(squares, total, total, -1)
    spread, spread_low, spread_power = pair_of(squares)
    if spread == 0.0:
        return NULL, 0.0
    scale_up(newest, n)
    for k in range(limbs):
        newest[k] -= total[k]
    distance, low, power = pair_of(newest)
    spread, spread_low = pair_product(spread, spread_low, float(n), 0.0)
    spread, spread_low = pair_quotient(spread, spread_low, float(n - 1), 0.0)
    spread, spread_low, half = pair_root(spread, spread_low, spread_power)
    value, _ = pair_quotient(distance, low, spread, spread_low)
    return VALUE, scaled_float(value, power - half)
