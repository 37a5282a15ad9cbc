"""The passes of folds whose states are wide and add: one state, which rows enter and leave.

States of hundreds of words are too many for one per row. Where they add, a row can be taken out of
one as it was put in: so there is one for each entity and window, whatever the number of rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.kernel.passes import NEVER


def sliding_counts(
    fold: Any,
    x: Any,
    valid: Any,
    changes: Any,
    moments: Any,
    asked: Any,
    low: Any,
    high: Any,
    groups: Any,
    out: Any,
    status: Any,
) -> None:
    """What `activated_tree` writes, for folds with `count_row`: `lift` that adds or takes away.

    `result` must leave the state as it is. Rows come and go as in `sliding_multiset`.
    """
    per_row = 1 if changes.shape[0] == x.shape[0] else 2
    for g in range(groups.shape[0]):
        if groups[g, 2] == groups[g, 3]:
            continue
        start = groups[g, 0]
        stop = groups[g, 1]
        scale, words = fold.prepare(x, valid, start, stop)
        state = np.empty(words, np.int64)
        counts = np.empty(stop - start, np.bool_)
        for w in range(low.shape[0]):
            for k in range(words):
                state[k] = 0
            for i in range(stop - start):
                counts[i] = False
            p = per_row * start
            a = low[w, groups[g, 2]]
            b = a
            for j in range(groups[g, 2], groups[g, 3]):
                while True:
                    if p < per_row * stop and moments[p] <= asked[j] and moments[p] != NEVER:
                        change = changes[p]
                        p += 1
                        enters = change >= 0
                    elif p > per_row * start and moments[p - 1] > asked[j]:
                        p -= 1
                        change = changes[p]
                        enters = change < 0
                    else:
                        break
                    i = change if change >= 0 else ~change
                    if valid[i]:
                        counts[i - start] = enters
                        if a <= i and i < b:
                            fold.count_row(state, x, i, scale, 1 if enters else -1)
                while b < high[j]:
                    if counts[b - start]:
                        fold.count_row(state, x, b, scale, 1)
                    b += 1
                while a < low[w, j]:
                    if counts[a - start]:
                        fold.count_row(state, x, a, scale, -1)
                    a += 1
                while a > low[w, j]:
                    a -= 1
                    if counts[a - start]:
                        fold.count_row(state, x, a, scale, 1)
                status[w, j], out[w, j] = fold.result(state, x, scale)


def grouped_counts(
    fold: Any, x: Any, valid: Any, rank: Any, codes: Any, out: Any, status: Any
) -> None:
    """What `grouped_fold` writes, for such folds."""
    scale, words = fold.prepare(x, valid, 0, x.shape[0])
    states = np.empty((out.shape[0], words), np.int64)
    for g in range(out.shape[0]):
        for k in range(words):
            states[g, k] = 0
    for i in range(x.shape[0]):
        if valid[i] and codes[i] >= 0:
            fold.count_row(states[codes[i]], x, i, scale, 1)
    for g in range(out.shape[0]):
        status[g], out[g] = fold.result(states[g], x, scale)
