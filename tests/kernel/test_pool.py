"""Work is shared in whole entities, once each, and an error comes through."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import EngineError
from headwater.kernel.pool import balanced, default_threads, for_groups


@given(work=st.lists(st.integers(0, 50), max_size=40), chunks=st.integers(1, 20))
def test_ranges_cover_all_items_once_and_none_is_empty(work: list[int], chunks: int) -> None:
    cuts = balanced(np.array(work, np.int64), chunks)
    covered = [i for start, stop in cuts for i in range(start, stop)]
    assert covered == list(range(len(work)))
    assert all(start < stop for start, stop in cuts)
    assert len(cuts) <= chunks


@given(work=st.lists(st.integers(1, 9), min_size=1, max_size=60), chunks=st.integers(1, 8))
def test_no_range_has_more_than_its_share_and_one_item(work: list[int], chunks: int) -> None:
    share = sum(work) / chunks
    for start, stop in balanced(np.array(work), chunks):
        assert sum(work[start:stop]) <= share + max(work)


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
