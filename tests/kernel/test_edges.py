"""Where windows of every kind begin and end, against plain loops over the rows that are visible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from headwater.kernel.edges import (
    add_to,
    bounds_from,
    differs_at,
    newest_in_order,
    newest_known,
    place_of,
    runs_in_order,
    runs_known,
    sum_before,
)
from headwater.kernel.passes import NEVER, bounds

GAPS = np.array([0, 1, 4], np.int64)
ROWS = np.array([0, 1, 3], np.int64)
LENGTHS = np.array([-1, 9, 30], np.int64)


def case(seed: int, *, in_order: bool = False) -> dict[str, Any]:
    """Entities of no row to 9, ties, conditions, rows that end, clocks that are asked earlier."""
    rng = np.random.default_rng(seed)
    sizes, asked = rng.choice([0, 1, 2, 5, 9], 6), rng.choice([0, 1, 4], 6)
    codes = np.repeat(np.arange(6), sizes)
    time = np.concatenate([[], *[np.sort(rng.integers(0, 14, n)) for n in sizes]]).astype(np.int64)
    is_tied = np.zeros(len(codes), np.bool_)
    is_tied[1:] = (codes[1:] == codes[:-1]) & (time[1:] == time[:-1])
    starts = [np.concatenate([[0], np.cumsum(many)]) for many in (sizes, asked)]
    groups = np.stack([edge for all_ in starts for edge in (all_[:-1], all_[1:])], axis=1)
    as_of = np.concatenate([[], *[np.sort(rng.integers(0, 20, n)) for n in asked]])
    known = time + rng.choice([0, 2, -3], len(codes)) if not in_order else time + seed % 4
    known = known if in_order else np.where(rng.random(len(codes)) < 0.1, NEVER, known)
    until = known + rng.integers(1, 9, len(codes)) if seed % 2 and not in_order else None
    given = {
        "time": time,
        "counts": rng.random(len(codes)) < 0.8,
        "rank": np.maximum.accumulate(np.where(is_tied, 0, np.arange(len(codes)))),
        "marks": rng.integers(0, 2, len(codes)),
        "known": known,
        "until": np.full(len(codes), NEVER)
        if until is None
        else np.where(known == NEVER, NEVER, until),
        "as_of": as_of.astype(np.int64),
        "groups": np.ascontiguousarray(groups, np.int64),
    }
    late = rng.integers(0, 4, len(as_of)) if seed % 3 and not in_order else 0
    given["asked"] = given["as_of"] - late
    given["changes"], given["moments"] = changes(given, codes, has_ends=until is not None)
    owners = np.repeat(np.arange(6), asked)
    given["order"] = np.lexsort((given["asked"], owners)) if len(owners) else np.zeros(0, np.int64)
    return given


def changes(given: dict[str, Any], codes: Any, *, has_ends: bool) -> tuple[Any, Any]:
    """Rows as they begin and end to count, by entity and moment."""
    rows = np.arange(len(codes))
    if not has_ends:
        order = np.lexsort((given["known"], codes))
        return rows[order], given["known"][order]
    moments = np.concatenate([given["known"], given["until"]])
    order = np.lexsort((moments, np.concatenate([codes, codes])))
    return np.concatenate([rows, ~rows])[order], moments[order]


def edges(given: dict[str, Any]) -> tuple[Any, Any]:
    low = np.full((len(LENGTHS), len(given["as_of"])), -7, np.int64)
    high = np.full(len(given["as_of"]), -7, np.int64)
    bounds(given["time"], given["as_of"], given["groups"], LENGTHS, low, high)
    return low, high


def questions(given: dict[str, Any]) -> Iterator[tuple[int, list[int]]]:
    """Each spine row with the rows that it can see, of any age."""
    for start, stop, first, last in given["groups"].tolist():
        for j in range(first, last):
            yield (
                j,
                [
                    i
                    for i in range(start, stop)
                    if given["time"][i] < given["as_of"][j]
                    and given["counts"][i]
                    and given["known"][i] <= given["asked"][j] < given["until"][i]
                ],
            )


def held(given: dict[str, Any], low: Any, j: int, visible: list[int]) -> list[list[int]]:
    """The visible rows from each start on."""
    return [[i for i in visible if i >= start] for start in low[:, j].tolist()]


def young(given: dict[str, Any], j: int, visible: list[int], w: int) -> list[int]:
    length, as_of = LENGTHS[w], given["as_of"][j]
    return [i for i in visible if length < 0 or given["time"][i] >= as_of - length]


def last_run(given: dict[str, Any], j: int, visible: list[int], gap: int) -> list[int]:
    run: list[int] = []
    later = given["as_of"][j]
    for i in reversed(visible):
        if later - given["time"][i] > gap:
            break
        run.insert(0, i)
        later = given["time"][i]
    return run


def is_undecided(given: dict[str, Any], visible: list[int], number: int) -> bool:
    """Whether another choice of the newest rows would hold unlike ones."""
    if len(visible) <= number:
        return False
    inside, before = visible[-number], visible[-number - 1]
    if given["rank"][inside] != given["rank"][before]:
        return False
    return (
        len({given["marks"][i] for i in visible if given["rank"][i] == given["rank"][inside]}) > 1
    )


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("in_order", [False, True])
def test_the_newest_rows_are_those_that_can_be_seen(seed: int, in_order: bool) -> None:
    given = case(seed, in_order=in_order)
    low, high = edges(given)
    tied = np.full(low.shape, -7, np.int64)
    rows = (given["counts"], given["rank"], given["marks"])
    after = (ROWS, high, given["groups"], low, tied)
    if in_order:
        newest_in_order(*rows, given["known"], given["as_of"], *after)
    else:
        known = (given["changes"], given["moments"], given["asked"], given["order"])
        newest_known(*rows, *known, *after)
    for j, visible in questions(given):
        for w, found in enumerate(held(given, low, j, visible)):
            wanted = young(given, j, visible, w)
            number = int(ROWS[w])
            assert found == (wanted[-number:] if number else wanted)
            tie = number and is_undecided(given, wanted, number)
            assert tied[w, j] == (wanted[-number] if tie else -1)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("in_order", [False, True])
def test_a_session_is_the_last_run_that_can_be_seen(seed: int, in_order: bool) -> None:
    given = case(seed, in_order=in_order)
    low, high = edges(given)
    rows, after = (given["time"], given["counts"]), (GAPS, high, given["groups"], low)
    if in_order:
        runs_in_order(*rows, given["known"], given["as_of"], *after)
    else:
        known = (given["changes"], given["moments"], given["asked"], given["order"])
        runs_known(*rows, *known, given["as_of"], *after)
    assert (low <= high).all()
    for j, visible in questions(given):
        for w, found in enumerate(held(given, low, j, visible)):
            wanted, gap = young(given, j, visible, w), int(GAPS[w])
            assert found == (last_run(given, j, wanted, gap) if gap else wanted)


def test_a_row_that_is_never_known_starts_no_window_at_the_end_of_time() -> None:
    every, rank, one = np.ones(2, np.bool_), np.arange(2), np.array([1])
    asked = np.array([0, 1]), np.array([0, NEVER]), np.array([NEVER]), np.array([0])
    high, groups = np.array([2]), np.array([[0, 2, 0, 1]])
    low, tied = np.array([[0]]), np.array([[-7]])
    newest_known(every, rank, rank, *asked, one, high, groups, low, tied)
    assert low.tolist() == [[0]]
    runs_known(np.array([0, 5]), every, *asked, np.array([6]), one, high, groups, low)
    assert low.tolist() == [[2]]


@pytest.mark.parametrize("seed", range(20))
def test_windows_start_and_end_at_moments(seed: int) -> None:
    given = case(seed)
    rng = np.random.default_rng(seed)
    ends = given["as_of"] - 2
    starts = np.stack([ends - int(rng.integers(0, 9)), np.full(len(ends), -(2**62))])
    low, high = np.empty_like(starts), np.empty_like(ends)
    bounds_from(given["time"], ends, starts, given["groups"], low, high)
    for start, stop, first, last in given["groups"].tolist():
        for j in range(first, last):
            for w in range(2):
                inside = [
                    i for i in range(start, stop) if starts[w, j] <= given["time"][i] < ends[j]
                ]
                assert list(range(low[w, j], high[j])) == inside


def test_sums_are_counted_and_found_by_place() -> None:
    sums = np.zeros(8, np.int64)
    for place in (0, 3, 6):
        add_to(sums, place, 1)
    assert [sum_before(sums, place) for place in range(8)] == [0, 1, 1, 1, 2, 2, 2, 3]
    assert [place_of(sums, number) for number in range(3)] == [0, 3, 6]
    add_to(sums, 3, -1)
    assert [place_of(sums, number) for number in range(2)] == [0, 6]


def test_rows_of_one_rank_differ_where_they_are_cut_and_not_marked_alike() -> None:
    rank, every = np.array([0, 1, 1, 1]), np.ones(4, np.bool_)
    unlike, alike = np.array([0, 5, 6, 5]), np.array([0, 5, 5, 5])
    assert differs_at(2, 0, every, rank, unlike)
    assert not differs_at(2, 0, every, rank, alike)
    assert not differs_at(1, 0, every, rank, unlike)
    assert not differs_at(3, 0, np.array([True, False, False, True]), rank, unlike)
