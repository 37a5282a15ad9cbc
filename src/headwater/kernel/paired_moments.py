"""Two numbers a row, from exact sums of both and of products: Covariance and Correlation.

A state is `[rows, rows that are not finite, limbs of the sum of x..., of y..., of xy...]`, and for
a correlation then those of xx and yy. All words add. With n rows, n times a sum of products less
the product of the sums is a whole number and n**2 times what both lie from their means.

Both have a scale of their own; they and the limbs of x are packed into one number.
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
ABOVE = 2048
"""What is added to a scale, so that it is packed as a number above zero."""
PACKED = 12
LOW_PACKED = (1 << 12) - 1


def packed(scale: int, other_scale: int, limbs: int) -> int:
    """Two scales and a number of limbs as one number."""
    return (((scale + ABOVE) << PACKED | (other_scale + ABOVE)) << PACKED) | limbs


def first_scale(pack: int) -> int:
    """The scale of x."""
    return (pack >> (2 * PACKED)) - ABOVE


def second_scale(pack: int) -> int:
    """The scale of y."""
    return ((pack >> PACKED) & LOW_PACKED) - ABOVE


def prepare_products(x: Any, other: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """Both scales, and the words of the sums and the sum of products."""
    scale, limbs = scale_and_limbs(x, valid, start, stop)
    other_scale, other_limbs = scale_and_limbs(other, valid, start, stop)
    return packed(scale, other_scale, limbs), HEAD + 2 * (limbs + other_limbs)


def prepare_squares_too(x: Any, other: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The same with sums of squares."""
    scale, limbs = scale_and_limbs(x, valid, start, stop)
    other_scale, other_limbs = scale_and_limbs(other, valid, start, stop)
    return packed(scale, other_scale, limbs), HEAD + 4 * (limbs + other_limbs)


def prepare_integer_products(
    x: Any, other: Any, valid: Any, start: int, stop: int
) -> tuple[int, int]:
    """Integers need no scale, their partners do."""
    scale, limbs = scale_and_limbs(other, valid, start, stop)
    return packed(0, scale, LONG_INTEGER), HEAD + 2 * (LONG_INTEGER + limbs)


def prepare_integer_squares_too(
    x: Any, other: Any, valid: Any, start: int, stop: int
) -> tuple[int, int]:
    """The same with sums of squares."""
    scale, limbs = scale_and_limbs(other, valid, start, stop)
    return packed(0, scale, LONG_INTEGER), HEAD + 4 * (LONG_INTEGER + limbs)


def lift_products(state: Any, x: Any, other: Any, i: int, scale: int) -> None:
    """The state of one pair of floats."""
    first = put_float(state[HEAD:], x[i], first_scale(scale))
    put_pair(state, other[i], scale, first, (state.shape[0] - HEAD) // 2)


def lift_integer_products(state: Any, x: Any, other: Any, i: int, scale: int) -> None:
    """The state of an integer and a float."""
    first = put_integer(state[HEAD:], x[i])
    put_pair(state, other[i], scale, first, (state.shape[0] - HEAD) // 2)


def lift_squares_too(state: Any, x: Any, other: Any, i: int, scale: int) -> None:
    """The state of one pair of floats, with squares."""
    limbs = (state.shape[0] - HEAD) // 4
    first = put_float(state[HEAD:], x[i], first_scale(scale))
    second = put_pair(state, other[i], scale, first, limbs)
    put_squares(state, scale & LOW_PACKED, (first, second), limbs)


def lift_integer_squares_too(state: Any, x: Any, other: Any, i: int, scale: int) -> None:
    """The state of an integer and a float, with squares."""
    limbs = (state.shape[0] - HEAD) // 4
    first = put_integer(state[HEAD:], x[i])
    second = put_pair(state, other[i], scale, first, limbs)
    put_squares(state, scale & LOW_PACKED, (first, second), limbs)


def put_pair(state: Any, value: float, scale: int, first: int, limbs: int) -> int:
    """Put in y and the product, where x stands at limb `first`; the place of y.

    Args:
        state: With x in its sum.
        value: y.
        scale: Both scales.
        first: Where x stands; -1 where it is not finite.
        limbs: Those of both sums.
    """
    state[ROWS] = 1
    own = scale & LOW_PACKED
    second = put_float(state[HEAD + own :], value, second_scale(scale))
    if first < 0 or second < 0:
        state[STRANGE] = 1
        return -1
    x = state[HEAD + first : HEAD + first + 3]
    y = state[HEAD + own + second : HEAD + own + second + 3]
    place = HEAD + limbs + first + second
    add_product(state[place : place + 6], x, y, 1)
    return second


def put_squares(state: Any, own: int, places: tuple[int, int], limbs: int) -> None:
    """Put in the squares of x and y, which stand at these limbs of their sums."""
    first, second = places
    if second < 0:
        return
    x = state[HEAD + first : HEAD + first + 3]
    y = state[HEAD + own + second : HEAD + own + second + 3]
    place = HEAD + 2 * limbs + 2 * first
    add_product(state[place : place + 6], x, x, 1)
    place = HEAD + 2 * limbs + 2 * own + 2 * second
    add_product(state[place : place + 6], y, y, 1)


def center(products: Any, left: Any, right: Any, n: int) -> None:
    """`n` times a sum of products less the product of the sums, which are carried."""
    carry(products)
    scale_up(products, n)
    add_product(products, left, right, -1)


def covariance(state: Any, x: Any, other: Any, scale: int) -> tuple[int, float]:
    """By n - 1: the centered sum of products by n (n - 1)."""
    n = state[ROWS]
    if n < 2:
        return NULL, 0.0
    if state[STRANGE] > 0:
        return VALUE, math.nan
    limbs = (state.shape[0] - HEAD) // 2
    own = scale & LOW_PACKED
    left = state[HEAD : HEAD + own]
    right = state[HEAD + own : HEAD + limbs]
    products = state[HEAD + limbs :]
    carry(left)
    carry(right)
    center(products, left, right, n)
    shared, low, power = pair_of(products)
    below, below_low = pair_product(float(n), 0.0, float(n - 1), 0.0)
    value, _ = pair_quotient(shared, low, below, below_low)
    return VALUE, scaled_float(value, power + first_scale(scale) + second_scale(scale))


def correlation(state: Any, x: Any, other: Any, scale: int) -> tuple[int, float]:
    """The centered sum of products by the root of those of squares; scales cancel."""
    n = state[ROWS]
    if n < 2:
        return NULL, 0.0
    if state[STRANGE] > 0:
        return VALUE, math.nan
    limbs = (state.shape[0] - HEAD) // 4
    own = scale & LOW_PACKED
    left = state[HEAD : HEAD + own]
    right = state[HEAD + own : HEAD + limbs]
    products = state[HEAD + limbs : HEAD + 2 * limbs]
    squares = state[HEAD + 2 * limbs : HEAD + 2 * limbs + 2 * own]
    others = state[HEAD + 2 * limbs + 2 * own :]
    carry(left)
    carry(right)
    center(products, left, right, n)
    center(squares, left, left, n)
    center(others, right, right, n)
    a, a_low, a_power = pair_of(squares)
    b, b_low, b_power = pair_of(others)
    if a == 0.0 or b == 0.0:
        return NULL, 0.0
    shared, shared_low, power = pair_of(products)
    both, both_low = pair_product(a, a_low, b, b_low)
    root, root_low, half = pair_root(both, both_low, a_power + b_power)
    value, _ = pair_quotient(shared, shared_low, root, root_low)
    return VALUE, scaled_float(value, power - half)
