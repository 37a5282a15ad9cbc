"""Means whose weights halve with age, from exact sums, for histories of any length.

A row's weight is `2**(event_time / half_life)`: since T is the same for all rows of a window, its
part of `0.5**((T - event_time) / half_life)` cancels. A weight has 104 bits and its exponent is
kept apart in blocks of one limb, so that nothing over- or underflows and states of rows that lie
far apart are brought to one block without rounding.

A state is `[rows, rows that are not finite, newest block, oldest block, depth, finest exponent of
a value (counted down, 0 for none), limbs of the weights..., limbs of the weighted values...]`. The
limbs from `depth` on hold what is of the newest block, those before it what is older; of what is
more than `DEEPEST` blocks older bits fall out, which nothing but a mean next to zero would show.
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
)
from headwater.kernel.limbs import (
    BIAS,
    BITS,
    NOT_FINITE,
    add_scaled,
    carry,
    scaled_float,
    whole,
)
from headwater.kernel.moments import scale_and_limbs
from headwater.kernel.pairs import pair_of, pair_quotient
from headwater.kernel.passes import NULL, VALUE
from headwater.kernel.powers import power_of_two

ROWS = 0
STRANGE = 1
BLOCK = 2
OLDEST = 3
DEPTH = 4
FINEST = 5
HEAD = 6
NO_BLOCK = 1 << 62
DEEPEST = 10
"""Blocks that are kept: rows within 300 half-lives of the newest are exact."""
WEIGHT = 6
"""The limbs of a sum of weights of one block."""
PACKED = 4
LOW_PACKED = (1 << 4) - 1
HALF_WEIGHT = 52
TWO_TO_52 = 4503599627370496.0
NEGLIGIBLE = 1.0 / (1 << 62) / (1 << 62) / (1 << 26)
"""2**-150; where bits may have fallen out, a mean less than this of every last place is zero."""


def prepare_halvings(
    x: Any, time: Any, parameters: Any, valid: Any, start: int, stop: int
) -> tuple[int, int]:
    """The scale of the values with the depth, and the words of both sums."""
    scale, limbs = scale_and_limbs(x, valid, start, stop)
    depth = depth_of(time, parameters, valid, start, stop)
    return scale << PACKED | depth, HEAD + 2 * (depth + WEIGHT) + limbs


def prepare_integer_halvings(
    x: Any, time: Any, parameters: Any, valid: Any, start: int, stop: int
) -> tuple[int, int]:
    """Integers need no scale."""
    depth = depth_of(time, parameters, valid, start, stop)
    return depth, HEAD + 2 * (depth + WEIGHT) + LONG_INTEGER


def depth_of(time: Any, parameters: Any, valid: Any, start: int, stop: int) -> int:
    """How many blocks the oldest row may lie before the newest."""
    length = BITS * np.int64(parameters[0])
    first = NO_BLOCK
    last = -NO_BLOCK
    for i in range(start, stop):
        if valid[i]:
            block = time[i] // length
            first = min(first, block)
            last = max(last, block)
    if last - first > DEEPEST:
        return DEEPEST
    return int(last - first) if last >= first else 0


def lift_halving(state: Any, x: Any, time: Any, parameters: Any, i: int, scale: int) -> None:
    """The state of a float at its time."""
    digits = np.zeros(state.shape[0], np.int64)
    first = put_float(digits, x[i], scale >> PACKED)
    put_weighted(state, digits, first, time[i], parameters[0], scale & LOW_PACKED)
    number, exponent = whole(x[i])
    if number != 0:
        state[FINEST] = NOT_FINITE - exponent


def lift_integer_halving(
    state: Any, x: Any, time: Any, parameters: Any, i: int, scale: int
) -> None:
    """The state of a 64-bit integer, signed or not, at its time."""
    digits = np.zeros(LONG_INTEGER, np.int64)
    put_integer(digits, x[i])
    put_weighted(state, digits, 0, time[i], parameters[0], scale)
    if x[i] != 0:
        state[FINEST] = NOT_FINITE - BIAS


def put_weighted(
    state: Any, digits: Any, first: int, time: int, half_life: float, depth: int
) -> None:
    """Put in the weight of a time, and that times the number at limb `first`.

    Args:
        state: Zeros.
        digits: The number.
        first: Where it stands; -1 where it is not finite.
        time: The row's.
        half_life: In microseconds.
        depth: That of the group.
    """
    length = np.int64(half_life)
    halvings = time // length
    state[ROWS] = 1
    state[BLOCK] = halvings // BITS
    state[OLDEST] = state[BLOCK]
    state[DEPTH] = depth
    if first < 0:
        state[STRANGE] = 1
        return
    weight, rest = power_of_two(float(time - halvings * length), half_life)
    own = state[HEAD + depth : HEAD + depth + WEIGHT]
    shift = int(halvings % BITS)
    add_scaled(own, np.int64(weight * TWO_TO_52), shift + HALF_WEIGHT)
    add_scaled(own, np.int64(rest * TWO_TO_52 * TWO_TO_52), shift)
    carry(own)
    number = digits[first : first + 3]
    add_product(state[HEAD + 2 * depth + WEIGHT + first :], own, number, 1)


def merge_halvings(
    into: Any, left: Any, right: Any, x: Any, time: Any, parameters: Any, rank: Any
) -> None:
    """Add both, the older one moved down to the block of the newer."""
    newer = right
    older = left
    if right[ROWS] == 0 or (left[ROWS] > 0 and left[BLOCK] > right[BLOCK]):
        newer = left
        older = right
    block = newer[BLOCK]
    oldest = newer[OLDEST]
    depth = newer[DEPTH]
    apart = 0
    if older[ROWS] > 0:
        apart = block - older[BLOCK]
        oldest = min(oldest, older[OLDEST])
    into[ROWS] = newer[ROWS] + older[ROWS]
    into[STRANGE] = newer[STRANGE] + older[STRANGE]
    into[FINEST] = max(newer[FINEST], older[FINEST])
    into[BLOCK] = block
    into[OLDEST] = oldest
    into[DEPTH] = depth
    middle = HEAD + depth + WEIGHT
    for k in range(HEAD, into.shape[0]):
        end = middle if k < middle else into.shape[0]
        into[k] = newer[k] + (older[k + apart] if k + apart < end else 0)


def halved_mean(state: Any, x: Any, time: Any, parameters: Any, scale: int) -> tuple[int, float]:
    """The weighted values by the weights; null for no row."""
    if state[ROWS] == 0:
        return NULL, 0.0
    if state[STRANGE] > 0:
        return VALUE, math.nan
    middle = HEAD + state[DEPTH] + WEIGHT
    below, below_low, below_power = pair_of(state[HEAD:middle])
    above, above_low, power = pair_of(state[middle:])
    value, _ = pair_quotient(above, above_low, below, below_low)
    mean = scaled_float(value, power - below_power + (scale >> PACKED))
    if state[BLOCK] - state[OLDEST] > DEEPEST:
        least = scaled_float(NEGLIGIBLE, NOT_FINITE - BIAS - state[FINEST])
        if abs(mean) < least:
            mean = 0.0
    return VALUE, mean
