"""Work is shared in whole entities, once each, and an error comes through."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import EngineError
from headwater.kernel.pool import (
    balanced,
    default_threads,
    divided,
    falling_shares,
    for_groups,
    for_ranges,
    in_order,
)


@given(work=st.lists(st.integers(0, 50), max_size=40), chunks=st.integers(1, 20))
def test_ranges_cover_all_items_once_and_none_is_empty(work: list[int], chunks: int) -> None:
    cuts = balanced(np.array(work, np.int64), [1 / chunks] * chunks)
    covered = [i for start, stop in cuts for i in range(start, stop)]
    assert covered == list(range(len(work)))
    assert all(start < stop for start, stop in cuts)
    assert len(cuts) <= chunks


@given(work=st.lists(st.integers(1, 9), min_size=1, max_size=60), chunks=st.integers(1, 8))
def test_no_range_has_more_than_its_share_and_one_item(work: list[int], chunks: int) -> None:
    share = sum(work) / chunks
    for start, stop in balanced(np.array(work), [1 / chunks] * chunks):
        assert sum(work[start:stop]) <= share + max(work)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_shares_fall_to_a_small_one_and_make_up_the_whole(threads: int) -> None:
    shares = falling_shares(threads)
    assert shares[:-1] == sorted(shares[:-1], reverse=True)
    assert sum(shares) == pytest.approx(1.0)
    assert shares[-1] < 0.1 / threads


def groups_of(sizes: list[int]) -> Any:
    edges = np.concatenate([[0], np.cumsum(sizes)])
    return np.stack([edges[:-1], edges[1:], edges[:-1], edges[1:]], axis=1)


@pytest.mark.parametrize("threads", [1, 2, 3, 40])
@pytest.mark.parametrize("sizes", [[], [5], [1, 100, 1, 1], [3] * 50])
def test_every_group_is_run_once(threads: int, sizes: list[int]) -> None:
    seen: list[tuple[int, ...]] = []
    groups = groups_of(sizes)
    for_groups(lambda part: seen.extend(map(tuple, part.tolist())), groups, threads)
    assert sorted(seen) == sorted(map(tuple, groups.tolist()))


def test_one_thread_is_the_callers_own() -> None:
    names = set()
    for_groups(lambda part: names.add(threading.get_ident()), groups_of([2, 2]), 1)
    assert names == {threading.get_ident()}


def test_an_error_in_a_thread_reaches_the_caller() -> None:
    def fail(part: Any) -> None:
        if part[0, 0] > 3:
            raise ZeroDivisionError("from inside")

    with pytest.raises(ZeroDivisionError, match="from inside"):
        for_groups(fail, groups_of([2] * 9), 2)


def test_after_an_error_nothing_new_begins_and_all_that_did_has_ended() -> None:
    running, parts = set(), []

    def fail(part: Any) -> None:
        parts.append(part)
        running.add(threading.get_ident())
        try:
            raise ZeroDivisionError
        finally:
            running.discard(threading.get_ident())

    with pytest.raises(ZeroDivisionError):
        for_groups(fail, groups_of([2] * 400), 2)
    assert not running
    assert len(parts) <= 2


def test_threads_that_wait_for_one_another_do_not_wait_for_ever() -> None:
    seen: list[int] = []

    def outer(part: Any) -> None:
        for_groups(lambda inner: seen.append(len(inner)), groups_of([3] * 40), 2)

    for_groups(outer, groups_of([2] * 40), 2)
    assert sum(seen) % 40 == 0


FORKED = """
import os
import numpy as np
from headwater.kernel.pool import for_groups
groups, seen = np.arange(160).reshape(40, 4), []
for_groups(lambda part: None, groups, 2)
child = os.fork()
if child == 0:
    for_groups(lambda part: seen.append(len(part)), groups, 2)
    os._exit(0 if sum(seen) == 40 else 1)
assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_process_has_threads_of_its_own() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], check=True, timeout=60)


def test_a_group_with_most_of_the_work_is_cut_where_its_windows_are_short() -> None:
    low, high = np.arange(1_000)[None, :], np.arange(1_000) + 10
    groups = np.array([[0, 1_010, 0, 1_000], [1_010, 1_012, 1_000, 1_001]])
    low, high = np.append(low, [[1_010]], axis=1), np.append(high, 1_012)
    parts = divided(groups, low, high, 2)
    assert len(parts) > 4
    assert parts[-1].tolist() == groups[1].tolist()
    assert parts[:-1, 2].tolist() == [0, *parts[:-2, 3].tolist()], "the spine rows, once each"
    assert parts[-2, 3] == 1_000
    for start, stop, first, last in parts[:-1].tolist():
        assert (start, stop) == (low[0, first], high[last - 1])
    assert divided(groups, low, high, 1) is groups


def test_a_group_whose_windows_hold_most_of_it_stays() -> None:
    low, high = np.zeros((1, 100), np.int64), np.arange(100) * 100
    groups = np.array([[0, 10_000, 0, 100]])
    assert divided(groups, low, high, 2).tolist() == groups.tolist()


def test_groups_of_equal_work_are_not_cut() -> None:
    groups = groups_of([3] * 100)
    low, high = np.zeros((1, 300), np.int64), np.zeros(300, np.int64)
    assert divided(groups, low, high, 2) is groups


@pytest.mark.parametrize(("named", "threads"), [("3", 3), ("1", 1)])
def test_the_environment_names_the_number_of_threads(
    named: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_THREADS", named)
    assert default_threads() == threads


@pytest.mark.parametrize("named", ["0", "-1", "two", "1.5"])
def test_a_number_of_threads_that_is_none_is_refused(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_THREADS", named)
    with pytest.raises(EngineError, match=f"HEADWATER_THREADS is '{named}'") as raised:
        default_threads()
    assert raised.value.code == "HW507"


def test_without_it_the_processors_at_hand_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADWATER_THREADS", raising=False)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 3, 5}, raising=False)
    assert default_threads() == 3
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert default_threads() == 1


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("size", [0, 1, 6, 7, 50])
def test_ranges_of_items_are_run_once(threads: int, size: int) -> None:
    seen: list[int] = []
    for_ranges(lambda start, stop: seen.extend(range(start, stop)), size, threads, step=7)
    assert sorted(seen) == list(range(size))


@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_made_of_items_keeps_their_order_and_an_error_is_raised(threads: int) -> None:
    assert in_order(lambda one: one * 2, list(range(50)), threads) == list(range(0, 100, 2))
    assert in_order(str, [], threads) == []
    with pytest.raises(ZeroDivisionError):
        in_order(lambda one: 1 // one, [1, 0, 1], threads)
