"""The most frequent value of those in sight."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.kernel.frequencies import count_down, count_up, frequency_room, most_frequent


def test_there_is_room_for_a_tree_over_the_values() -> None:
    assert [frequency_room(distinct) for distinct in (0, 1, 2, 3, 5, 8)] == [2, 2, 4, 8, 16, 16]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), max_size=80))
@settings(derandomize=True, deadline=None)
def test_the_root_counts_the_most_frequent_value_and_of_several_the_smallest(
    changes: list[tuple[bool, int]],
) -> None:
    state = np.zeros(frequency_room(9), np.int64)
    counted: Counter[int] = Counter()
    for enters, code in changes:
        if not enters and counted[code] == 0:
            continue
        (count_up if enters else count_down)(state, code, None)
        counted[code] += 1 if enters else -1
        assert state[1] == max(counted.values())
        if state[1] > 0:
            expected = min(code for code, count in counted.items() if count == state[1])
            assert most_frequent(state) == expected
    for code, count in counted.items():
        for _ in range(count):
            count_down(state, code, None)
    assert not state.any()
