"""How many hashes differ, about: HyperLogLog.

A state is `2**precision` registers of five bits, ten to a word, each below a bit that stays free,
so that the larger of ten pairs is found at once. A hash chooses a register by its lowest bits; the
register keeps the greatest rank it met, the place of the first 1 among the bits that follow, at
most 31. What is in a register depends on which hashes there are, never on their order or number.

A register cannot forget. Where rows leave, a state counts instead how many rows there are of each
rank of each register, packed, a register from a word of its own; the greatest rank of which there
is a row is what the register would hold.

Sources: Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a near-optimal
cardinality estimation algorithm" (2007), for the registers; Heule, Nunkesser and Hall, "HyperLogLog
in practice" (2013), for hashes of 64 bits; Ertl, "New cardinality estimation algorithms for
HyperLogLog sketches" (2017), for an estimate that needs no correction by tables.
"""

from __future__ import annotations

import math
from typing import Any

from headwater.kernel.packed_counts import BITS, add_at, bits_for, words_for
from headwater.kernel.passes import VALUE

HELD = 10
"""Registers of a word."""
ROOM = 6
"""Bits of a register with its free one."""
MOST = 31
"""The greatest rank."""
FREE = sum(1 << (ROOM * k + ROOM - 1) for k in range(HELD))
"""The free bit of each register."""
SHIFT = 6
"""Bits of the scale that say those of a count; above them is the precision."""
SHARE = 0.7213475204444817
"""1 / (2 ln 2)."""


def prepare_registers(
    x: Any, parameters: Any, valid: Any, start: int, stop: int
) -> tuple[int, int]:
    """The precision, and the words that so many registers take."""
    precision = int(parameters[0])
    return precision, ((1 << precision) + HELD - 1) // HELD


def register_and_rank(hashed: Any, precision: int) -> tuple[Any, int]:
    """Which register a hash chooses, and the place of the first 1 among the other bits."""
    rest = hashed >> precision
    rank = 1
    while rank < MOST and rest & 1 == 0:
        rest >>= 1
        rank += 1
    return hashed & ((1 << precision) - 1), rank


def lift_hash(state: Any, x: Any, i: int, scale: int) -> None:
    """The registers of one hash."""
    register, rank = register_and_rank(x[i], scale)
    state[register // HELD] = rank << (ROOM * (register % HELD))


def larger_registers(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
    """The larger of each two registers."""
    for k in range(into.shape[0]):
        a = left[k]
        b = right[k]
        is_larger = ((a | FREE) - b) & FREE
        into[k] = b ^ ((a ^ b) & (is_larger - (is_larger >> (ROOM - 1))))


def distinct_hashes(state: Any, x: Any, scale: int) -> tuple[int, int]:
    """Whether there are results, always, and the estimate as a whole number."""
    registers = 1 << scale
    untouched = 0
    total = 0
    for k in range(registers):
        rank = (state[k // HELD] >> (ROOM * (k % HELD))) & MOST
        if rank == 0:
            untouched += 1
        else:
            total += 1 << (MOST - rank)
    return VALUE, estimated(registers, untouched, total)


def prepare_ranks(x: Any, parameters: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """The precision with the bits of a count, and the words that count ranks."""
    precision = int(parameters[0])
    bits = bits_for(stop - start)
    return (precision << SHIFT) + bits, (1 << precision) * words_for(MOST, bits)


def count_rank(state: Any, x: Any, i: int, scale: int, number: int) -> None:
    """So many rows more with this hash."""
    bits = scale & ((1 << SHIFT) - 1)
    register, rank = register_and_rank(x[i], scale >> SHIFT)
    add_at(state, register * words_for(MOST, bits), bits, rank - 1, number)


def greatest_rank(state: Any, first: int, words: int, bits: int) -> int:
    """The greatest rank of which a register has a row; 0 for none."""
    rank = 0
    for k in range(words - 1, -1, -1):
        packed = state[first + k]
        if packed > 0:
            rank = k * (BITS // bits)
            while packed > 0:
                packed >>= bits
                rank += 1
            break
    return rank


def distinct_of_ranks(state: Any, x: Any, scale: int) -> tuple[int, int]:
    """What `distinct_hashes` gives."""
    registers = 1 << (scale >> SHIFT)
    bits = scale & ((1 << SHIFT) - 1)
    words = words_for(MOST, bits)
    untouched = 0
    total = 0
    for k in range(registers):
        rank = greatest_rank(state, k * words, words, bits)
        if rank == 0:
            untouched += 1
        else:
            total += 1 << (MOST - rank)
    return VALUE, estimated(registers, untouched, total)


def estimated(registers: int, untouched: int, total: int) -> int:
    """The number of hashes, from the registers that none met and the sum of `2**(31 - rank)`."""
    if untouched == registers:
        return 0
    low = registers * empty_share(untouched / registers)
    estimate = SHARE * registers * registers / (low + total / (1 << MOST))
    return math.floor(estimate + 0.5)


def empty_share(share: float) -> float:
    """What registers stand for that no hash has met: `x + sum of x**(2**k) * 2**(k - 1)`, x < 1."""
    total = share
    before = -1.0
    weight = 1.0
    while total != before:
        before = total
        share *= share
        total += share * weight
        weight += weight
    return total
