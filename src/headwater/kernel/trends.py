"""A line through values over event time, from exact sums: Slope and Intercept.

A state is `[rows, rows that are not finite, limbs of the sum of t (4)..., of tt (8)..., of x..., of
xt...]`, t in microseconds since 1970. All words add. Sums are exact, so that no origin nearer to
the rows is needed, and times before 1970 are like others.
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
from headwater.kernel.pairs import pair_of, pair_quotient
from headwater.kernel.passes import NULL, VALUE

ROWS = 0
STRANGE = 1
TIMES = 2
TIME_SQUARES = 6
VALUES = 14
DAY_ODD = 10_546_875
DAY_TWOS = 13
"""A day is `10_546_875 * 2**13` microseconds."""


def prepare_trend(x: Any, time: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The scale of the values, and the words of all sums."""
    scale, limbs = scale_and_limbs(x, valid, start, stop)
    return scale, VALUES + 2 * limbs + LONG_INTEGER


def prepare_integer_trend(x: Any, time: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """Integers need no scale."""
    return 0, VALUES + 3 * LONG_INTEGER


def lift_trend(state: Any, x: Any, time: Any, i: int, scale: int) -> None:
    """The state of a float at its time."""
    first = put_float(state[VALUES:], x[i], scale)
    put_time(state, time[i], first)


def lift_integer_trend(state: Any, x: Any, time: Any, i: int, scale: int) -> None:
    """The state of a 64-bit integer, signed or not, at its time."""
    put_time(state, time[i], put_integer(state[VALUES:], x[i]))


def put_time(state: Any, time: int, first: int) -> None:
    """Put in the time and its products, where x stands at limb `first`, -1 for not finite."""
    state[ROWS] = 1
    put_integer(state[TIMES:], time)
    t = state[TIMES : TIMES + 3]
    add_product(state[TIME_SQUARES : TIME_SQUARES + 6], t, t, 1)
    if first < 0:
        state[STRANGE] = 1
        return
    place = VALUES + (state.shape[0] - VALUES - LONG_INTEGER) // 2 + first
    x = state[VALUES + first : VALUES + first + 3]
    add_product(state[place : place + 6], x, t, 1)


def slope(state: Any, x: Any, time: Any, scale: int) -> tuple[int, float]:
    """`(n sum(xt) - sum(x) sum(t)) / (n sum(tt) - sum(t)**2)`, by the day."""
    n = state[ROWS]
    limbs = (state.shape[0] - VALUES - LONG_INTEGER) // 2
    times = state[TIMES:TIME_SQUARES]
    squares = state[TIME_SQUARES:VALUES]
    values = state[VALUES : VALUES + limbs]
    products = state[VALUES + limbs :]
    carry(times)
    carry(squares)
    scale_up(squares, n)
    add_product(squares, times, times, -1)
    below, below_low, below_power = pair_of(squares)
    if below == 0.0:
        return NULL, 0.0
    if state[STRANGE] > 0:
        return VALUE, math.nan
    carry(values)
    carry(products)
    scale_up(products, n)
    add_product(products, values, times, -1)
    carry(products)
    scale_up(products, DAY_ODD)
    above, above_low, power = pair_of(products)
    value, _ = pair_quotient(above, above_low, below, below_low)
    return VALUE, scaled_float(value, power + DAY_TWOS - below_power + scale)


def intercept(state: Any, x: Any, time: Any, scale: int, as_of: int) -> tuple[int, float]:
    """The line at T: with u = t - T, `(sum(x) sum(uu) - sum(u) sum(xu)) / (n sum(uu) - sum(u)**2)`.

    The state is moved to u first, and used up.
    """
    n = state[ROWS]
    if n < 2:
        return NULL, 0.0
    limbs = (state.shape[0] - VALUES - LONG_INTEGER) // 2
    times = state[TIMES:TIME_SQUARES]
    squares = state[TIME_SQUARES:VALUES]
    values = state[VALUES : VALUES + limbs]
    products = state[VALUES + limbs :]
    moment = np.zeros(3, np.int64)
    put_integer(moment, as_of)
    carry(times)
    carry(values)
    add_product(squares, moment, times, -1)
    add_product(products, moment, values, -1)
    for k in range(3):
        times[k] -= moment[k] * n
    carry(times)
    add_product(squares, moment, times, -1)
    carry(squares)
    carry(products)
    height = np.zeros(limbs + 2 * LONG_INTEGER, np.int64)
    add_product(height, squares, values, 1)
    add_product(height, products, times, -1)
    scale_up(squares, n)
    add_product(squares, times, times, -1)
    below, below_low, below_power = pair_of(squares)
    if below == 0.0:
        return NULL, 0.0
    if state[STRANGE] > 0:
        return VALUE, math.nan
    above, above_low, power = pair_of(height)
    value, _ = pair_quotient(above, above_low, below, below_low)
    return VALUE, scaled_float(value, power - below_power + scale)
