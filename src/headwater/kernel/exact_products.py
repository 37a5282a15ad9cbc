"""Numbers and their exact products in limbs: what sums of powers and of products are made of.

A number is put into three limbs of its own, of a scale that its group shares, and products are
made of limbs. Limbs keep their sign: each but the last lies in [0, 2**30) once carried, the last
has the sign. See `headwater.kernel.limbs`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.kernel.limbs import BIAS, BITS, MASK, NOT_FINITE, whole

LONG_INTEGER = 4
"""The limbs of a sum of 64-bit integers, which has 33 bits more."""


def put_float(words: Any, value: float, scale: int) -> int:
    """Put a float into limbs that are zero; the place of the first, -1 for what is not finite."""
    number, exponent = whole(value)
    if exponent == NOT_FINITE:
        return -1
    if number == 0:  # which may lie below the scale
        return 0
    shift = exponent - BIAS - scale
    first = shift // BITS
    rest = shift % BITS
    low = (number & MASK) << rest
    high = (number >> BITS) << rest
    middle = (low >> BITS) + (high & MASK)
    words[first] = low & MASK
    words[first + 1] = middle & MASK
    words[first + 2] = (high >> BITS) + (middle >> BITS)
    return int(first)


def put_integer(words: Any, number: int) -> int:
    """Put a 64-bit integer, signed or not, into limbs that are zero; the place of the first."""
    words[0] = np.int64(number & MASK)
    words[1] = np.int64((number >> BITS) & MASK)
    words[2] = np.int64(number >> (2 * BITS))
    return 0


def add_product(words: Any, left: Any, right: Any, times: int) -> None:
    """Add a few times the product of two carried numbers, without carrying."""
    for i in range(left.shape[0]):
        if left[i] != 0:
            for k in range(right.shape[0]):
                product = left[i] * right[k]
                words[i + k] += times * (product & MASK)
                words[i + k + 1] += times * (product >> BITS)


def scale_up(words: Any, number: int) -> None:
    """A carried number times one from 0 to 2**32, in place; carried too."""
    over = 0
    last = words.shape[0] - 1
    for i in range(last):
        product = words[i] * number + over
        words[i] = product & MASK
        over = product >> BITS
    words[last] = words[last] * number + over
