"""Where windows begin and end: all that a window is, for the passes.

The rows of a window are `[low, high)` in event order, as far as they are known. `bounds_from`
writes both for windows that start at a moment. Of windows by rows and of sessions the start depends
on the rows that can be seen; the other functions raise `low` to it. For those that end in
`_in_order` rows become known in event order, so that the known ones are always the first; the
others take rows as they become known and as they end, as `activated_tree` does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headwater.kernel.passes import NEVER

FIRST = 0
LAST = 1
RUN = 2


def bounds_from(time: Any, ends: Any, starts: Any, groups: Any, low: Any, high: Any) -> None:
    """Rows `[low[w, j], high[j])` have `starts[w, j] <= event_time < ends[j]`; neither falls."""
    for g in range(groups.shape[0]):
        start = groups[g, 0]
        stop = groups[g, 1]
        h = start
        for j in range(groups[g, 2], groups[g, 3]):
            while h < stop and time[h] < ends[j]:
                h += 1
            high[j] = h
        for w in range(starts.shape[0]):
            i = start
            for j in range(groups[g, 2], groups[g, 3]):
                while i < high[j] and time[i] < starts[w, j]:
                    i += 1
                low[w, j] = i


def newest_in_order(
    counts: Any,
    rank: Any,
    marks: Any,
    known: Any,
    as_of: Any,
    rows: Any,
    high: Any,
    groups: Any,
    low: Any,
    tied: Any,
) -> None:
    """Raise `low` to the `rows[w]`-th of the newest rows that count; see `newest_known`."""
    for g in range(groups.shape[0]):
        start = groups[g, 0]
        kept = np.empty(groups[g, 1] - start, np.int64)
        number = 0
        seen = start
        for j in range(groups[g, 2], groups[g, 3]):
            while seen < high[j] and known[seen] <= as_of[j]:
                if counts[seen]:
                    kept[number] = seen
                    number += 1
                seen += 1
            for w in range(rows.shape[0]):
                tied[w, j] = -1
                if rows[w] > 0 and number > rows[w] and kept[number - rows[w]] >= low[w, j]:
                    low[w, j] = kept[number - rows[w]]
                    if differs_at(low[w, j], start, counts[start:seen], rank, marks):
                        tied[w, j] = low[w, j]


def newest_known(
    counts: Any,
    rank: Any,
    marks: Any,
    changes: Any,
    moments: Any,
    asked: Any,
    order: Any,
    rows: Any,
    high: Any,
    groups: Any,
    low: Any,
    tied: Any,
) -> None:
    """Raise `low` to the `rows[w]`-th of the newest rows that count, where `rows[w]` is not zero.

    Rows are counted in a tree of sums over event order, asked in `order`, in which `asked` does not
    fall. `tied` says where rows of one rank stand on both sides of the new start, and are not
    marked alike; it is -1 elsewhere.
    """
    per_row = 1 if changes.shape[0] == counts.shape[0] else 2
    for g in range(groups.shape[0]):
        start = groups[g, 0]
        size = groups[g, 1] - start
        sums = np.zeros(size + 1, np.int64)
        is_in = np.zeros(size, np.bool_)
        p = per_row * start
        stop = p + per_row * size
        for q in range(groups[g, 2], groups[g, 3]):
            j = order[q]
            while p < stop and moments[p] <= asked[j] and moments[p] != NEVER:
                enters = changes[p] >= 0
                i = changes[p] if enters else ~changes[p]
                p += 1
                if counts[i]:
                    is_in[i - start] = enters
                    add_to(sums, i - start, 1 if enters else -1)
            number = sum_before(sums, high[j] - start)
            for w in range(rows.shape[0]):
                tied[w, j] = -1
                if rows[w] > 0 and number > rows[w]:
                    first = start + place_of(sums, number - rows[w])
                    if first >= low[w, j]:
                        low[w, j] = first
                        if differs_at(first, start, is_in, rank, marks):
                            tied[w, j] = first


def runs_in_order(
    time: Any, counts: Any, known: Any, as_of: Any, gaps: Any, high: Any, groups: Any, low: Any
) -> None:
    """Raise `low` to the start of the last run of rows that count; see `runs_known`."""
    for g in range(groups.shape[0]):
        for w in range(gaps.shape[0]):
            if gaps[w] == 0:
                continue
            seen = groups[g, 0]
            newest = -1
            run = seen
            for j in range(groups[g, 2], groups[g, 3]):
                while seen < high[j] and known[seen] <= as_of[j]:
                    if counts[seen]:
                        if newest < 0 or time[newest] < time[seen] - gaps[w]:
                            run = seen
                        newest = seen
                    seen += 1
                if newest < 0 or time[newest] < as_of[j] - gaps[w]:
                    low[w, j] = max(low[w, j], seen)
                else:
                    low[w, j] = max(low[w, j], run)


def runs_known(
    time: Any,
    counts: Any,
    changes: Any,
    moments: Any,
    asked: Any,
    order: Any,
    as_of: Any,
    gaps: Any,
    high: Any,
    groups: Any,
    low: Any,
) -> None:
    """Raise `low` to the start of the last run of rows that count, where `gaps[w]` is not zero.

    Rows that follow one another in a run, and its last one and `as_of`, lie no further apart than
    the gap; where that is none, `low` is `high`. Runs are kept in a tree over event order, of
    which each node knows its first and last row and where its last run begins.
    """
    per_row = 1 if changes.shape[0] == counts.shape[0] else 2
    for g in range(groups.shape[0]):
        start = groups[g, 0]
        size = groups[g, 1] - start
        leaves = 1
        while leaves < size:
            leaves *= 2
        tree = np.empty((2 * leaves, 3), np.int64)
        for w in range(gaps.shape[0]):
            if gaps[w] == 0:
                continue
            for node in range(2 * leaves):
                tree[node, FIRST] = -1
            p = per_row * start
            stop = p + per_row * size
            for q in range(groups[g, 2], groups[g, 3]):
                j = order[q]
                while p < stop and moments[p] <= asked[j] and moments[p] != NEVER:
                    enters = changes[p] >= 0
                    i = changes[p] if enters else ~changes[p]
                    p += 1
                    if counts[i]:
                        node = leaves + i - start
                        tree[node, FIRST] = i if enters else -1
                        tree[node, LAST] = i
                        tree[node, RUN] = i
                        node >>= 1
                        while node > 0:
                            join_runs(tree, node, 2 * node, 2 * node + 1, time, gaps[w])
                            node >>= 1
                tree[0, FIRST] = -1
                node = 1
                width = leaves
                left = high[j] - start
                while left > 0:
                    if left >= width:
                        join_runs(tree, 0, 0, node, time, gaps[w])
                        left -= width
                        node += 1
                    else:
                        node *= 2
                        width //= 2
                if tree[0, FIRST] < 0 or time[tree[0, LAST]] < as_of[j] - gaps[w]:
                    low[w, j] = high[j]
                else:
                    low[w, j] = max(low[w, j], tree[0, RUN])


def join_runs(tree: Any, into: Any, left: Any, right: Any, time: Any, gap: Any) -> None:
    """The node of two that follow one another; one without rows has no first one."""
    if tree[right, FIRST] < 0 or tree[left, FIRST] < 0:
        one = left if tree[right, FIRST] < 0 else right
        for k in range(3):
            tree[into, k] = tree[one, k]
        return
    run = tree[right, RUN]
    if run == tree[right, FIRST] and time[tree[left, LAST]] >= time[run] - gap:
        run = tree[left, RUN]
    first = tree[left, FIRST]
    tree[into, LAST] = tree[right, LAST]
    tree[into, FIRST] = first
    tree[into, RUN] = run


def add_to(sums: Any, place: Any, by: Any) -> None:
    """Add to one place of a tree of sums; `sums[0]` is of no meaning."""
    i = place + 1
    while i < sums.shape[0]:
        sums[i] += by
        i += i & -i


def sum_before(sums: Any, place: Any) -> Any:
    """The sum of all places before this one."""
    total = 0
    i = place
    while i > 0:
        total += sums[i]
        i -= i & -i
    return total


def place_of(sums: Any, number: Any) -> Any:
    """The first place before which, with itself, there is more than this sum."""
    step = 1
    while 2 * step < sums.shape[0]:
        step *= 2
    place = 0
    left = number
    while step > 0:
        if place + step < sums.shape[0] and sums[place + step] <= left:
            place += step
            left -= sums[place]
        step //= 2
    return place


def differs_at(first: Any, start: Any, is_in: Any, rank: Any, marks: Any) -> Any:
    """Whether rows of the rank of `first` stand before it too, and not all are marked alike.

    `is_in` says of the rows from `start` on whether they count.
    """
    i = rank[first]
    is_cut = False
    is_unlike = False
    while i - start < is_in.shape[0] and rank[i] == rank[first]:
        if is_in[i - start]:
            if i < first:
                is_cut = True
            if marks[i] != marks[first]:
                is_unlike = True
        i += 1
    return is_cut and is_unlike
