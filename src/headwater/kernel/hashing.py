"""Hashes of values that are the same on every machine, in every version and for every type's width.

A hash depends on the value alone: not on other rows, not on where it stands, and on nothing that a
library may change. It mixes well and is not secret: whoever chooses values may make them collide.

- a word of 64 bits: `mixed(word + GOLDEN)`
- bytes: `mixed(GOLDEN + length + sum of mixed(word_j + j * GOLDEN))`, over words of eight bytes,
  the first byte the lowest, filled up with zeros, and counted from j = 1

Source of the mixing: Steele, Lea and Flood, "Fast splittable pseudorandom number generators"
(2014), with the constants of Stafford's variant 13.
"""

from __future__ import annotations

from typing import Any

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
FIRST = 0xBF58476D1CE4E5B9
SECOND = 0x94D049BB133111EB
WORD = 8
"""Bytes of a word."""


def hash_words(words: Any) -> Any:
    """The hash of each 64-bit word, as int64.

    >>> hash_words(np.array([0, 1, -1]))
    array([-2152535657050944081, -7995527694508729151, -1956407806741107680])
    """
    return mixed(words.view(np.uint64) + np.uint64(GOLDEN)).view(np.int64)


def hash_texts(data: Any, lengths: Any) -> Any:
    """The hash of each run of bytes, as int64.

    Args:
        data: All bytes, uint8, those of one run after those of another.
        lengths: How many bytes each has, int64.
    """
    words = -(-lengths // WORD)
    starts = np.cumsum(words) - words
    before = np.cumsum(lengths) - lengths
    filled = np.zeros(int(words.sum()) * WORD, np.uint8)
    filled[np.arange(len(data)) + np.repeat(starts * WORD - before, lengths)] = data
    place = np.arange(1, len(filled) // WORD + 1) - np.repeat(starts, words)
    parts = mixed(filled.view("<u8") + place.astype(np.uint64) * np.uint64(GOLDEN))
    total = lengths.astype(np.uint64) + np.uint64(GOLDEN)
    has_some = words > 0
    if has_some.any():
        total[has_some] += np.add.reduceat(parts, starts[has_some])
    return mixed(total).view(np.int64)


def mixed(words: Any) -> Any:
    """Each word with all of its bits spread over all of its bits; a bijection of uint64."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(FIRST)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(SECOND)
    return words ^ (words >> np.uint64(31))
