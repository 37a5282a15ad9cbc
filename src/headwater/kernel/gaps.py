"""Times of rows: how long ago the first or the last was, and how far they lie apart.

What TimeSince keeps is `[rows, first time, last time]`. TimeBetween adds the limbs of the sum of
squares of the gaps between rows that follow one another; the sum of gaps is last less first.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headwater.kernel.exact_products import LONG_INTEGER, add_product, put_integer, scale_up
from headwater.kernel.limbs import add_square, carry, scaled_float
from headwater.kernel.pairs import pair_of, pair_product, pair_quotient, pair_root
from headwater.kernel.passes import NULL, VALUE

ROWS = 0
FIRST = 1
LAST = 2
SQUARES = 3


def prepare_ends(
    x: Any, time: Any, parameters: Any, valid: Any, start: int, stop: int
) -> tuple[int, int]:
    """No scale, three words."""
    return 0, SQUARES


def prepare_gaps(
    x: Any, time: Any, parameters: Any, valid: Any, start: int, stop: int
) -> tuple[int, int]:
    """The same with a sum of squares."""
    return 0, SQUARES + 2 * LONG_INTEGER


def lift_time(state: Any, x: Any, time: Any, parameters: Any, i: int, scale: int) -> None:
    """One row is the first and the last."""
    state[ROWS] = 1
    state[FIRST] = time[i]
    state[LAST] = time[i]


def merge_ends(
    into: Any, left: Any, right: Any, x: Any, time: Any, parameters: Any, rank: Any
) -> None:
    """The earlier first and the later last."""
    earlier = left if left[ROWS] > 0 else right
    later = right if right[ROWS] > 0 else left
    rows = left[ROWS] + right[ROWS]
    last = later[LAST]
    into[FIRST] = earlier[FIRST]
    into[LAST] = last
    into[ROWS] = rows


def merge_gaps(
    into: Any, left: Any, right: Any, x: Any, time: Any, parameters: Any, rank: Any
) -> None:
    """Both ends, and where squares are asked for that of the gap between left and right."""
    gap = right[FIRST] - left[LAST] if left[ROWS] > 0 and right[ROWS] > 0 else 0
    merge_ends(into, left, right, x, time, parameters, rank)
    if parameters[0] > 0.0:
        for k in range(SQUARES, into.shape[0]):
            into[k] = left[k] + right[k]
        add_square(into, SQUARES, np.int64(gap), 0)


def time_since(
    state: Any, x: Any, time: Any, parameters: Any, scale: int, as_of: int
) -> tuple[int, int]:
    """From the last row to T; from the first where a parameter is above zero."""
    if state[ROWS] == 0:
        return NULL, 0
    return VALUE, as_of - state[FIRST if parameters[0] > 0.0 else LAST]


def time_between(state: Any, x: Any, time: Any, parameters: Any, scale: int) -> tuple[int, int]:
    """The mean gap; its standard deviation (n - 1) where a parameter is above zero."""
    gaps = state[ROWS] - 1
    total = state[LAST] - state[FIRST]
    if parameters[0] > 0.0:
        if gaps < 2:
            return NULL, 0
        return VALUE, deviation(state[SQUARES:], total, gaps)
    if gaps < 1:
        return NULL, 0
    mean = total // gaps
    twice = 2 * (total - mean * gaps)
    if twice > gaps or (twice == gaps and mean % 2 != 0):
        mean += 1
    return VALUE, mean


def deviation(squares: Any, total: int, gaps: int) -> int:
    """The root of `(n sum(gap**2) - sum(gap)**2) / (n (n - 1))`, as `nearest_root`."""
    sum_ = np.zeros(3, np.int64)
    put_integer(sum_, total)
    carry(squares)
    scale_up(squares, gaps)
    add_product(squares, sum_, sum_, -1)
    value, low, power = pair_of(squares)
    if value == 0.0:
        return 0
    below, below_low = pair_product(float(gaps), 0.0, float(gaps - 1), 0.0)
    value, low = pair_quotient(value, low, below, below_low)
    value, low, power = pair_root(value, low, power)
    value = scaled_float(value, power)
    floor = math.floor(value)
    part = (value - floor) + scaled_float(low, power)
    more = math.floor(part)
    part -= more
    whole = int(floor) + int(more)
    if part > 0.75 or (part > 0.25 and is_above_half(squares, whole, gaps)):
        whole += 1
    return whole


def is_above_half(squares: Any, whole: int, gaps: int) -> bool:
    """Whether a root rounds up: it is above `whole` and a half, or that and `whole` is odd.

    Exactly: by the sign of `4 squares - (2 whole + 1)**2 n (n - 1)`. `squares` is used up.
    """
    odd = np.zeros(3, np.int64)
    put_integer(odd, 2 * whole + 1)
    product = np.zeros(squares.shape[0], np.int64)
    add_product(product, odd, odd, 1)
    carry(product)
    scale_up(product, gaps)
    scale_up(product, gaps - 1)
    scale_up(squares, 4)
    for k in range(squares.shape[0]):
        squares[k] -= product[k]
    carry(squares)
    rest, _, _ = pair_of(squares)
    return rest > 0.0 or (rest == 0.0 and whole % 2 != 0)
