"""One state serves all features that see the same rows, whatever is held or shared at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from headwater.aggregations.count import Count
from headwater.aggregations.max import Max
from headwater.aggregations.mean import Mean
from headwater.aggregations.std import Std
from headwater.aggregations.sum import Sum
from headwater.aggregations.variance import Variance
from headwater.engines import state_passes
from headwater.engines.state_passes import Known, adds, clusters, run_states
from headwater.engines.values import FoldInput, Values, fold_input

MEMBERS = (Count(), Mean("x"), Std("x"), Variance("x"), Sum("x"))


def values(column: list[Any]) -> Values:
    frame = pl.DataFrame({"value": column}).with_columns(where=pl.lit(True))
    return Values(frame, np.arange(len(column)))


def made(column: list[Any]) -> list[FoldInput]:
    shared = values(column)
    return [fold_input(member, shared) for member in MEMBERS]


def names(given: list[FoldInput]) -> list[list[str]]:
    return [[type(MEMBERS[one]).__name__ for one in shared] for shared in clusters(given)]


def test_the_largest_state_serves_all_of_one_column() -> None:
    assert names(made([1.5, 2.5])) == [["Std", "Variance", "Mean", "Sum", "Count"]]


def test_what_is_folded_as_another_type_has_a_state_of_its_own() -> None:
    """Integers are summed as integers, and have their mean as floats."""
    assert names(made([1, 2])) == [["Std", "Variance", "Mean", "Count"], ["Sum"]]


def test_rows_that_count_otherwise_are_not_shared() -> None:
    one, other = values([1.5, None]), values([1.5, None])
    given = [fold_input(Sum("x"), one), fold_input(Mean("x"), other)]
    assert clusters(given) == [[0], [1]]


def test_only_states_whose_words_add_are_shared() -> None:
    one = values([1.5, 2.5])
    assert adds(fold_input(Sum("x"), one))
    assert not adds(fold_input(Max("x"), one))
    assert not adds(object())


def workload(seed: int) -> tuple[list[FoldInput], Known]:
    """One entity with most of the rows, some with few, one of which nobody asks."""
    rng = np.random.default_rng(seed)
    sizes, asked = [400, 3, 0, 20, 5], [90, 2, 1, 0, 4]
    time = np.concatenate([np.sort(rng.integers(0, 1_000, size)) for size in sizes])
    as_of = np.concatenate([np.sort(rng.integers(0, 1_100, number)) for number in asked])
    stops, ends = np.cumsum(sizes), np.cumsum(asked)
    groups = np.stack([stops - sizes, stops, ends - asked, ends], axis=1)
    low, high = np.zeros((3, len(as_of)), np.int64), np.zeros(len(as_of), np.int64)
    for start, stop, first, last in groups.tolist():
        own, moments = time[start:stop], as_of[first:last]
        high[first:last] = start + np.searchsorted(own, moments, "left")
        for w, window in enumerate((3, 200, 60 if seed == 2 else 1 << 40)):
            low[w, first:last] = start + np.searchsorted(own, moments - window, "left")
    scales = 10.0 ** rng.integers(-3, 9, len(time))
    column = [None if rng.random() < 0.1 else scale * rng.normal() for scale in scales]
    if seed % 2:
        column[7] = 1e200
    return made(column), Known(time + 5, as_of, low, high, groups)


def in_bits(found: Any) -> list[tuple[bytes, bytes]]:
    return [(out.tobytes(), status.tobytes()) for out, status, _ in found]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_is_held_or_shared_at_a_time_moves_no_bit(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few spine rows at a time, narrow room that has to grow, and an entity cut for threads."""
    given, seen = workload(seed)
    order = [2, 0, 1, 3, 4]
    apart = [run_states([given[one]], seen, 1)[0] for one in order]
    assert in_bits(run_states([given[one] for one in order], seen, 1)) == in_bits(apart)
    for held, width, short in ((9, 16, 0), (30, 5, 0), (1 << 13, 5, 1 << 17)):
        monkeypatch.setattr(state_passes, "_HELD", held)
        monkeypatch.setattr(state_passes, "_WIDTH", width)
        monkeypatch.setattr(state_passes, "_SHORT", short)
        for threads in (1, 2, 3):
            found = run_states([given[one] for one in order], seen, threads)
            assert in_bits(found) == in_bits(apart)


def test_no_spine_row_and_no_entity_have_no_results() -> None:
    given, seen = workload(0)
    none = np.zeros(0, np.int64)
    empty = Known(seen.known, none, np.zeros((3, 0), np.int64), none, np.zeros((0, 4), np.int64))
    assert [out.shape for out, _, _ in run_states(given[:1], empty, 2)] == [(3, 0)]


def test_results_are_those_of_the_rows_in_each_window() -> None:
    given, seen = workload(0)
    (counts, _, _), (sums, status, _) = (run_states([given[one]], seen, 1)[0] for one in (0, 4))
    for w, j in np.ndindex(seen.low.shape):
        rows = [i for i in range(seen.low[w, j], seen.high[j]) if seen.known[i] <= seen.as_of[j]]
        numbers = [given[4].x[i] for i in rows if given[4].valid[i]]
        assert counts[w, j] == len(numbers)
        assert bool(status[w, j]) == bool(numbers)
        assert sums[w, j] == pytest.approx(sum(numbers), rel=1e-9, abs=1e-3)


def test_large_integers_share_a_state_of_their_own() -> None:
    given = made([2**60, 3, None, 2**61])
    assert names(given) == [["Std", "Variance", "Mean", "Sum", "Count"]]
    known, low = np.zeros(4, np.int64), np.array([[1, 0]])
    seen = Known(known, np.array([1, 2]), low, np.array([4, 2]), np.array([[0, 4, 0, 2]]))
    found = run_states([given[one] for one in clusters(given)[0]], seen, 1)
    assert found[3][0].tolist() == [[3 + 2**61, 2**60 + 3]]
    assert found[4][0].tolist() == [[2, 2]]
