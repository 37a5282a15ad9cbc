"""The third and the fourth moment, from exact sums of powers: what Skewness and Kurtosis share.

A state is `[rows, rows that are not finite, limbs of the sum..., of squares..., of cubes..., of
fourth powers...]`, the powers with twice, three and four times as many limbs as the sum. All words
add. With n rows and sums s1 to s4 the central moments are whole numbers by powers of n:

    n**2 m2 = q = n s2 - s1**2
    n**3 m3 = n (n s3 - s1 s2) - 2 s1 q
    n**4 (m4 - 3 m2**2) = n**2 (n s4 - 4 s1 s3 + 3 s2**2) - 6 q**2
"""

from __future__ import annotations

import math
from typing import Any

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
from headwater.kernel.passes import NULL, VALUE

ROWS = 0
STRANGE = 1
HEAD = 2


def prepare_cubes(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The smallest power of two in the group, and the words of sums up to the third power."""
    scale, limbs = scale_and_limbs(x, valid, start, stop)
    return scale, HEAD + 6 * limbs


def prepare_fourths(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The same up to the fourth power."""
    scale, limbs = scale_and_limbs(x, valid, start, stop)
    return scale, HEAD + 10 * limbs


def prepare_integer_cubes(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """Integers need no scale."""
    return 0, HEAD + 6 * LONG_INTEGER


def prepare_integer_fourths(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """Integers need no scale."""
    return 0, HEAD + 10 * LONG_INTEGER


def lift_cubes(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one float."""
    state[ROWS] = 1
    first = put_float(state[HEAD:], x[i], scale)
    if first < 0:
        state[STRANGE] = 1
    else:
        put_powers(state, first, (state.shape[0] - HEAD) // 6)


def lift_fourths(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one float, with its fourth power."""
    state[ROWS] = 1
    first = put_float(state[HEAD:], x[i], scale)
    if first < 0:
        state[STRANGE] = 1
    else:
        limbs = (state.shape[0] - HEAD) // 10
        put_powers(state, first, limbs)
        put_fourth(state, first, limbs)


def lift_integer_cubes(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one 64-bit integer, signed or not."""
    state[ROWS] = 1
    put_powers(state, put_integer(state[HEAD:], x[i]), LONG_INTEGER)


def lift_integer_fourths(state: Any, x: Any, i: int, scale: int) -> None:
    """The state of one 64-bit integer, with its fourth power."""
    lift_integer_cubes(state, x, i, scale)
    put_fourth(state, 0, LONG_INTEGER)


def put_powers(state: Any, first: int, limbs: int) -> None:
    """Square and cube of the number that stands in the sum at limb `first`, each carried."""
    number = state[HEAD + first : HEAD + first + 3]
    place = HEAD + limbs + 2 * first
    square = state[place : place + 6]
    add_product(square, number, number, 1)
    carry(square)
    place = HEAD + 3 * limbs + 3 * first
    cube = state[place : place + 9]
    add_product(cube, square, number, 1)


def put_fourth(state: Any, first: int, limbs: int) -> None:
    """The fourth power, from the square."""
    place = HEAD + limbs + 2 * first
    square = state[place : place + 6]
    place = HEAD + 6 * limbs + 4 * first
    add_product(state[place : place + 12], square, square, 1)


def skewness(state: Any, x: Any, scale: int) -> tuple[int, float]:
    """g1, which is `n**3 m3 / q**1.5`."""
    n = state[ROWS]
    if n < 2:
        return NULL, 0.0
    if state[STRANGE] > 0:
        return VALUE, math.nan
    limbs = (state.shape[0] - HEAD) // 6
    total = state[HEAD : HEAD + limbs]
    squares = state[HEAD + limbs : HEAD + 3 * limbs]
    cubes = state[HEAD + 3 * limbs :]
    carry(total)
    carry(squares)
    carry(cubes)
    scale_up(cubes, n)
    add_product(cubes, total, squares, -1)
    carry(cubes)
    scale_up(cubes, n)
    center_squares(squares, total, n)
    add_product(cubes, total, squares, -2)
    q, q_low, power = pair_of(squares)
    if q == 0.0:
        return NULL, 0.0
    third, third_low, third_power = pair_of(cubes)
    root, root_low, half = pair_root(q, q_low, power)
    below, below_low = pair_product(q, q_low, root, root_low)
    value, _ = pair_quotient(third, third_low, below, below_low)
    return VALUE, scaled_float(value, third_power - power - half)


def kurtosis(state: Any, x: Any, scale: int) -> tuple[int, float]:
    """Excess g2, which is `n**4 (m4 - 3 m2**2) / q**2`."""
    n = state[ROWS]
    if n < 2:
        return NULL, 0.0
    if state[STRANGE] > 0:
        return VALUE, math.nan
    limbs = (state.shape[0] - HEAD) // 10
    total = state[HEAD : HEAD + limbs]
    squares = state[HEAD + limbs : HEAD + 3 * limbs]
    cubes = state[HEAD + 3 * limbs : HEAD + 6 * limbs]
    fourths = state[HEAD + 6 * limbs :]
    carry(total)
    carry(squares)
    carry(cubes)
    carry(fourths)
    scale_up(fourths, n)
    add_product(fourths, total, cubes, -4)
    add_product(fourths, squares, squares, 3)
    carry(fourths)
    scale_up(fourths, n)
    scale_up(fourths, n)
    center_squares(squares, total, n)
    add_product(fourths, squares, squares, -6)
    q, q_low, power = pair_of(squares)
    if q == 0.0:
        return NULL, 0.0
    excess, excess_low, excess_power = pair_of(fourths)
    below, below_low = pair_product(q, q_low, q, q_low)
    value, _ = pair_quotient(excess, excess_low, below, below_low)
    return VALUE, scaled_float(value, excess_power - 2 * power)


def center_squares(squares: Any, total: Any, n: int) -> None:
    """`n` times the sum of squares less the square of the sum, carried; both were."""
    scale_up(squares, n)
    add_product(squares, total, total, -1)
    carry(squares)
