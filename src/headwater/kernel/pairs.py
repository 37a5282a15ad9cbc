"""Numbers of twice a float's length, as an unevaluated sum of two floats.

Quotients and roots of exact sums are taken in them and rounded once at the end: within one unit in
the last place, and all but always the nearest float. What they are made of (`pair_of`) depends on
the number alone and every operation keeps powers of two apart, so a result has the same bits
whatever scale the limbs had. Source: Dekker, "A floating-point technique for extending the
available precision" (1971).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headwater.kernel.limbs import BITS, carry_limbs

LONG = 53
LOW_53 = (1 << 53) - 1
BELOW = 1.0 / (1 << 53)
SPLIT = 134217729.0
"""2**27 + 1, which cuts a float into two halves."""


def pair_of(words: Any) -> tuple[float, float, int]:
    """The number in these limbs as `(high + low) * 2**power`, cut off after 106 bits.

    The limbs are carried in place: afterwards they hold the magnitude.
    """
    sign = carry_limbs(words)
    top = words.shape[0] - 1
    while top > 0 and words[top] == 0:
        top -= 1
    if words[top] == 0:
        return 0.0, 0.0, 0
    size = BITS * top + int(np.float64(words[top]).view(np.int64) >> 52) - 1022
    high = sign * float(bits_from(words, size - LONG))
    low = sign * float(bits_from(words, size - 2 * LONG)) * BELOW
    total = high + low
    return total, low - (total - high), size - LONG


def bits_from(words: Any, start: int) -> int:
    """The 53 bits of carried limbs from bit `start`; those below the first are zero."""
    first = start // BITS
    rest = start % BITS
    found = 0
    for i in range(3):
        if 0 <= first + i < words.shape[0]:
            word = words[first + i]
            found |= word >> rest if i == 0 else word << (BITS * i - rest)
    return found & LOW_53


def two_product(a: float, b: float) -> tuple[float, float]:
    """The product, and exactly what its rounding left out."""
    product = a * b
    wide = SPLIT * a
    a_high = wide - (wide - a)
    a_low = a - a_high
    wide = SPLIT * b
    b_high = wide - (wide - b)
    b_low = b - b_high
    rest = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, rest


def pair_sum(a: float, a_low: float, b: float, b_low: float) -> tuple[float, float]:
    """The sum of two pairs."""
    total = a + b
    part = total - a
    rest = ((a - (total - part)) + (b - part)) + (a_low + b_low)
    more = total + rest
    return more, rest - (more - total)


def pair_product(a: float, a_low: float, b: float, b_low: float) -> tuple[float, float]:
    """The product of two pairs."""
    product, rest = two_product(a, b)
    rest += a * b_low + a_low * b
    total = product + rest
    return total, rest - (total - product)


def pair_quotient(a: float, a_low: float, b: float, b_low: float) -> tuple[float, float]:
    """The quotient of two pairs; the second is not zero."""
    quotient = a / b
    product, rest = two_product(quotient, b)
    more = (((a - product) - rest) + (a_low - quotient * b_low)) / b
    total = quotient + more
    return total, more - (total - quotient)


def pair_root(a: float, a_low: float, power: int) -> tuple[float, float, int]:
    """The square root of a pair above zero, with its power of two."""
    if power % 2 != 0:
        a *= 2.0
        a_low *= 2.0
        power -= 1
    root = math.sqrt(a)
    square, rest = two_product(root, root)
    more = (((a - square) - rest) + a_low) / (2.0 * root)
    total = root + more
    return total, more - (total - root), power // 2
