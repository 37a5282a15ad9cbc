"""Sorting positions by two whole numbers: dealt out to buckets, each of which is sorted in cache.

Of both numbers, written one after the other, the highest bits name the bucket; the `cut` bits below
are what is left to sort by there. Buckets lie in the order of their numbers and do not depend on
one another, so that several threads may sort them. Equal rows stay in their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

DIGIT = 8
"""Bits of a digit: as many places are written to at once as are near."""
FEW = 40
"""Rows up to here are sooner moved one by one."""


def into_buckets(
    high: Any, low: Any, about: Any, first: int, places: Any, keys: Any, order: Any
) -> None:
    """Deal out the positions of rows whose higher number is not below the least.

    Rows may be dealt out in parts, by several threads: where each bucket begins for a part is known
    once the rows of all parts are counted, for which `keys` is left empty.

    Args:
        high: The higher number of each row of a part.
        low: The lower.
        about: The least of each, the bits of the lower, and `cut`.
        first: The position of the part's first row.
        places: Where the next row of each bucket goes, or how many rows were counted; advanced.
        keys: What is left to sort by, bucket by bucket; written, as is the next.
        order: The position of each row.
    """
    least, lowest, low_bits, cut = about[0], about[1], about[2], about[3]
    mask = (1 << cut) - 1
    down = max(cut - low_bits, 0)
    up = max(low_bits - cut, 0)
    counts_only = keys.shape[0] == 0
    for i in range(high.shape[0]):
        if high[i] >= least:
            bucket = (high[i] - least) >> down << up
            if up > 0:
                bucket += (low[i] - lowest) >> cut
            p = places[bucket]
            places[bucket] = p + 1
            if not counts_only:
                keys[p] = (((high[i] - least) << low_bits) + (low[i] - lowest)) & mask
                order[p] = first + i


def sort_buckets(about: Any, keys: Any, order: Any, buckets: Any) -> None:
    """Sort each bucket, and leave the lower number of each row in `keys`.

    Args:
        about: As above.
        keys: What `into_buckets` wrote.
        order: The same.
        buckets: `(start, stop, number)` of those to sort.
    """
    lowest, low_bits, cut = about[1], about[2], about[3]
    low_mask = (1 << low_bits) - 1
    room = 0
    for b in range(buckets.shape[0]):
        room = max(room, buckets[b, 1] - buckets[b, 0])
    other_keys = np.empty(room, np.int64)
    other_order = np.empty(room, np.int64)
    counts = np.empty(1 << DIGIT, np.int64)
    for b in range(buckets.shape[0]):
        start = buckets[b, 0]
        stop = buckets[b, 1]
        i = start + 1
        while i < stop and keys[i - 1] <= keys[i]:
            i += 1
        if i < stop and stop - start <= FEW:
            sort_few(keys[start:stop], order[start:stop])
        elif i < stop:
            sort_digits(keys[start:stop], order[start:stop], other_keys, other_order, counts)
        above = (buckets[b, 2] << cut) & low_mask
        for i in range(start, stop):
            keys[i] = ((above | keys[i]) & low_mask) + lowest


def sort_few(keys: Any, order: Any) -> None:
    """Sort `keys`, and `order` with them, by moving each to its place."""
    for i in range(1, keys.shape[0]):
        key = keys[i]
        one = order[i]
        j = i
        while j > 0 and keys[j - 1] > key:
            keys[j] = keys[j - 1]
            order[j] = order[j - 1]
            j -= 1
        keys[j] = key
        order[j] = one


def sort_digits(keys: Any, order: Any, other_keys: Any, other_order: Any, counts: Any) -> None:
    """The same for many, from the lowest digit to the highest in which they differ.

    Args:
        keys: None is below zero.
        order: What moves with them.
        other_keys: Room for as many.
        other_order: The same.
        counts: Room for a number per digit.
    """
    size = keys.shape[0]
    differ = 0
    for i in range(1, size):
        differ |= keys[i] ^ keys[0]
    here = 0
    shift = 0
    while shift < 63 and differ >> shift > 0:  # shifting by 64 bits shifts by none
        if (differ >> shift) & 1 == 0:
            shift += 1
            continue
        for k in range(counts.shape[0]):
            counts[k] = 0
        for i in range(size):
            counts[(keys[i] >> shift) & (counts.shape[0] - 1)] += 1
        before = 0
        for k in range(counts.shape[0]):
            number = counts[k]
            counts[k] = before
            before += number
        for i in range(size):
            k = (keys[i] >> shift) & (counts.shape[0] - 1)
            p = counts[k]
            counts[k] = p + 1
            other_keys[p] = keys[i]
            other_order[p] = order[i]
        keys, other_keys = other_keys, keys
        order, other_order = other_order, order
        shift += DIGIT
        here ^= 1
    if here:
        for i in range(size):
            other_keys[i] = keys[i]
            other_order[i] = order[i]
