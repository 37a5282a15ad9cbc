"""Our own threads around sequential, GIL-free passes; results do not depend on their number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from headwater.errors import EngineError

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")
_PARTS_PER_THREAD = 4
"""How many parts of one entity serve a thread, where it has most of the work."""
_LEAST_SHARE = 1 / 16
"""Of what is a thread's share, when nothing smaller is worth a call."""
_RANGE = 1 << 16
"""Items of arrays that a call reads and writes at a time, so that they stay in a cache."""
_REPEATED = 1.25
"""How much more work may be done for the sake of sharing that of one entity."""


def default_threads() -> int:
    """`HEADWATER_THREADS`, else the processors that this process may use.

    Raises:
        EngineError: HW507, the variable is not a number above zero.
    """
    named = os.environ.get("HEADWATER_THREADS")
    if named:
        if not named.isdecimal() or int(named) < 1:
            raise EngineError("HW507", f"HEADWATER_THREADS is {named!r}, not a number above zero")
        return int(named)
    # not every system can say which processors are ours
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def balanced(work: Any, shares: Sequence[float]) -> list[tuple[int, int]]:
    """Ranges of items that carry about these shares of `work`, in order; none is empty.

    >>> balanced(np.array([5, 1, 1, 1]), [0.5, 0.5])
    [(0, 1), (1, 4)]
    """
    total = np.cumsum(work)
    if len(total) == 0:
        return []
    marks = np.cumsum(shares)[:-1] * total[-1]
    # NumPy's own way to leave out what repeats imports its masked arrays first
    inner = (np.searchsorted(total, marks, "left") + 1).tolist()
    cuts = sorted({0, len(work), *(cut for cut in inner if cut < len(work))})
    return list(pairwise(cuts))


def falling_shares(threads: int) -> list[float]:
    """Shares of all work that get smaller, so that few calls end at about the same time.

    >>> [round(share, 2) for share in falling_shares(2)][:4]
    [0.33, 0.22, 0.15, 0.1]
    """
    shares, left = [], 1.0
    while left > _LEAST_SHARE / threads:
        shares.append(left / (1.5 * threads))
        left -= shares[-1]
    return [*shares, left]


def divided(groups: Any, low: Any, high: Any, threads: int) -> Any:
    """The groups, of which those with the most work are cut into ranges of their spine rows.

    For passes that may begin at any spine row, with the first row of its windows. Rows that windows
    of several ranges hold are folded again, so that a group whose windows hold most of it stays.

    Args:
        groups: As in `for_groups`.
        low: The first row of each window, by window and spine row; it does not fall.
        high: The row after the last, by spine row.
        threads: One cuts nothing.
    """
    work = _work(groups)
    share = work.sum() / (threads * _PARTS_PER_THREAD)
    heavy = np.flatnonzero(work > 2 * share)
    if threads == 1 or not len(heavy):
        return groups
    parts = {g: _parts(groups[g], low, high, int(work[g] // share)) for g in heavy.tolist()}
    kept = (parts.get(g, groups[g : g + 1]) for g in range(len(groups)))
    return np.ascontiguousarray(np.concatenate(list(kept)))


def _parts(group: Any, low: Any, high: Any, number: int) -> Any:
    """One group in so many parts, or in fewer where they would repeat too much."""
    start, stop = int(group[2]), int(group[3])
    while number > 1:
        cuts = np.unique(np.linspace(start, stop, number + 1).astype(np.int64))
        first, last = cuts[:-1], cuts[1:]
        found = np.stack([low[:, first].min(axis=0), high[last - 1], first, last], axis=1)
        found[:, 1] = np.maximum(found[:, 0], found[:, 1])
        if _work(found).sum() <= _REPEATED * _work(group[None])[0]:
            return found
        number //= 2
    return group[None]


def _work(groups: Any) -> Any:
    return (groups[:, 1] - groups[:, 0]) + 4 * (groups[:, 3] - groups[:, 2])


def for_groups(run: Callable[[Any], None], groups: Any, threads: int) -> None:
    """Call `run` on slices of `groups` that cover it once, on this many threads.

    Args:
        run: Writes only to the places that belong to the groups it is given.
        groups: `(history start, history stop, spine start, spine stop)` per entity.
        threads: The caller's own is one of them.
    """
    if threads == 1 or len(groups) < 2:
        run(groups)
        return
    chunks = balanced(_work(groups), falling_shares(threads))
    _share(run, (groups[start:stop] for start, stop in chunks), threads)


def for_ranges(
    run: Callable[[int, int], None], size: int, threads: int, *, step: int = _RANGE
) -> None:
    """Call `run(start, stop)` on ranges that cover so many items once, on this many threads.

    Args:
        run: Writes only to the places of the items that it is given.
        size: How many items there are.
        threads: The caller's own is one of them.
        step: Items of a range; the last may have fewer.
    """
    ranges = [(start, min(start + step, size)) for start in range(0, size, step)]
    if threads == 1 or len(ranges) < 2:
        for start, stop in ranges:
            run(start, stop)
        return
    _share(lambda part: run(*part), ranges, threads)


def in_order(make: Callable[[_Item], _Found], items: Sequence[_Item], threads: int) -> list[_Found]:
    """What is made of each item, in their order, on this many threads.

    Args:
        make: Begun in the order of the items; its first error is raised.
        items: Each worth a call of its own.
        threads: The caller's own is one of them.

    >>> in_order(str, [3, 1, 2], 2)
    ['3', '1', '2']
    """
    found: dict[int, _Found] = {}

    def run(start: int, stop: int) -> None:
        for place in range(start, stop):
            found[place] = make(items[place])

    for_ranges(run, len(items), threads, step=1)
    return [found[place] for place in range(len(items))]


def _share(run: Callable[[Any], None], parts: Iterable[Any], threads: int) -> None:
    """Call `run` on each part, on whichever thread is free; the first error is raised."""
    left = iter(list(parts))

    def work() -> None:
        for part in left:
            run(part)

    others = [_pool(threads).submit(work) for _ in range(threads - 1)]
    try:
        work()
    finally:
        for _ in left:  # after an error nothing new begins
            pass
        # those that never began have nothing left to do
        begun = [one for one in others if not one.cancel()]
        wait(begun)
    for one in begun:
        one.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that wait for work as long as the process lives."""
    return ThreadPoolExecutor(threads, thread_name_prefix="headwater")


# a forked process has none of its parent's threads; not every system forks
getattr(os, "register_at_fork", dict)(after_in_child=_pool.cache_clear)
