"""The passes: loops over entities, written once, completed by an aggregation's four functions.

All arrays are in event order: rows of an entity lie together, sorted by (event_time, sequence).
`groups[g] = (history start, history stop, spine start, spine stop)`; the spine rows of an entity
lie together, sorted by `as_of`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

NULL = 0
VALUE = 1
TIE = 2
OVERFLOW = 3
NAN_CODE = 1 << 62
"""The code of NaN where values are folded as codes that keep their order."""

ALL_HISTORY = -1
NEVER = 9223372036854775807
REACH = 4
"""How far apart two leaves of the tree may lie to be merged together."""


def bounds(time: Any, as_of: Any, groups: Any, windows: Any, low: Any, high: Any) -> None:
    """R3's event-time part: rows `[low[w, j], high[j])` have `as_of - w <= event_time < as_of`."""
    for g in range(groups.shape[0]):
        start = groups[g, 0]
        stop = groups[g, 1]
        first = groups[g, 2]
        last = groups[g, 3]
        h = start
        for j in range(first, last):
            while h < stop and time[h] < as_of[j]:
                h += 1
            high[j] = h
        for w in range(windows.shape[0]):
            i = start
            for j in range(first, last):
                if windows[w] != ALL_HISTORY:
                    while i < high[j] and time[i] < as_of[j] - windows[w]:
                        i += 1
                low[w, j] = i


def activated_tree(
    fold: Any,
    x: Any,
    valid: Any,
    rank: Any,
    changes: Any,
    moments: Any,
    asked: Any,
    low: Any,
    high: Any,
    groups: Any,
    out: Any,
    status: Any,
) -> None:
    """Fold `[low, high)` over the rows that count at `asked` (R3's clock), for clocks of any kind.

    A segment tree over event order in which a row's leaf is filled when it becomes known and
    emptied where it ends: `changes` are visited while `asked` advances. `changes[p]` is a row that
    counts from `moments[p]`, or `~row` of one that no longer does. An entity's changes lie where
    its rows do, in the order of their moments; where any row ends, there is room for two per row.
    """
    per_row = 1 if changes.shape[0] == x.shape[0] else 2
    for g in range(groups.shape[0]):
        start = groups[g, 0]
        size = groups[g, 1] - start
        scale, words = fold.prepare(x, valid, start, start + size)
        tree = np.empty((2 * size + 2, words), np.int64)
        for i in range(2 * size):
            for k in range(words):
                tree[i, k] = 0
        left = tree[2 * size]
        right = tree[2 * size + 1]
        p = per_row * start
        stop = p + per_row * size
        for j in range(groups[g, 2], groups[g, 3]):
            top = 1
            while top > 0:
                # rows that become known together mostly lie together: what is above them is
                # merged once for all of a run
                bottom = 2 * size
                top = 0
                while p < stop and moments[p] <= asked[j]:
                    i = changes[p]
                    node = size - start + (i if i >= 0 else ~i)
                    if moments[p] == NEVER or (
                        top > 0 and (node + REACH < bottom or node > top + REACH)
                    ):
                        break
                    p += 1
                    if i < 0:
                        for k in range(words):
                            tree[node, k] = 0
                    elif valid[i]:
                        fold.lift(tree[node], x, i, scale)
                    else:
                        continue
                    bottom = min(bottom, node)
                    top = max(top, node)
                a = bottom >> 1
                b = top >> 1
                while b > 0:
                    for node in range(max(a, 1), b + 1):
                        fold.merge(tree[node], tree[2 * node], tree[2 * node + 1], x, rank)
                    a >>= 1
                    b >>= 1
            for w in range(low.shape[0]):
                for k in range(words):
                    left[k] = 0
                    right[k] = 0
                a = low[w, j] - start + size
                b = high[j] - start + size
                while a < b:
                    if a & 1:
                        fold.merge(left, left, tree[a], x, rank)
                        a += 1
                    if b & 1:
                        b -= 1
                        fold.merge(right, tree[b], right, x, rank)
                    a >>= 1
                    b >>= 1
                fold.merge(left, left, right, x, rank)
                status[w, j], out[w, j] = fold.result(left, x, scale)


def prefix_states(
    fold: Any,
    x: Any,
    valid: Any,
    known: Any,
    as_of: Any,
    low: Any,
    high: Any,
    groups: Any,
    place: Any,
    ring: Any,
    shapes: Any,
    states: Any,
) -> None:
    """The states of what `activated_tree` folds, where `known` never falls and words add.

    The rows that are known are then the first ones, and the state of `[low, high)` is the
    difference of two states of first rows: exact, as states are whole numbers. Of these, only as
    many are kept as the longest window holds, in a ring, whose last two are scratch. `states`
    begins with the first group's spine rows; `shapes[g]` is the scale and the words of a group's
    states, and where there is less room for words, nothing else is written.

    The spine rows of an entity may be asked for in several calls, one after the other: `place`
    says where the first group goes on (base, rows seen, last of the ring, scale and words; a base
    of -1 begins), and is left where the last one ended.
    """
    width = ring.shape[1]
    room = ring.shape[0] - 2
    origin = groups[0, 2]
    for g in range(groups.shape[0]):
        if groups[g, 2] == groups[g, 3]:
            continue
        if g > 0 or place[0] < 0:
            place[0] = NEVER
            place[1] = groups[g, 0]
            start = groups[g, 1]
            for w in range(low.shape[0]):
                start = min(start, low[w, groups[g, 2]])
            place[3], place[4] = fold.prepare(x, valid, start, groups[g, 1])
        base = place[0]
        seen = place[1]
        last = place[2]
        scale = place[3]
        words = min(place[4], width)
        shapes[g, 0] = scale
        shapes[g, 1] = place[4]
        if words < place[4]:
            continue
        one = ring[room][:words]
        total = ring[room + 1][:words]
        for j in range(groups[g, 2], groups[g, 3]):
            until = high[j]
            start = low[0, j]
            for w in range(1, low.shape[0]):
                start = min(start, low[w, j])
            if base > start or start > seen:
                # nothing before is asked for any more
                base = start
                seen = start
                last = 0
                for k in range(words):
                    one[k] = 0
                    total[k] = 0
                    ring[0, k] = 0
            while seen < until and known[seen] <= as_of[j]:
                if valid[seen]:
                    fold.lift(one, x, seen, scale)
                seen += 1
                last = last + 1 if last + 1 < room else 0
                kept = ring[last]
                for k in range(words):
                    total[k] += one[k]
                    one[k] = 0
                    kept[k] = total[k]
            for w in range(low.shape[0]):
                state = states[j - origin, w]
                start = low[w, j]
                if start >= seen:
                    for k in range(words):
                        state[k] = 0
                elif start == base:
                    for k in range(words):
                        state[k] = total[k]
                else:
                    first = last - (seen - start)
                    kept = ring[first if first >= 0 else first + room]
                    for k in range(words):
                        state[k] = total[k] - kept[k]
        place[0] = base
        place[1] = seen
        place[2] = last


def window_results(
    fold: Any, x: Any, groups: Any, shapes: Any, states: Any, out: Any, status: Any
) -> None:
    """The results of states that `prefix_states` wrote, or of the first words of these."""
    one = np.empty(states.shape[2], np.int64)
    origin = groups[0, 2]
    for g in range(groups.shape[0]):
        scale = shapes[g, 0]
        state = one[: shapes[g, 1]]
        for j in range(groups[g, 2], groups[g, 3]):
            for w in range(out.shape[0]):
                made = states[j - origin, w]
                for k in range(state.shape[0]):
                    state[k] = made[k]
                status[w, j], out[w, j] = fold.result(state, x, scale)


def one_stack(
    fold: Any,
    x: Any,
    valid: Any,
    rank: Any,
    known: Any,
    as_of: Any,
    low: Any,
    high: Any,
    groups: Any,
    out: Any,
    status: Any,
) -> None:
    """What `activated_tree` writes, where `known` never falls and merging chooses one of two rows.

    A state is one word, a row's position plus one. A row that was not chosen of itself and a later
    one is never chosen again; those that are left wait in a stack, and the oldest of a window's is
    its state. All windows share it.
    """
    room = 0
    for g in range(groups.shape[0]):
        room = max(room, groups[g, 1] - groups[g, 0])
    stack = np.empty((room + 2, 1), np.int64)
    one = stack[room]
    both = stack[room + 1]
    heads = np.empty(low.shape[0], np.int64)
    for g in range(groups.shape[0]):
        if groups[g, 2] == groups[g, 3]:
            continue
        scale, _ = fold.prepare(x, valid, groups[g, 0], groups[g, 1])
        seen = groups[g, 0]
        size = 0
        for w in range(low.shape[0]):
            heads[w] = 0
        for j in range(groups[g, 2], groups[g, 3]):
            start = low[0, j]
            for w in range(1, low.shape[0]):
                start = min(start, low[w, j])
            if start > seen:
                seen = start
                size = 0
            least = size
            while seen < high[j] and known[seen] <= as_of[j]:
                if valid[seen]:
                    one[0] = 0
                    fold.lift(one, x, seen, scale)
                    while size > 0:
                        fold.merge(both, stack[size - 1], one, x, rank)
                        if both[0] != one[0]:
                            break
                        size -= 1
                    least = min(least, size)
                    stack[size, 0] = one[0]
                    size += 1
                seen += 1
            for w in range(low.shape[0]):
                head = min(heads[w], least)
                while head < size and stack[head, 0] <= low[w, j]:
                    head += 1
                heads[w] = head
                both[0] = stack[head, 0] if head < size else 0
                status[w, j], out[w, j] = fold.result(both, x, scale)


def two_stacks(
    fold: Any,
    x: Any,
    valid: Any,
    rank: Any,
    known: Any,
    as_of: Any,
    low: Any,
    high: Any,
    groups: Any,
    out: Any,
    status: Any,
) -> None:
    """What `activated_tree` writes, where `known` never falls in event order.

    Rows of a window wait in the back, merged into one state. When all that stood before them have
    left, the state of each of them and all after it is made, from the end; the window's state is
    then that of its first row and the back's. Each row is merged twice for each window.
    """
    for g in range(groups.shape[0]):
        room = 0
        for w in range(low.shape[0]):
            for j in range(groups[g, 2], groups[g, 3]):
                room = max(room, high[j] - low[w, j])
        scale, words = fold.prepare(x, valid, groups[g, 0], groups[g, 1])
        front = np.empty((room + 4, words), np.int64)
        back = front[room + 1]
        one = front[room + 2]
        both = front[room + 3]
        for w in range(low.shape[0]):
            first = groups[g, 0]
            middle = first
            seen = first
            for k in range(words):
                back[k] = 0
            for j in range(groups[g, 2], groups[g, 3]):
                start = low[w, j]
                if start >= seen:
                    seen = start
                    middle = start
                    for k in range(words):
                        back[k] = 0
                while seen < high[j] and known[seen] <= as_of[j]:
                    if valid[seen]:
                        for k in range(words):
                            one[k] = 0
                        fold.lift(one, x, seen, scale)
                        fold.merge(back, back, one, x, rank)
                    seen += 1
                if start > middle:
                    after = seen - start
                    for k in range(words):
                        back[k] = 0
                        front[after, k] = 0
                    for i in range(after - 1, -1, -1):
                        for k in range(words):
                            one[k] = 0
                        if valid[start + i]:
                            fold.lift(one, x, start + i, scale)
                        fold.merge(front[i], one, front[i + 1], x, rank)
                    first = start
                    middle = seen
                if start < middle:
                    fold.merge(both, front[start - first], back, x, rank)
                else:
                    for k in range(words):
                        both[k] = back[k]
                status[w, j], out[w, j] = fold.result(both, x, scale)


def newest_row(
    valid: Any, known: Any, as_of: Any, low: Any, high: Any, groups: Any, out: Any, status: Any
) -> None:
    """The newest row of each window, where `known` never falls in event order and no rows tie."""
    for g in range(groups.shape[0]):
        seen = groups[g, 0]
        newest = -1
        for j in range(groups[g, 2], groups[g, 3]):
            while seen < high[j] and known[seen] <= as_of[j]:
                if valid[seen]:
                    newest = seen
                seen += 1
            for w in range(low.shape[0]):
                out[w, j] = newest
                status[w, j] = VALUE if newest >= low[w, j] else NULL


def sliding_multiset(
    fold: Any,
    x: Any,
    codes: Any,
    changes: Any,
    moments: Any,
    asked: Any,
    low: Any,
    high: Any,
    groups: Any,
    out: Any,
    status: Any,
) -> None:
    """The same rows as `activated_tree`, for folds that add and remove single values.

    `codes` number the distinct values of an entity from 0, in their order; a row that does not
    count has -1. `x[start + code]` is what `result` is told about a value. Each row enters once and
    leaves once where `asked` advances; where it falls, changes are undone.
    """
    per_row = 1 if changes.shape[0] == codes.shape[0] else 2
    for g in range(groups.shape[0]):
        if groups[g, 2] == groups[g, 3]:
            continue
        start = groups[g, 0]
        stop = groups[g, 1]
        distinct = 0
        for i in range(start, stop):
            distinct = max(distinct, codes[i] + 1)
        values = x[start : start + distinct]
        state = np.empty(fold.room(distinct), np.int64)
        counts = np.empty(stop - start, np.bool_)
        for w in range(low.shape[0]):
            for k in range(state.shape[0]):
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
                    if codes[i] >= 0:
                        counts[i - start] = enters
                        if a <= i and i < b:
                            if enters:
                                fold.add(state, codes[i], values)
                            else:
                                fold.remove(state, codes[i], values)
                while b < high[j]:
                    if counts[b - start]:
                        fold.add(state, codes[b], values)
                    b += 1
                while a < low[w, j]:
                    if counts[a - start]:
                        fold.remove(state, codes[a], values)
                    a += 1
                while a > low[w, j]:  # where rows end, or join two sessions
                    a -= 1
                    if counts[a - start]:
                        fold.add(state, codes[a], values)
                status[w, j], out[w, j] = fold.result(state, values)


def grouped_fold(
    fold: Any, x: Any, valid: Any, rank: Any, codes: Any, out: Any, status: Any
) -> None:
    """Fold all valid rows of each code; codes below zero are in no group."""
    scale, words = fold.prepare(x, valid, 0, x.shape[0])
    states = np.empty((out.shape[0] + 1, words), np.int64)
    for i in range(states.shape[0]):
        for k in range(words):
            states[i, k] = 0
    one = states[out.shape[0]]
    for i in range(x.shape[0]):
        if valid[i] and codes[i] >= 0:
            for k in range(words):
                one[k] = 0
            fold.lift(one, x, i, scale)
            fold.merge(states[codes[i]], states[codes[i]], one, x, rank)
    for g in range(out.shape[0]):
        status[g], out[g] = fold.result(states[g], x, scale)
