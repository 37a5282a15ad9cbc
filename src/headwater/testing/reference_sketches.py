"""The sketches of approximate words in plain Python: part of the reference.

A sketch is a definition like any other: its result over given rows is one number, whoever computes
it. Here registers, buckets and cells are dictionaries and lists of what fell into them.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15
_LINES, _CELL = 3, 8
"""Cells are chosen by the lower 24 bits of a hash, the upper 40 are counted."""


def hash_of(value: Any) -> int:
    """64 bits that depend on the value only: as a word, or as the bytes of a text.

    >>> hash_of(0.0) == hash_of(-0.0), hash_of(1) == hash_of("1"), hash_of(True) == hash_of(1)
    (True, False, True)
    """
    if isinstance(value, str | Decimal):
        data = (value if isinstance(value, str) else format(value, "f")).encode()
        words = [int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data), 8)]
        parts = [_mixed(word + (j + 1) * _GOLDEN) for j, word in enumerate(words)]
        return _mixed(_GOLDEN + len(data) + sum(parts))
    if isinstance(value, float):
        plain = math.nan if value != value else value + 0.0 if value else 0.0
        value = struct.unpack("<Q", struct.pack("<d", plain))[0]
    return _mixed(int(value) + _GOLDEN)


def signed_hash(value: Any) -> int:
    """The same bits as a number with a sign."""
    return (hash_of(value) ^ (1 << 63)) - (1 << 63)


def _mixed(word: int) -> int:
    word &= _MASK
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & _MASK
    return word ^ (word >> 31)


def _approximate_count_distinct(values: list[Any], *, precision: int) -> int:
    """HyperLogLog with the estimate of Ertl (2017), whose sums are exact here."""
    size: int = 2**precision
    ranks = [0] * size
    for hashed in set(map(hash_of, values)):
        place, rest = hashed % size, hashed // size
        zeros = 30 if rest % 2**30 == 0 else (rest & -rest).bit_length() - 1
        ranks[place] = max(ranks[place], zeros + 1)
    if not any(ranks):
        return 0
    share = Fraction(ranks.count(0), size)
    empty = float(share)
    for power in range(64):
        empty += 2.0**power * float(share) ** (2 ** (power + 1))
    touched = float(sum((Fraction(1, 2**rank) for rank in ranks if rank), Fraction(0)))
    return math.floor(float(size * size) / (2 * math.log(2)) / (size * empty + touched) + 0.5)


def _approximate_quantile(values: list[Any], *, q: float, accuracy: float) -> float | None:
    """Quantile over what stands for each value: for its bucket's edges, at the same distance."""
    if not values:
        return None
    if any(value != value for value in values):
        return math.nan
    edges = [1e-9]
    while edges[-1] < 1e18:
        edges.append(edges[-1] * ((1.0 + accuracy) / (1.0 - accuracy)))
    known = sorted(_standing_for(float(value), edges, accuracy) for value in values)
    place = (len(known) - 1) * q
    below = math.floor(place)
    low, high = known[below], known[math.ceil(place)]
    if low == high:
        return low
    if math.isinf(low) or math.isinf(high):
        return low + high
    return low + (place - below) * (high - low)


def _standing_for(value: float, edges: Sequence[float], accuracy: float) -> float:
    size = abs(value)
    if math.isinf(size):
        return value
    reached = [edge for edge in edges if edge <= size]
    if not reached:
        return 0.0
    beyond = len(reached) == len(edges)
    return math.copysign(reached[-1] if beyond else reached[-1] * (1.0 + accuracy), value)


def _approximate_top_k(values: list[Any], *, k: int, width: int) -> list[dict[str, Any]] | None:
    """Each cell may name one value, the one whose bits are all those of its majority."""
    if not values:
        return None
    hashes = [hash_of(value) for value in values]
    met = dict(zip(hashes, values, strict=True))
    found: dict[int, int] = {}
    for line in range(_LINES):
        for cell in range(width):
            inside = [hashed for hashed in hashes if _cell(hashed, line, width) == cell]
            named = _majority(inside)
            for hashed in met:
                if named == hashed >> 24 and _cell(hashed, line, width) == cell:
                    found[hashed] = _at_most(hashed, hashes, width)
    ranked = sorted(found, key=lambda hashed: (-found[hashed], _signed(hashed)))[:k]
    return [{"value": _one_zero(met[hashed]), "count": found[hashed]} for hashed in ranked]


def _cell(hashed: int, line: int, width: int) -> int:
    return (hashed >> (line * _CELL)) % width


def _majority(hashes: list[int]) -> int | None:
    """The upper bits that more than half of the hashes have each; None where two are even."""
    named = 0
    for bit in range(24, 64):
        ones = sum(hashed >> bit & 1 for hashed in hashes)
        if 2 * ones == len(hashes):
            return None
        named |= (2 * ones > len(hashes)) << (bit - 24)
    return named


def _at_most(hashed: int, hashes: list[int], width: int) -> int:
    """The fewest in a cell of this hash that agree with it in one bit."""
    least = len(hashes)
    for line in range(_LINES):
        beside = Counter(
            bit
            for other in hashes
            if _cell(other, line, width) == _cell(hashed, line, width)
            for bit in range(24, 64)
            if (other ^ hashed) >> bit & 1 == 0
        )
        least = min(least, *beside.values())
    return least


def _signed(hashed: int) -> int:
    return (hashed ^ (1 << 63)) - (1 << 63)


def _one_zero(value: Any) -> Any:
    return 0.0 if isinstance(value, float) and value == 0.0 else value


def _of_rows(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """A function of values as one of rows, given the parameters that it takes by name."""

    def of_rows(rows: Sequence[Any], given: Mapping[str, Any], as_of: Any) -> Any:
        return function([row.value for row in rows], **{name: given[name] for name in names})

    return of_rows


WORDS: dict[str, Callable[..., Any]] = {
    "approximate_count_distinct": _of_rows(_approximate_count_distinct, "precision"),
    "approximate_quantile": _of_rows(_approximate_quantile, "q", "accuracy"),
    "approximate_top_k": _of_rows(_approximate_top_k, "k", "width"),
}
"""By the aggregation's name: from the rows whose value is not null, in any order, the parameters by
name, and the moment that asks."""
