"""Rows that enter and leave one state leave in it what folding the window's rows would."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.kernel.compile import compiled
from headwater.kernel.passes import NEVER
from headwater.kernel.sliding_counts import grouped_counts, sliding_counts

SIGNATURE = (
    "void(const int64[::1], const boolean[::1], const int64[::1], const int64[::1], "
    "const int64[::1], const int64[:,::1], const int64[::1], const int64[:,::1], "
    "int64[:,::1], uint8[:,::1])"
)


def prepare(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    return 3, 2


def count_row(state: Any, x: Any, i: int, scale: int, number: int) -> None:
    state[0] += number
    state[1] += number * scale * x[i]


def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
    return (1 if state[0] > 0 else 0), state[1]


class Tripled:
    prepare = staticmethod(prepare)
    count_row = staticmethod(count_row)
    result = staticmethod(result)


MOMENT = st.integers(0, 6) | st.just(NEVER)
ROW = st.tuples(st.integers(0, 99), st.booleans(), MOMENT, st.none() | MOMENT)
QUESTION = st.tuples(MOMENT, st.integers(0, 8), st.integers(0, 8))


def asked(rows: list[Any], questions: list[Any], *, ends: bool) -> tuple[Any, ...]:
    """The arguments of the pass for one entity after one that nobody asks about."""
    x = np.array([7, *(row[0] for row in rows)])
    valid = np.array([True, *(row[1] for row in rows)])
    changes = [[(row[2], i + 1)] for i, row in enumerate(rows)]
    if ends:
        for i, row in enumerate(rows):
            end = NEVER if row[3] is None or NEVER in (row[2], row[3]) else max(row[2], row[3])
            changes[i].append((end, ~(i + 1)))
    own = sorted((one for pair in changes for one in pair), key=lambda one: one[0])
    first = [(NEVER, 0)] * (2 if ends else 1)
    moments, changed = np.array([*first, *own], np.int64).reshape(-1, 2).T.copy()
    high = np.maximum.accumulate([min(max(a, b), len(rows)) + 1 for _, a, b in questions])
    low = np.array([[min(a, b, len(rows)) + 1 for _, a, b in questions], [1] * len(questions)])
    moment = np.array([one[0] for one in questions])
    groups = np.array([[0, 1, 0, 0], [1, 1 + len(rows), 0, len(questions)]])
    return x, valid, changed, moments, moment, low, high, groups


def by_hand(rows: list[Any], given: tuple[Any, ...], *, ends: bool) -> list[list[tuple[int, int]]]:
    _, _, changed, moments, moment, low, high, _ = given
    found = []
    for w in range(2):
        line = []
        for j, now in enumerate(moment.tolist()):
            seen: set[int] = set()
            for change, at in zip(changed.tolist(), moments.tolist(), strict=True):
                if at <= now and at != NEVER:
                    (seen.add if change >= 0 else seen.discard)(change if change >= 0 else ~change)
            own = [i for i in range(low[w, j], high[j]) if i in seen and rows[i - 1][1]]
            line.append((int(bool(own)), 3 * sum(rows[i - 1][0] for i in own)))
        found.append(line)
    return found


def run(function: Any, given: tuple[Any, ...]) -> list[list[tuple[int, int]]]:
    low = given[5]
    out, status = np.zeros(low.shape, np.int64), np.zeros(low.shape, np.uint8)
    function(*given, out, status)
    return [
        list(zip(*pair, strict=True)) for pair in zip(status.tolist(), out.tolist(), strict=True)
    ]


@pytest.mark.parametrize("ends", [False, True])
def test_one_state_equals_the_rows_of_each_window(ends: bool) -> None:
    fast = compiled(sliding_counts, SIGNATURE, Tripled)

    @given(st.lists(ROW, max_size=8), st.lists(QUESTION, min_size=1, max_size=8))
    @settings(derandomize=True, deadline=None, max_examples=80)
    def holds(rows: list[Any], questions: list[Any]) -> None:
        arguments = asked(rows, questions, ends=ends)
        expected = by_hand(rows, arguments, ends=ends)
        assert run(fast, arguments) == expected
        assert run(lambda *rest: sliding_counts(Tripled, *rest), arguments) == expected

    holds()


def test_a_row_counts_from_the_moment_at_which_it_is_known_also_where_moments_fall() -> None:
    rows = [(10, True, 3, None), (20, True, NEVER, None), (30, True, 5, None)]
    given = asked(rows, [(moment, 0, 3) for moment in (2, 3, 5, 4, NEVER)], ends=False)
    counted = [(0, 0), (1, 30), (1, 120), (1, 30), (1, 120)]
    assert run(compiled(sliding_counts, SIGNATURE, Tripled), given) == [counted, counted]


def test_groups_are_counted_each_in_a_state_of_its_own() -> None:
    x, valid = np.array([1, 2, 3, 4, 5]), np.array([True, True, False, True, True])
    out, status = np.zeros(3, np.int64), np.zeros(3, np.uint8)
    codes = np.array([0, 2, 0, -1, 2])
    grouped_counts(Tripled, x, valid, np.arange(5), codes, out, status)
    assert out.tolist() == [3, 0, 21]
    assert status.tolist() == [1, 0, 1]
