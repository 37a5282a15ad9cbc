"""Which value has which place in order, and what lies between two of them.

A state is `[rows, counts...]`, the counts a binary indexed tree over the distinct values: word `i`
holds how many rows have one of the `i & -i` values up to the one of code `i - 1`. Adding a row and
finding a place take as many looks as the number of values has bits. An aggregation takes the
functions it needs as its own, like those of `headwater.kernel.moments`.

Source of the idea: Fenwick, "A new data structure for cumulative frequency tables" (1994).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headwater.kernel.limbs import (
    BIAS,
    BITS,
    MASK,
    add_scaled,
    add_short,
    round_limbs,
    scaled_float,
    whole,
)

SMALL = 2.0**-1000
"""From here on half of a sum is exact."""


def rank_room(distinct: int) -> int:
    """The number of rows, and a word for each distinct value."""
    return 1 + distinct


def rank_up(state: Any, code: int, x: Any) -> None:
    """One more row holds this value."""
    state[0] += 1
    i = code + 1
    while i < state.shape[0]:
        state[i] += 1
        i += i & -i


def rank_down(state: Any, code: int, x: Any) -> None:
    """One row less holds it."""
    state[0] -= 1
    i = code + 1
    while i < state.shape[0]:
        state[i] -= 1
        i += i & -i


def code_at(state: Any, place: int) -> int:
    """The code of the value at a place, counted from 0, among the rows in order."""
    step = 1
    while 2 * step < state.shape[0]:
        step *= 2
    before = 0
    while step > 0:
        if before + step < state.shape[0] and state[before + step] <= place:
            before += step
            place -= state[before]
        step >>= 1
    return before


def float_at(state: Any, x: Any, share: float) -> Any:
    """The quantile of floats, of which there are some; NaN, the last in order, where there is one.

    Between two values it is on the line, at `(rows - 1) * share` as a float64.
    """
    last = x.shape[0] - 1
    if x[last] != x[last] and code_at(state, state[0] - 1) == last:
        return math.nan
    place = (state[0] - 1) * share
    below = math.floor(place)
    low = x[code_at(state, below)]
    if place == below:
        return low + 0.0
    high = x[code_at(state, below + 1)]
    both = low + high
    if low == high:
        return low + 0.0
    if math.isinf(low) or math.isinf(high):
        return both
    if place - below == 0.5 and abs(both) > SMALL and not math.isinf(both):
        return both * 0.5
    number, exponent = whole(low)
    other, power = whole(high)
    if number == 0:
        exponent = power
    if other == 0:
        power = exponent
    return between(number, exponent, other, power, place - below)


def integer_at(state: Any, x: Any, share: float) -> float:
    """The same of integers: the float next to the exact value."""
    place = (state[0] - 1) * share
    below = math.floor(place)
    low = x[code_at(state, below)]
    if place == below:
        return float(low)
    return between(low, BIAS, x[code_at(state, below + 1)], BIAS, place - below)


def between(low: Any, exponent: Any, high: Any, power: Any, share: float) -> float:
    """`low + share * (high - low)` of two numbers as `whole` has them, rounded once.

    Below the smallest normal number it may be rounded twice.
    """
    part, place = whole(share)
    base = min(exponent, power)
    one = BIAS - place
    bits = max(exponent, power) - base + one + 64
    words = np.zeros(bits // BITS + 4, np.int64)
    add_scaled(words, low, exponent - base + one)
    add_product(words, low, -part, exponent - base)
    add_product(words, high, part, power - base)
    value, up = round_limbs(words)
    return scaled_float(value, up + base + place - 2 * BIAS)


def add_product(words: Any, number: Any, factor: Any, shift: Any) -> None:
    """Add `number * factor * 2**shift` to limbs; any 64-bit number, a factor of 53 bits."""
    sign = -1 if factor < 0 else 1
    low = abs(factor) & MASK
    high = abs(factor) >> BITS
    for i in range(3):
        part = sign * (number & MASK if i < 2 else number)
        add_short(words, part * low, shift + i * BITS)
        add_short(words, part * high, shift + (i + 1) * BITS)
        number >>= BITS


class Ranks:
    """What folds values by their places in order."""

    __slots__ = ()
    room = staticmethod(rank_room)
    add = staticmethod(rank_up)
    remove = staticmethod(rank_down)
