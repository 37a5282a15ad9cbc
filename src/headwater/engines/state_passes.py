"""Folds whose states add: made once for all features that see the same rows, then read by each.

A count, a sum, a mean and a spread of one column are results of one state, of which some read the
first words only. The states of some spine rows are held at a time, few enough to stay in a
processor's cache, until each feature has read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.engines.values import FoldInput
from headwater.kernel.compile import bound, compiled
from headwater.kernel.moments import Rows, add_words
from headwater.kernel.passes import prefix_states, window_results
from headwater.kernel.pool import divided, for_groups

_I, _II = "const int64[::1]", "const int64[:,::1]"
STATES = (
    f"void(const {{x}}[::1], const boolean[::1], {_I}, {_I}, {_II}, {_I}, {_II}, int64[::1], "
    "int64[:,::1], int64[:,::1], int64[:,:,::1])"
)
RESULTS = (
    f"void(const {{x}}[::1], {_II}, {_II}, const int64[:,:,::1], {{out}}[:,::1], uint8[:,::1])"
)
_HELD = 1 << 13
"""Windows whose states are held at a time."""
_SHORT = 1 << 17
"""Rows of a window that need not be counted more closely."""
_WIDTH = 1
"""Words of a state that there is room for at first; it grows to what the rows ask for."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Which rows windows hold, where they become known in event order.

    Args:
        known: When each row becomes known.
        as_of: The moment of each spine row.
        low: The first row of each window, by window and spine row.
        high: The row after the last, by spine row.
        groups: As in `headwater.kernel.passes`.
    """

    known: Any
    as_of: Any
    low: Any
    high: Any
    groups: Any

    def longest(self) -> int:
        """No fewer rows than between the first of a window and the last that is known."""
        most = max(int((self.high - low).max(initial=0)) for low in self.low)
        if most <= _SHORT:
            return most
        first = self.low[:, self.groups[:, 2]].min(axis=0)
        base = np.repeat(first, self.groups[:, 3] - self.groups[:, 2])
        # a window that starts where all of them do needs nothing but what is known
        return max(int((self.high - low).max(where=low > base, initial=0)) for low in self.low)


def adds(given: Any) -> bool:
    """Whether the words of its states add, and are few."""
    is_sum = getattr(getattr(given, "functions", None), "merge", None) is add_words
    return isinstance(given, FoldInput) and is_sum and sliding(given.functions) is None


def sliding(functions: type) -> type | None:
    """The functions by which rows enter and leave one wide state; None where states are held."""
    if hasattr(functions, "count_row"):
        return functions
    return getattr(functions, "slides_as", None)


def clusters(given: Sequence[FoldInput]) -> list[list[int]]:
    """Places of folds that one state serves; the first of each is the fold that makes it.

    Args:
        given: Folds of the same rows, whose states add.
    """
    found: list[list[int]] = []
    for place in sorted(range(len(given)), key=lambda place: -len(_chain(given[place].functions))):
        for shared in found:
            if _serves(given[shared[0]], given[place]):
                shared.append(place)
                break
        else:
            found.append([place])
    return found


def _serves(maker: FoldInput, other: FoldInput) -> bool:
    """Whether the first words of one's states are states of the other."""
    chain, key = _chain(maker.functions), _state_of(other.functions)
    is_same = maker.valid is other.valid and (maker.x is other.x or key == _state_of(Rows))
    arrays = [list(map(id, one.also.arrays.values())) for one in (maker, other)]
    return is_same and key in chain and (arrays[0] == arrays[1] or key == _state_of(Rows))


def _state_of(functions: Any) -> tuple[Any, Any]:
    return functions.prepare, functions.lift


def _chain(functions: Any) -> dict[tuple[Any, Any], list[Callable[[Any], Any]]]:
    """The states with which its states begin, with what finds the number of their words."""
    found, steps = {_state_of(functions): list[Any]()}, list[Any]()
    while getattr(functions, "begins_with", None) is not None:
        functions, step = functions.begins_with
        steps = [*steps, step]
        found[_state_of(functions)] = steps
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """What makes the results of one fold from states.

    Args:
        run: The compiled `window_results`.
        before: Its first arguments.
        steps: From the number of words of the states to that of its own.
        out: The results.
        status: What they are.
        into: The items of lists.
    """

    run: Any
    before: tuple[Any, ...]
    steps: list[Callable[[Any], Any]]
    out: Any
    status: Any
    into: Any


def run_states(given: Sequence[FoldInput], seen: Known, threads: int) -> list[tuple[Any, Any, Any]]:
    """The results, their status and the items of lists, for each of these folds.

    Args:
        given: The first makes the states of all.
        seen: The rows.
        threads: How many to use.
    """
    readers = [_reader(given[0], one, seen) for one in given]
    groups = seen.groups[seen.groups[:, 2] < seen.groups[:, 3]]
    room, free = seen.longest() + 3, list[_Worker]()

    def run(part: Any) -> None:
        worker = free.pop() if free else _Worker(given[0], seen, readers, room)
        worker.run(part)
        free.append(worker)

    if len(groups):
        for_groups(run, divided(groups, seen.low, seen.high, threads), threads)
    return [(one.out, one.status, one.into) for one in readers]


def _reader(maker: FoldInput, given: FoldInput, seen: Known) -> _Reader:
    shape = seen.low.shape
    out, status = np.zeros(shape, given.out), np.zeros(shape, np.uint8)
    also, into = given.also.asked(seen.as_of, shape)
    types = RESULTS.format(x=given.x.dtype.name, out=given.out)
    run = compiled(window_results, types, given.functions, given.also.names)
    steps = _chain(maker.functions)[_state_of(given.functions)]
    return _Reader(run, (given.x, *also), steps, out, status, into)


class _Worker:
    """One thread's room for states, and the calls that write and read them."""

    def __init__(
        self, given: FoldInput, seen: Known, readers: Sequence[_Reader], room: int
    ) -> None:
        types = STATES.format(x=given.x.dtype.name)
        run = compiled(prefix_states, types, given.functions, tuple(given.also.arrays))
        rows = given.x, *given.also.arrays.values(), given.valid, seen.known, seen.as_of
        self._run, self._rows = run, (*rows, seen.low, seen.high)
        self._readers, self._windows, self._room = readers, len(seen.low), room
        self._held = max(_HELD // self._windows, 1)
        self._groups = np.zeros((self._held, 4), np.int64)
        self._shapes, self._place = np.zeros((self._held, 2), np.int64), np.zeros(5, np.int64)
        self._own = [np.zeros_like(self._shapes) for _ in readers]
        self._widen(_WIDTH)

    def _widen(self, width: int) -> None:
        """Make room for states of so many words, and bind the calls to it."""
        self._width = width
        ring = np.empty((self._room, width), np.int64)
        states = np.empty((self._held, self._windows, width), np.int64)
        self._write = bound(
            self._run, *self._rows, self._groups, self._place, ring, self._shapes, states
        )
        self._reads = [
            bound(one.run, *one.before, self._groups, own, states, one.out, one.status)
            for one, own in zip(self._readers, self._own, strict=True)
        ]

    def run(self, groups: Any) -> None:
        """Write the results of these groups."""
        for piece, begins in _pieces(groups, self._held):
            self._groups[: len(piece)] = piece
            self._groups[len(piece) :] = 0
            if begins:
                self._place[0] = -1
            self._write()
            most = int(self._shapes[: len(piece), 1].max())
            if most > self._width:
                self._widen(most)
                self._place[0] = -1
                self._write()
            for one, own, read in zip(self._readers, self._own, self._reads, strict=True):
                own[:] = self._shapes
                for step in one.steps:
                    own[:, 1] = step(own[:, 1])
                read()


def _pieces(groups: Any, held: int) -> Iterator[tuple[Any, bool]]:
    """Groups with so many spine rows, and whether they begin with an entity's first."""
    ends = np.cumsum(groups[:, 3] - groups[:, 2])
    start, done = 0, 0
    while start < len(groups):
        stop = int(np.searchsorted(ends, done + held, "right"))
        if stop > start:
            yield groups[start:stop], True
        else:
            stop = start + 1
            first, last = int(groups[start, 2]), int(groups[start, 3])
            for row in range(first, last, held):
                piece = groups[start:stop].copy()
                piece[0, 2:] = row, min(row + held, last)
                yield piece, row == first
        start, done = stop, int(ends[stop - 1])
