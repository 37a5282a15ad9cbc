"""Which version is in effect when, against plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headwater.engines.succession import changes, in_effect, newest_known
from headwater.kernel.passes import NEVER

MOMENTS = (0, 1, 2, 3, -NEVER, NEVER)
Versions = list[list[tuple[int, int]]]
EVENTS = st.lists(
    st.lists(st.tuples(st.sampled_from(MOMENTS), st.sampled_from(MOMENTS)), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


def flat(events: Versions) -> tuple[Any, dict[str, Any]]:
    """The event of each version, and when it is known by two clocks."""
    codes = np.repeat(np.arange(len(events)), [len(told) for told in events])
    known = np.array([moments for told in events for moments in told], np.int64)
    return codes, {"a": known[:, 0].copy(), "b": known[:, 1].copy()}


def newest_at(codes: Any, known: Any, event: int, moment: int) -> int:
    """The newest version of an event that is known at a moment, by looking at each."""
    found = -1
    for i in range(len(codes)):
        if codes[i] == event and known[i] <= moment:
            found = i
    return found


@given(EVENTS)
def test_between_two_changes_the_newest_known_version_is_in_effect(events: Versions) -> None:
    codes, clocks = flat(events)
    found = changes(codes, clocks)
    owner = [int(codes[max(found.version[c][k] for c in clocks)]) for k in range(len(found.moment))]
    for event in range(len(events)):
        for moment in (*MOMENTS[:-1], 4):
            held = [
                k
                for k, at in enumerate(found.moment)
                if owner[k] == event and at <= moment < found.until[k]
            ]
            wanted = {clock: newest_at(codes, clocks[clock], event, moment) for clock in clocks}
            if max(wanted.values()) < 0:
                assert held == []
            else:
                assert [{c: int(found.version[c][k]) for c in clocks} for k in held] == [wanted]


def test_a_version_that_is_known_after_a_newer_one_never_is_in_effect() -> None:
    assert in_effect(np.array([0, 0]), np.array([7, 3])).tolist() == [1]
    assert in_effect(np.array([0, 0]), np.array([3, 3])).tolist() == [1]
    assert in_effect(np.array([0, 1]), np.array([7, 3])).tolist() == [0, 1]


def test_no_version_is_in_effect_where_nothing_is_ever_known() -> None:
    found = changes(np.array([0, 0]), {"a": np.array([NEVER, NEVER])})
    assert (found.moment.tolist(), found.until.tolist()) == ([], [])
    assert found.version["a"].tolist() == []


def test_without_versions_nothing_changes() -> None:
    nothing = np.zeros(0, np.int64)
    assert in_effect(nothing, nothing).tolist() == []
    assert changes(nothing, {"a": nothing}).moment.tolist() == []


def test_the_newest_known_version_is_one_of_its_own_event() -> None:
    codes, last = np.array([0, 0, 1, 1, 2]), np.array([1, 3, 4])
    is_known = np.array([True, False, False, False, True])
    assert newest_known(codes, is_known, last).tolist() == [0, -1, 4]
