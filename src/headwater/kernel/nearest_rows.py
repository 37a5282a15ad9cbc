"""States that are the k newest or the k oldest rows, for what is read at a place in event order.

A state has k words, the newest (or the oldest) row first: twice the row's position plus one, and
one more where it ties with a row of another value; 0 is no row. Where ties leave the order of rows
open but their values are equal, codes order them: of both zeros -0.0 is the older. `first` are the
words of the side that comes first in a state, `second` those of the other; `into` may be either.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.kernel.passes import NULL, TIE, VALUE
from headwater.kernel.positions import same_value

MOST = 1000
"""Rows that a state may hold."""
LOW_32 = (1 << 32) - 1


def prepare_rows(x: Any, parameters: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """No scale; a word for each of so many rows."""
    return 0, int(parameters[0])


def prepare_reach(x: Any, parameters: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """No scale; a word for one row and each of so many beyond it."""
    return 0, int(parameters[0]) + 1


def lift_row(state: Any, x: Any, parameters: Any, i: int, scale: int) -> None:
    """One row is the nearest of itself."""
    state[0] = 2 * (i + 1)


def newest_rows(into: Any, left: Any, right: Any, x: Any, parameters: Any, rank: Any) -> None:
    """The newest of both sides, where `x` holds codes."""
    join_rows(into, right, left, x, rank, True)


def oldest_rows(into: Any, left: Any, right: Any, x: Any, parameters: Any, rank: Any) -> None:
    """The oldest of both sides, where `x` holds codes."""
    join_rows(into, left, right, x, rank, False)


def newest_numbers(into: Any, left: Any, right: Any, x: Any, parameters: Any, rank: Any) -> None:
    """The newest of both sides, where `x` holds numbers and no result tells zeros apart."""
    size = filled(right)
    a = row_of(right[size - 1])
    b = row_of(left[0])
    is_open = False
    if size > 0 and b >= 0 and rank[a] == rank[b]:
        is_open = (right[size - 1] | left[0]) & 1 == 1 or not same_value(x, a, b)
    append(into, right, left, size)
    if is_open:
        mark(into, rank, rank[a])


def row_of(word: int) -> int:
    """The position that a word tells, -1 for none."""
    return (word >> 1) - 1


def filled(words: Any) -> int:
    """How many rows a state holds."""
    size = words.shape[0]
    if words[size - 1] > 0:
        return int(size)
    size = 0
    while words[size] > 0:
        size += 1
    return int(size)


def join_rows(into: Any, first: Any, second: Any, x: Any, rank: Any, is_newest: bool) -> None:
    """The rows of `first`, then those of `second`; where both meet in a tie, by code."""
    size = filled(first)
    a = row_of(first[size - 1])
    b = row_of(second[0])
    if size == 0 or b < 0 or rank[a] != rank[b]:
        append(into, first, second, size)
        return
    is_open = (first[size - 1] | second[0]) & 1 == 1 or x[a] >> 1 != x[b] >> 1
    weave(into, first, second, x, rank, is_newest)
    if is_open:
        mark(into, rank, rank[a])


def append(into: Any, first: Any, second: Any, size: int) -> None:
    """The `size` rows of `first`, then as many of `second` as there is room for."""
    for i in range(into.shape[0] - 1, size - 1, -1):  # from the end, as `into` may be `second`
        into[i] = second[i - size]
    for i in range(size):
        into[i] = first[i]


def weave(into: Any, first: Any, second: Any, x: Any, rank: Any, is_newest: bool) -> None:
    """Merge two states whose ranks meet: counted from the start, then written from the end."""
    room = into.shape[0]
    i = 0
    j = 0
    while i + j < room and (first[i] > 0 or second[j] > 0):
        if first[i] == 0 or overtakes(second[j], first[i], x, rank, is_newest):
            j += 1
        else:
            i += 1
    for place in range(i + j, room):
        into[place] = 0
    for place in range(i + j - 1, -1, -1):
        if j == 0 or (i > 0 and overtakes(second[j - 1], first[i - 1], x, rank, is_newest)):
            i -= 1
            into[place] = first[i]
        else:
            j -= 1
            into[place] = second[j]


def overtakes(word: int, other: int, x: Any, rank: Any, is_newest: bool) -> bool:
    """Whether a row of `second` stands before one of `first`: by code, where they tie."""
    a = row_of(word)
    b = row_of(other)
    if a < 0 or rank[a] != rank[b]:
        return False
    return bool(x[a] > x[b]) if is_newest else bool(x[a] < x[b])


def mark(into: Any, rank: Any, tied: int) -> None:
    """Note that the rows of this rank differ."""
    for i in range(into.shape[0]):
        if into[i] > 0 and rank[row_of(into[i])] == tied:
            into[i] |= 1


def farthest_row(state: Any, x: Any, parameters: Any, scale: int) -> tuple[int, int]:
    """The last row that a state has room for, null where it holds fewer."""
    word = state[state.shape[0] - 1]
    if word == 0:
        return NULL, -1
    return (TIE if word & 1 == 1 else VALUE), row_of(word)


def listed_rows(state: Any, into: Any, is_newest: bool) -> tuple[int, int]:
    """All rows of a state, from the oldest on, and their number."""
    size = filled(state)
    if size == 0:
        return NULL, 0
    for i in range(size):
        if state[i] & 1 == 1:
            return TIE, row_of(state[i])
        into[size - 1 - i if is_newest else i] = row_of(state[i])
    return VALUE, size


def tied_row(new: int, old: int) -> int:
    """The position of the one of two rows that ties with another value; -1 where none does."""
    if new & 1 == 1:
        return row_of(new)
    return row_of(old) if old & 1 == 1 else -1


def apart(new: Any, old: Any) -> tuple[int, int]:
    """`new - old` of 64-bit integers, signed or not, as `high * 2**32 + low`, low from 0 on."""
    high = np.int64(new >> 32) - np.int64(old >> 32)
    low = np.int64(new & LOW_32) - np.int64(old & LOW_32)
    return high + (low >> 32), low & LOW_32  # type: ignore[return-value]


def place_fault(name: str, given: object, *, least: int = 1, most: int = MOST) -> str | None:
    """What is wrong with a number of rows, or with a place among them; None where nothing is."""
    if not isinstance(given, int) or isinstance(given, bool):
        return f"{name}={given!r} is not a whole number"
    return None if least <= given <= most else f"{name}={given} is not within {least} and {most}"


class NewestNumbers:
    """What folds the newest number and as many before it as the first parameter says."""

    __slots__ = ()
    takes_unsigned = True
    prepare = staticmethod(prepare_reach)
    lift = staticmethod(lift_row)
    merge = staticmethod(newest_numbers)
