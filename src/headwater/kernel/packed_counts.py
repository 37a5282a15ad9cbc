"""Many small counts in few words: each has as many bits as the number of rows needs.

Counts of one state add without touching each other, since none exceeds the number of rows: so the
words of two states add, and the difference of two is that of their counts. `bits` are those of one
count; a word holds `63 // bits` of them and is never negative.
"""

from __future__ import annotations

from typing import Any

BITS = 63
"""Those of a word that hold counts."""


def bits_for(rows: int) -> int:
    """The bits of a count of so many rows, at least one."""
    bits = 1
    while rows >> bits > 0:
        bits += 1
    return bits


def words_for(counts: int, bits: int) -> int:
    """How many words hold so many counts."""
    held = BITS // bits
    return (counts + held - 1) // held


def add_at(state: Any, first: int, bits: int, place: int, number: int) -> None:
    """Add to one count; it must stay within its bits."""
    held = BITS // bits
    state[first + place // held] += number * (1 << (bits * (place % held)))
