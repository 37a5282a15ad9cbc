"""Our own threads around sequential, GIL-free passes; results do not depend on their number."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from headwater.errors import EngineError

_CHUNKS_PER_THREAD = 8


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


def balanced(work: Any, chunks: int) -> list[tuple[int, int]]:
    """Ranges of items that carry about equal shares of `work`, in order; none is empty.

    >>> balanced(np.array([5, 1, 1, 1]), 2)
    [(0, 1), (1, 4)]
    """
    total = np.cumsum(work)
    if len(total) == 0:
        return []
    marks = np.linspace(0, total[-1], chunks + 1)[1:-1]
    cuts = np.unique(np.concatenate([[0], np.searchsorted(total, marks, "left") + 1, [len(work)]]))
    cuts = cuts[cuts <= len(work)]
    return list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))


def for_groups(run: Callable[[Any], None], groups: Any, threads: int) -> None:
    """Call `run` on slices of `groups` that cover it once, on this many threads.

    Args:
        run: Writes only to the places that belong to the groups it is given.
        groups: `(history start, history stop, spine start, spine stop)` per entity.
        threads: One runs in the caller's own thread.
    """
    work = (groups[:, 1] - groups[:, 0]) + 4 * (groups[:, 3] - groups[:, 2])
    if threads == 1 or len(groups) < 2:
        run(groups)
        return
    chunks = balanced(work, threads * _CHUNKS_PER_THREAD)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda cut: run(groups[cut[0] : cut[1]]), chunks))
