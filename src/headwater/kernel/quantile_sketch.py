"""Quantiles at a relative accuracy: counts in buckets that grow by a factor, as in DDSketch.

`parameters` are the quantile, the accuracy `a`, then edges, each `(1 + a) / (1 - a)` times the one
before, from `LEAST` on until one is not below `MOST`. Bucket `k` holds sizes from edge `k - 1` on
and below edge `k`, and stands for the one number within `a` of both; bucket 0 holds what is below
the first edge and stands for 0; then come one of what is finite and beyond the last edge, for which
that edge stands, and one of infinities. Negative numbers have the same buckets with a minus.

A state is `[rows, NaN, counts...]`, the counts from the least bucket of the group to the greatest,
packed; the scale holds that least bucket and the bits of a count. Counts depend on which values
there are only.

Source: Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees" (2019).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from headwater.kernel.packed_counts import BITS, add_at, bits_for, words_for
from headwater.kernel.passes import NULL, VALUE

LEAST = 1e-9
MOST = 1e18
HEAD = 2
"""Words before the counts."""
SHIFT = 6
"""Bits of the scale that say those of a count."""
FIRST = 2
"""The place of the first edge among the parameters."""


@lru_cache(maxsize=64)
def edges_of(accuracy: float) -> tuple[float, ...]:
    """The edges of buckets.

    >>> edges = edges_of(0.5)
    >>> edges[0], edges[1] / edges[0], edges[-1] >= 1e18
    (1e-09, 3.0, True)
    """
    edges = [LEAST]
    while edges[-1] < MOST:
        edges.append(edges[-1] * ((1.0 + accuracy) / (1.0 - accuracy)))
    return tuple(edges)


def bucket_of(value: float, parameters: Any) -> int:
    """The bucket of a number that is not NaN."""
    size = abs(value)
    low = FIRST
    high = parameters.shape[0]
    if math.isinf(size):
        low = high + 1
        high = low
    while low < high:
        middle = (low + high) >> 1
        if size < parameters[middle]:
            high = middle
        else:
            low = middle + 1
    return FIRST - low if value < 0.0 else low - FIRST


def number_of(bucket: int, parameters: Any) -> float:
    """What stands for the values of a bucket."""
    place = abs(bucket)
    last = parameters.shape[0] - FIRST
    if place == 0:
        return 0.0
    if place > last:
        size = math.inf
    elif place == last:
        size = parameters[FIRST + last - 1]
    else:
        size = parameters[FIRST + place - 1] * (1.0 + parameters[1])
    return -size if bucket < 0 else size


def prepare_buckets(x: Any, parameters: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The least bucket of the group with the bits of a count, and the words of a state."""
    low = parameters.shape[0]
    high = -low
    for i in range(start, stop):
        if valid[i] and x[i] == x[i]:
            bucket = bucket_of(float(x[i]), parameters)
            low = min(low, bucket)
            high = max(high, bucket)
    bits = bits_for(stop - start)
    if low > high:
        return bits, HEAD
    return (low << SHIFT) + bits, HEAD + words_for(high - low + 1, bits)


def count_value(state: Any, x: Any, parameters: Any, i: int, scale: int, number: int) -> None:
    """So many rows more with this value."""
    state[0] += number
    if x[i] != x[i]:
        state[1] += number
    else:
        place = bucket_of(float(x[i]), parameters) - (scale >> SHIFT)
        add_at(state, HEAD, scale & ((1 << SHIFT) - 1), place, number)


def lift_value(state: Any, x: Any, parameters: Any, i: int, scale: int) -> None:
    """One row."""
    count_value(state, x, parameters, i, scale, 1)


def bucket_at(state: Any, scale: int, place: int) -> Any:
    """The bucket of the value at a place, counted from 0, among the numbers in order."""
    bits = scale & ((1 << SHIFT) - 1)
    most = (1 << bits) - 1
    word = HEAD
    packed = state[word]
    bucket = 0
    seen = packed & most
    while seen <= place:
        packed >>= bits
        bucket += 1
        if packed == 0:
            word += 1
            packed = state[word]
            bucket = (word - HEAD) * (BITS // bits)
        seen += packed & most
    return bucket + (scale >> SHIFT)


def quantile(state: Any, x: Any, parameters: Any, scale: int) -> tuple[int, float]:
    """On the line between what stands for the two values around the place; NaN where one is."""
    if state[0] == 0:
        return NULL, 0.0
    if state[1] > 0:
        return VALUE, math.nan
    place = (state[0] - 1) * parameters[0]
    below = math.floor(place)
    low = number_of(bucket_at(state, scale, below), parameters)
    if place == below:
        return VALUE, low
    high = number_of(bucket_at(state, scale, below + 1), parameters)
    if low == high:
        return VALUE, low
    if math.isinf(low) or math.isinf(high):
        return VALUE, low + high
    return VALUE, low + (place - below) * (high - low)
