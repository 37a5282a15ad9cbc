"""States that are one row: its position plus one, zero for none.

Their results are positions, so that the value there can be of any type. An aggregation takes the
functions it needs as its own, like those of `headwater.kernel.moments`.
"""

from __future__ import annotations

from typing import Any

from headwater.kernel.passes import NULL, TIE, VALUE


def prepare_position(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """No scale, one word."""
    return 0, 1


def lift_position(state: Any, x: Any, i: int, scale: int) -> None:
    """One row is the chosen one of itself."""
    state[0] = i + 1


def position(state: Any, x: Any, scale: int) -> tuple[int, int]:
    """The row, null for none."""
    return (VALUE if state[0] > 0 else NULL), state[0] - 1


def prepare_newest(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """No scale; the position plus one, and whether it is tied."""
    return 0, 2


def newest(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
    """The right one; where ranks tie, noted if values (codes but for the last bit) differ."""
    a = left[0]
    b = right[0]
    tied = right[1]
    if b == 0:
        b = a
        tied = left[1]
    elif a > 0 and rank[a - 1] == rank[b - 1]:
        if x[a - 1] >> 1 != x[b - 1] >> 1 or left[1] > 0:
            tied = 1
        if x[a - 1] > x[b - 1]:
            b = a
    into[0] = b
    into[1] = tied


def oldest(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
    """The left one, with ties as in `newest`; of both zeros -0.0 is the older."""
    a = left[0]
    b = right[0]
    tied = left[1]
    if a == 0:
        a = b
        tied = right[1]
    elif b > 0 and rank[a - 1] == rank[b - 1]:
        if x[a - 1] >> 1 != x[b - 1] >> 1 or right[1] > 0:
            tied = 1
        if x[b - 1] < x[a - 1]:
            a = b
    into[0] = a
    into[1] = tied


def same_value(x: Any, a: int, b: int) -> bool:
    """Whether two rows hold one value: NaN is one, so are both zeros; codes tell zeros apart."""
    return bool(x[a] == x[b] or (x[a] != x[a] and x[b] != x[b]))


def newest_position(state: Any, x: Any, scale: int) -> tuple[int, int]:
    """The row, null for none, and whether another of its rank has another value."""
    if state[0] == 0:
        return NULL, -1
    return (TIE if state[1] > 0 else VALUE), state[0] - 1
