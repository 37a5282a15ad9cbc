"""Exact sums as rows of integer words.

A finite float is an integer times a power of two; a group of rows shares the smallest power, its
*scale*. A sum is then an integer, kept as signed 64-bit words ("limbs") in radix 2**30 without
carrying: two sums merge by adding words, so the order and grouping of rows cannot matter, and
2**30 rows fit before a word overflows. Carrying and the one rounding happen when a result is read.

The functions are plain Python and compile with Numba (see `headwater.kernel.compile`); each costs
compile time of its own, so there are few. Source of the idea: Kulisch and Snyder, "The exact dot
product as basic tool for long interval arithmetic" (2011).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

BITS = 30
MASK = (1 << 30) - 1
IMPLICIT = 1 << 52
NOT_FINITE = 2047
BIAS = 1075


def whole(value: Any) -> tuple[Any, Any]:
    """A float as `number * 2**(exponent - BIAS)`, exponent 1 to 2046; else `NOT_FINITE`."""
    bits = np.float64(value).view(np.int64)
    exponent = (bits >> 52) & NOT_FINITE
    number = bits & (IMPLICIT - 1)
    if exponent == 0:
        exponent += 1
    else:
        number |= IMPLICIT
    return (-number if bits < 0 else number), exponent


def add_short(words: Any, number: Any, shift: int) -> None:
    """Add `number * 2**shift` to three limbs; a number of at most 61 bits and a sign."""
    k = shift // BITS
    rest = shift % BITS
    low = (number & MASK) << rest
    high = (number >> BITS) << rest
    words[k] += low & MASK
    words[k + 1] += (low >> BITS) + (high & MASK)
    words[k + 2] += high >> BITS


def add_short_square(words: Any, number: Any, shift: int) -> None:
    """Add `number**2 * 2**shift` to five limbs; a number of at most 53 bits and a sign."""
    k = shift // BITS
    rest = shift % BITS
    size = abs(number)
    low = size & MASK
    high = size >> BITS
    first = low * low
    second = 2 * low * high
    third = high * high
    part = (first & MASK) << rest
    words[k] += part & MASK
    over = part >> BITS
    part = ((first >> BITS) + (second & MASK)) << rest
    words[k + 1] += over + (part & MASK)
    over = part >> BITS
    part = ((second >> BITS) + (third & MASK)) << rest
    words[k + 2] += over + (part & MASK)
    over = part >> BITS
    part = (third >> BITS) << rest
    words[k + 3] += over + (part & MASK)
    words[k + 4] += part >> BITS


def add_scaled(words: Any, number: Any, shift: int) -> None:
    """Add `number * 2**shift` to limbs; any 64-bit number. `BITS` more is one word further."""
    k = shift // BITS
    rest = shift % BITS
    for i in range(3):
        part = (number & MASK) << rest if i < 2 else number << rest
        words[k + i] += part & MASK
        words[k + i + 1] += part >> BITS
        number >>= BITS


def add_square(words: Any, first: int, number: Any, shift: int) -> None:
    """Add `number**2 * 2**(2 * shift)` to the limbs from word `first`; any 64-bit number."""
    low = np.int64(number & MASK)
    middle = np.int64((number >> BITS) & MASK)
    high = np.int64(number >> (2 * BITS))
    place = 2 * shift + BITS * first
    add_scaled(words, low * low, place)
    add_scaled(words, 2 * low * middle, place + BITS)
    add_scaled(words, middle * middle + 2 * low * high, place + 2 * BITS)
    add_scaled(words, 2 * middle * high, place + 3 * BITS)
    add_scaled(words, high * high, place + 4 * BITS)


def carry_limbs(words: Any) -> float:
    """Leave the magnitude in these limbs, each in [0, 2**30); the sign."""
    carry(words)
    if words[words.shape[0] - 1] >= 0:
        return 1.0
    for i in range(words.shape[0]):
        words[i] = -words[i]
    carry(words)
    return -1.0


def carry(words: Any) -> None:
    """Leave 30 bits in each limb but the last, which has the sign."""
    for i in range(words.shape[0] - 1):
        over = words[i] >> BITS
        words[i] -= over << BITS
        words[i + 1] += over


def round_limbs(words: Any) -> tuple[float, int]:
    """The number in these limbs as `value * 2**power`, rounded once to nearest, ties to even.

    The limbs are carried in place: afterwards they hold the magnitude, each in [0, 2**30).
    """
    sign = carry_limbs(words)
    top = words.shape[0] - 1
    while top > 1 and words[top] == 0:
        top -= 1
    low = words[top - 1] if top > 0 else 0
    if top < 2:
        return sign * float(low + (words[top] << (BITS * top))), 0
    # 55 bits are kept (53, a guard and a sticky one) of the 61 to 90 bits of three limbs; the
    # processor rounds them to 53 as it makes a float of a whole number
    low = (low << BITS) | words[top - 2]
    drop = int(np.float64(words[top]).view(np.int64) >> 52) - 1022 + 5
    kept = (words[top] << (2 * BITS - drop)) | (low >> drop)
    rest = low & ((1 << drop) - 1)
    for i in range(top - 2):
        rest |= words[i]
    return sign * float(kept | (1 if rest != 0 else 0)), BITS * (top - 2) + drop


def scaled_float(value: float, power: int) -> float:
    """`value * 2**power`, infinite where it does not fit (and not an error); a zero is +0.0."""
    if value == 0.0 or value != value:
        return value + 0.0
    exponent = ((np.float64(value).view(np.int64) >> 52) & NOT_FINITE) + power
    if 0 < exponent < NOT_FINITE and -1023 < power < 1024:
        return value * np.int64((power + 1023) << 52).view(np.float64)
    if math.frexp(value)[1] + power > 1024:
        return math.inf if value > 0.0 else -math.inf
    return math.ldexp(value, int(power)) + 0.0


def multiply(words: Any, number: int) -> None:
    """Carried limbs times a number below 2**32, in place; carried too."""
    over = 0
    for i in range(words.shape[0]):
        product = words[i] * number + over
        words[i] = product & MASK
        over = product >> BITS


def subtract_square(words: Any, root: Any) -> None:
    """Subtract the square of carried limbs, without carrying; `words` has twice as many."""
    size = root.shape[0]
    while size > 1 and root[size - 1] == 0:
        size -= 1
    for i in range(size):
        product = root[i] * root[i]
        words[2 * i] -= product & MASK
        words[2 * i + 1] -= product >> BITS
        for k in range(i + 1, size):
            product = 2 * root[i] * root[k]
            words[i + k] -= product & MASK
            words[i + k + 1] -= product >> BITS
