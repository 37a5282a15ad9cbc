"""Sorting positions by whole numbers, digit by digit: a third of the time that comparing takes."""

from __future__ import annotations

from typing import Any

import numpy as np

DIGIT = 11
"""Bits of a digit: as many places as are written to at once without missing the cache."""


def radix_order(keys: Any, order: Any, other_keys: Any, other_order: Any, digits: int) -> None:
    """Sort `keys`, none below zero, and `order` with them; equal keys stay in their order.

    Args:
        keys: Numbers of at most `digits` digits; sorted afterwards.
        order: What moves with them.
        other_keys: Room for as many.
        other_order: Room for as many.
        digits: An even number, so that the sorted numbers end where they were given.
    """
    size = keys.shape[0]
    mask = (1 << DIGIT) - 1
    places = np.empty(mask + 1, np.int64)
    for digit in range(digits):
        shift = digit * DIGIT
        for k in range(mask + 1):
            places[k] = 0
        for i in range(size):
            places[(keys[i] >> shift) & mask] += 1
        before = 0
        for k in range(mask + 1):
            number = places[k]
            places[k] = before
            before += number
        for i in range(size):
            k = (keys[i] >> shift) & mask
            other_keys[places[k]] = keys[i]
            other_order[places[k]] = order[i]
            places[k] += 1
        keys, other_keys = other_keys, keys
        order, other_order = other_order, order
