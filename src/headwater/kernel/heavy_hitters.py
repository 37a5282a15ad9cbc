"""Which hashes occur most often, about: counts in cells, and in each cell by every bit of a hash.

Each of `DEPTH` lines has `width` cells; a hash falls into one of each line, by bits of its own. A
cell counts its rows, and for each of the upper `NAMED` bits those with a 1 there. A hash that has
the majority of a cell is read off these bits; it is looked up in `index`, where a row of each hash
is, in the order of hashes. How often a hash occurs is at most what each of its cells counts, and in
these what its own side of each bit does; the least of all is the estimate, never too low.

A state is `[rows, counts...]`, packed, each cell from a word of its own. Words add, so it depends
on which hashes there are and how often only.

Sources: Cormode and Muthukrishnan, "An improved data stream summary: the Count-Min sketch and its
applications" (2005), for cells and bounds; "What's hot and what's not: tracking most frequent items
dynamically" (2005) by the same, for reading a majority off the bits.
"""

from __future__ import annotations

from typing import Any

from headwater.kernel.packed_counts import BITS, bits_for, words_for
from headwater.kernel.passes import NULL, VALUE

DEPTH = 3
CELL = 8
"""Bits of a hash that choose a cell of a line."""
NAMED = 64 - DEPTH * CELL
"""Bits of a hash that are counted each."""
BESIDE = 1 + NAMED
"""Counts of a cell."""
HEAD = 1
"""Words before the counts."""
SHIFT = 6
"""Bits of the scale that say those of a count; above them is the width."""


def prepare_cells(
    x: Any, parameters: Any, index: Any, valid: Any, start: int, stop: int
) -> tuple[int, int]:
    """The width with the bits of a count, and the words of a state."""
    bits = bits_for(stop - start)
    width = int(parameters[0])
    return (width << SHIFT) + bits, HEAD + DEPTH * width * words_for(BESIDE, bits)


def first_word(hashed: Any, line: int, scale: int) -> Any:
    """Where the cell begins that a hash has in a line."""
    width = scale >> SHIFT
    cell = line * width + ((hashed >> (line * CELL)) & (width - 1))
    return HEAD + cell * words_for(BESIDE, scale & ((1 << SHIFT) - 1))


def count_hash(
    state: Any, x: Any, parameters: Any, index: Any, i: int, scale: int, number: int
) -> None:
    """So many rows more with this hash."""
    bits = scale & ((1 << SHIFT) - 1)
    state[0] += number
    for line in range(DEPTH):
        word = first_word(x[i], line, scale)
        flags = ((x[i] >> (DEPTH * CELL)) << 1) | 1
        added = 0
        shift = 0
        for _ in range(BESIDE):
            if shift + bits > BITS:
                state[word] += number * added
                word += 1
                added = 0
                shift = 0
            added += (flags & 1) << shift
            flags >>= 1
            shift += bits
        state[word] += number * added


def lift_hash(state: Any, x: Any, parameters: Any, index: Any, i: int, scale: int) -> None:
    """One row."""
    count_hash(state, x, parameters, index, i, scale, 1)


def estimate(state: Any, hashed: Any, scale: int) -> Any:
    """How often a hash occurs at most."""
    bits = scale & ((1 << SHIFT) - 1)
    most = (1 << bits) - 1
    least = state[0]
    for line in range(DEPTH):
        word = first_word(hashed, line, scale)
        total = state[word] & most
        named = hashed >> (DEPTH * CELL)
        shift = bits
        for _ in range(NAMED):
            if shift + bits > BITS:
                word += 1
                shift = 0
            ones = (state[word] >> shift) & most
            least = min(least, ones if named & 1 else total - ones)
            named >>= 1
            shift += bits
    return least


def majority(state: Any, word: int, bits: int) -> tuple[bool, Any]:
    """Whether each bit of a cell has one, and the upper part of a hash that they are."""
    most = (1 << bits) - 1
    total = state[word] & most
    named = 0
    shift = bits
    for k in range(NAMED):
        if shift + bits > BITS:
            word += 1
            shift = 0
        ones = 2 * ((state[word] >> shift) & most)
        shift += bits
        if ones == total:
            return False, named
        if ones > total:
            # the highest bit is the sign
            named += 1 << k if k + 1 < NAMED else -(1 << k)
    return True, named


def first_named(x: Any, index: Any, named: Any) -> int:
    """The place in `index` of the first hash whose upper part is not less."""
    low = 0
    high = index.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if x[index[middle]] >> (DEPTH * CELL) < named:
            low = middle + 1
        else:
            high = middle
    return low


def offer(into: Any, found: int, x: Any, row: int, count: int) -> Any:
    """Put a row in its place among those found; how many there are then."""
    most = into.shape[0] >> 1
    for k in range(found):
        if x[into[2 * k]] == x[row]:
            return found
    place = found
    while place > 0 and (
        into[2 * place - 1] < count
        or (into[2 * place - 1] == count and x[into[2 * place - 2]] > x[row])
    ):
        place -= 1
    if place == most:
        return found
    last = min(found, most - 1)
    for k in range(last, place, -1):
        into[2 * k] = into[2 * k - 2]
        into[2 * k + 1] = into[2 * k - 1]
    into[2 * place] = row
    into[2 * place + 1] = count
    return last + 1


def most_frequent_hashes(
    state: Any, x: Any, parameters: Any, index: Any, scale: int, into: Any
) -> tuple[int, int]:
    """How many were found: rows that hold them, with the estimates; null for no row."""
    found = 0
    bits = scale & ((1 << SHIFT) - 1)
    beside = words_for(BESIDE, bits)
    line_words = (scale >> SHIFT) * beside
    for word in range(HEAD, HEAD + DEPTH * line_words, beside):
        total = state[word] & ((1 << bits) - 1)
        is_full = 2 * found == into.shape[0]
        if total == 0 or (is_full and total < into[2 * found - 1]):
            continue
        is_named, named = majority(state, word, bits)
        place = first_named(x, index, named) if is_named else index.shape[0]
        line = (word - HEAD) // line_words
        while place < index.shape[0] and x[index[place]] >> (DEPTH * CELL) == named:
            row = index[place]
            if first_word(x[row], line, scale) == word:
                found = offer(into, found, x, row, estimate(state, x[row], scale))
            place += 1
    return (VALUE if state[0] > 0 else NULL), found
