"""Positions of rows in the order of whole numbers: of entities, moments, sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.kernel.compile import compiled
from headwater.kernel.pool import for_groups, for_ranges
from headwater.kernel.sorting import into_buckets, sort_buckets

DEAL = (
    "void(const int64[::1], const int64[::1], const int64[::1], int64, int64[::1], int64[::1], "
    "int64[::1])"
)
SORT = "void(const int64[::1], int64[::1], int64[::1], const int64[:,::1])"
_MANY = 100_000
"""Rows from which sorting in buckets is worth compiling."""
_PACKED = 1 << 62
_BUCKETS = 12
"""Bits of the number of buckets: as many are written to at once without missing the cache."""
_BITS = 62


def order_of(*keys: Any, threads: int = 1) -> Any:
    """Positions sorted by int64 keys, the first above the others; equal rows stay in their order.

    >>> order_of(np.array([1, 0, 1]), np.array([5, 9, 3])).tolist()
    [1, 2, 0]
    """
    differing = [key for key in keys if len(key) and key.min() < key.max()]
    if not differing:
        return np.arange(len(keys[0]))
    if len(keys[0]) < _MANY:
        return _order_of_few(differing)
    high, low = (
        differing[-2:] if len(differing) > 1 else (differing[0], np.zeros_like(differing[0]))
    )
    order, _ = by_two(high, low, threads=threads)
    for key in differing[-3::-1]:
        order = order[by_two(key[order], np.zeros_like(order), threads=threads)[0]]
    return order


def rows_of(codes: Any, times: Any, *, threads: int = 1) -> tuple[Any, Any]:
    """Positions of rows with a code, sorted by that and then by time; with their times."""
    if len(codes) >= _MANY and (codes >= 0).any():
        return by_two(codes, times, least=0, threads=threads)
    rows = np.flatnonzero(codes >= 0)
    rows = rows[order_of(codes[rows], times[rows])]
    return rows, times[rows]


def _order_of_few(keys: list[Any]) -> Any:
    """Keys that fit one number together are sorted as one, in less than half the time."""
    packed, values = np.zeros(len(keys[0]), np.int64), 1
    for key in keys:
        least, most = int(key.min()), int(key.max())
        values *= most - least + 1
        if values > _PACKED:
            return np.lexsort(keys[::-1])
        packed = packed * (most - least + 1) + (key - least)
    return np.argsort(packed, kind="stable")


def by_two(high: Any, low: Any, *, least: int | None = None, threads: int = 1) -> tuple[Any, Any]:
    """Positions sorted by two keys, and the second of each; rows whose first is less are left out.

    Args:
        high: The first key.
        low: The second.
        least: By default no row is left out.
        threads: How many to use.
    """
    first, last = extremes(high, threads)
    if least is not None:
        first = max(first, least)
    lowest, most = extremes(low, threads)
    low_bits = (most - lowest).bit_length()
    bits = (last - first).bit_length() + low_bits
    cut = max(bits - _BUCKETS, 0)
    if low_bits > _BITS or bits - low_bits > _BITS or cut > _BITS:
        rows = np.lexsort([low, high])
        rows = rows[high[rows] >= first]
        return rows, low[rows]
    about = np.array([first, lowest, low_bits, cut])
    keys, order, stops = dealt(high, low, about, buckets=1 << (bits - cut), threads=threads)
    sort = compiled(sort_buckets, SORT)
    for_groups(lambda some: sort(about, keys, order, some), _filled(stops), threads)
    return order[: stops[-1]], keys[: stops[-1]]


def extremes(numbers: Any, threads: int) -> tuple[int, int]:
    """The least and the greatest of some numbers, on this many threads."""
    found = list[tuple[int, int]]()

    def part(start: int, stop: int) -> None:
        own = numbers[start:stop]
        found.append((int(own.min()), int(own.max())))

    for_ranges(part, len(numbers), threads)
    lows, highs = zip(*found, strict=True)
    return min(lows), max(highs)


def dealt(high: Any, low: Any, about: Any, *, buckets: int, threads: int) -> tuple[Any, Any, Any]:
    """What is left to sort by, and the positions, bucket by bucket; and where each bucket ends.

    Args:
        high: The first key.
        low: The second.
        about: As in `headwater.kernel.sorting`.
        buckets: How many there are.
        threads: Each deals out a part of the rows.
    """
    size, deal = len(high), compiled(into_buckets, DEAL)
    step = -(-size // threads)
    places = np.zeros((threads, buckets), np.int64)
    keys, order, nothing = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(0, np.int64)

    def part(start: int, stop: int, *into: Any) -> None:
        deal(high[start:stop], low[start:stop], about, start, places[start // step], *into)

    for_ranges(lambda start, stop: part(start, stop, nothing, nothing), size, threads, step=step)
    ends = np.cumsum(places.T).reshape(buckets, threads).T
    places[:] = ends - places
    for_ranges(lambda start, stop: part(start, stop, keys, order), size, threads, step=step)
    return keys, order, ends[-1]


def _filled(stops: Any) -> Any:
    """`(start, stop, number, number)` of each bucket that has rows: a group by its rows alone."""
    starts, numbers = np.concatenate([[0], stops[:-1]]), np.arange(len(stops))
    return np.stack([starts, stops, numbers, numbers], axis=1)[stops > starts]
