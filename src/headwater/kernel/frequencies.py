"""How often each distinct value is in sight, and which occurs most often.

A state is a binary tree of `2 * size` words, `size` a power of two: word `size + code` is how often
the value of that code occurs, each word above it the larger of the two below it. The most frequent
value is then found from word 1 downwards, the smallest of several where the left is taken first. A
change climbs only as far as maxima move. An aggregation takes the functions it needs as its own,
like those of `headwater.kernel.moments`.
"""

from __future__ import annotations

from typing import Any


def frequency_room(distinct: int) -> int:
    """Words for so many distinct values, at least two."""
    size = 1
    while size < distinct:
        size *= 2
    return 2 * size


def count_up(state: Any, code: int, x: Any) -> None:
    """One more row holds this value."""
    node = (state.shape[0] >> 1) + code
    climb(state, node, state[node] + 1)


def count_down(state: Any, code: int, x: Any) -> None:
    """One row less holds it."""
    node = (state.shape[0] >> 1) + code
    state[node] -= 1
    settle(state, node)


def climb(state: Any, node: int, count: int) -> None:
    """Make a word larger, and what is above it the larger of two again."""
    state[node] = count
    node >>= 1
    while node > 0 and state[node] < count:
        state[node] = count
        node >>= 1


def settle(state: Any, node: int) -> None:
    """Make what is above a word that has become smaller the larger of two again."""
    node >>= 1
    while node > 0:
        most = max(state[2 * node], state[2 * node + 1])
        if state[node] == most:
            break
        state[node] = most
        node >>= 1


def most_frequent(state: Any) -> Any:
    """The code of the value that occurs most often, of several the smallest; any where none does.

    Without a value in sight it may be the code of no value at all.
    """
    size = state.shape[0] >> 1
    node = 1
    while node < size:
        node *= 2
        if state[node] < state[node >> 1]:
            node += 1
    return node - size


class Frequencies:
    """What folds the frequency of values."""

    __slots__ = ()
    room = staticmethod(frequency_room)
    add = staticmethod(count_up)
    remove = staticmethod(count_down)
