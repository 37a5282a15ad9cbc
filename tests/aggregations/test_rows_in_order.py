"""What is read in event order equals the reference, in any split, also where rows tie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.aggregations.base import NULL, OVERFLOW, TIE, VALUE
from headwater.aggregations.change_count import ChangeCount
from headwater.aggregations.difference import Difference
from headwater.aggregations.first import First
from headwater.aggregations.first_k import FirstK
from headwater.aggregations.lag import Lag
from headwater.aggregations.last_k import LastK
from headwater.aggregations.nth import Nth
from headwater.aggregations.percent_change import PercentChange
from headwater.aggregations.streak import Streak
from headwater.errors import DataError
from headwater.testing.plain_folds import codes
from headwater.testing.reference_order import WORDS

ROWS: list[Any] = [First("x"), FirstK("x", 1), FirstK("x", 3), LastK("x", 1), LastK("x", 3)]
ROWS += [Lag("x"), Lag("x", 2), Nth("x", 0), Nth("x", 2), Nth("x", -1), Nth("x", -3)]
COUNTS: list[Any] = [Streak("x"), ChangeCount("x")]
NUMBERS: list[Any] = [
    Difference("x"),
    Difference("x", 3),
    PercentChange("x"),
    PercentChange("x", 2),
]
FEW = st.sampled_from([0.0, -0.0, 1.0, 2.0, math.nan])
ANY = st.one_of(FEW, st.floats(), st.sampled_from([1.7e308, -1.7e308, 5e-324, 1e16, -3.0]))
INT64 = st.one_of(
    st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1]), st.integers(-(2**63), 2**63 - 1)
)


@dataclass(frozen=True, slots=True)
class Told:
    """A row as the reference is told it."""

    value: Any
    rank: int


def folded(member: Any, values: list[Any], ranks: list[int], seed: int = 0) -> tuple[int, Any]:
    """Status and result of the member's functions, rows merged along random splits."""
    is_place = member.returns in ("row", "rows")
    x = codes(values) if is_place or not is_number(values) else np.array(values)
    functions = member.integers if x.dtype != np.float64 and member.integers else type(member)
    more = [np.array(member.parameters, np.float64)] if member.reads_also else []
    first = [ranks.index(rank) for rank in ranks]
    rank, rng = np.array(first, np.int64), Random(seed)
    scale, words = functions.prepare(x, *more, np.ones(len(x), np.bool_), 0, len(x))

    def state(start: int, stop: int) -> Any:
        if stop - start == 1 and rng.random() < 0.8:
            one = np.zeros(words, np.int64)
            functions.lift(one, x, *more, start, scale)
            return one
        if stop == start:
            return np.zeros(words, np.int64)
        cut = rng.randint(start, stop)
        left, right = state(start, cut), state(cut, stop)
        into = (left, right, np.full(words, 7))[rng.randrange(3)]
        functions.merge(into, left, right, x, *more, rank)
        return into

    with np.errstate(all="ignore"):
        whole = state(0, len(x))
        if member.returns != "rows":
            status, found = functions.result(whole, x, *more, scale)
            is_row = member.returns == "row" and status == VALUE
            return status, (values[found] if is_row else found)
        into = np.full(member.most, -1)
        status, size = functions.result(whole, x, *more, scale, into)
    return status, ([values[place] for place in into[:size]] if status == VALUE else size)


def is_number(values: list[Any]) -> bool:
    return all(isinstance(value, int | float) for value in values)


def expected(member: Any, values: list[Any], ranks: list[int]) -> tuple[int, Any]:
    given = {name: getattr(member, name) for name in ("k", "n") if hasattr(member, name)}
    rows = [Told(value, rank) for value, rank in zip(values, ranks, strict=True)]
    try:
        found = WORDS[member.word](rows, given, None)
    except DataError as error:
        return {"HW404": TIE, "HW407": OVERFLOW}[error.code], None
    return (NULL, None) if found is None else (VALUE, found)


def demand_expected(member: Any, values: list[Any], ranks: list[int], seed: int) -> None:
    status, found = folded(member, values, ranks, seed)
    wanted_status, wanted = expected(member, values, ranks)
    if not values:
        assert (status, wanted_status) in ((NULL, NULL), (NULL, VALUE))
        return
    assert status == wanted_status
    if status == TIE:
        assert ranks.count(ranks[int(found)]) > 1
    if status == VALUE:
        assert near(found, wanted), (found, wanted)


def near(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and math.isfinite(wanted) and wanted != 0.0:
        return bool(abs(found - wanted) <= 2 * math.ulp(wanted))
    if isinstance(wanted, list):
        return repr(found) == repr(wanted)
    return repr(type(wanted)(found)) == repr(wanted)


def tied(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values and their ranks, which never fall; many tie."""
    row = st.tuples(values, st.sampled_from([0, 0, 1]))
    return st.lists(row, max_size=9).map(ranked)


def ranked(rows: list[tuple[Any, int]]) -> tuple[list[Any], list[int]]:
    ranks, last = [], 0
    for _, step in rows:
        last += step
        ranks.append(last)
    return [value for value, _ in rows], ranks


@pytest.mark.parametrize("member", [*ROWS, *COUNTS], ids=str)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(rows=tied(FEW), seed=st.integers(0, 99))
def test_rows_and_runs_of_tied_floats(member: Any, rows: Any, seed: int) -> None:
    demand_expected(member, rows[0], rows[1], seed)


@pytest.mark.parametrize("member", [*ROWS[::3], *COUNTS], ids=str)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(rows=tied(st.sampled_from("ab")), seed=st.integers(0, 99))
def test_rows_and_runs_of_tied_text(member: Any, rows: Any, seed: int) -> None:
    demand_expected(member, rows[0], rows[1], seed)


@pytest.mark.parametrize("member", NUMBERS, ids=str)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(rows=st.one_of(tied(ANY), tied(INT64)), seed=st.integers(0, 99))
def test_changes_of_floats_and_of_integers(member: Any, rows: Any, seed: int) -> None:
    demand_expected(member, rows[0], rows[1], seed)


@pytest.mark.parametrize(
    ("member", "rows", "found"),
    [
        (LastK("x", 3), [(5, 0), (7, 1), (6, 1), (6, 1)], (VALUE, [7, 6, 6])),
        (LastK("x", 3), [(5, 0), (7, 1), (7, 0), (6, 1)], (VALUE, [7, 7, 6])),
        (LastK("x", 2), [(5, 0), (7, 1), (8, 0), (6, 1)], (TIE, None)),
        (LastK("x", 1), [(5, 0), (7, 1), (8, 0), (6, 1)], (VALUE, [6])),
        (FirstK("x", 2), [(5, 0), (7, 1), (8, 0), (6, 1)], (TIE, None)),
        (FirstK("x", 1), [(5, 0), (7, 1), (8, 0), (6, 1)], (VALUE, [5])),
        (Lag("x", 1), [(5, 0), (7, 1), (8, 0), (6, 1)], (TIE, None)),
        (Lag("x", 3), [(5, 0), (7, 1), (8, 0), (6, 1)], (VALUE, 5)),
        (Nth("x", 3), [(5, 0), (7, 1), (8, 0), (6, 1)], (VALUE, 6)),
        (Nth("x", 4), [(5, 0), (7, 1), (8, 0), (6, 1)], (NULL, None)),
        (Nth("x", -1), [(5, 0), (7, 1), (8, 0), (6, 1)], (VALUE, 6)),
        (Difference("x", 3), [(5, 0), (7, 1), (8, 0), (6, 1)], (VALUE, 1)),
        (Difference("x", 2), [(5, 0), (7, 1), (8, 0), (6, 1)], (TIE, None)),
        (PercentChange("x", 3), [(5, 0), (7, 1), (8, 0), (6, 1)], (VALUE, 0.2)),
        (PercentChange("x", 1), [(5, 0), (0, 1), (8, 1)], (NULL, None)),
        (Streak("x"), [(5, 0), (7, 1), (8, 0), (6, 1)], (TIE, None)),
        (Streak("x"), [(5, 0), (8, 0), (6, 1), (7, 1)], (VALUE, 1)),
        (Streak("x"), [(1, 0), (2, 0), (1, 1), (1, 0), (3, 1)], (VALUE, 1)),
        (Streak("x"), [(2, 0), (1, 0), (1, 0), (1, 1), (3, 1)], (VALUE, 1)),
        (Streak("x"), [(1, 0), (2, 0), (1, 1), (1, 0)], (TIE, None)),
        (Streak("x"), [(2, 0), (2, 0), (1, 1), (1, 0)], (VALUE, 2)),
        (ChangeCount("x"), [(5, 0), (5, 0), (6, 1), (5, 1), (5, 1)], (VALUE, 2)),
        (ChangeCount("x"), [(5, 0), (6, 0), (6, 1)], (TIE, None)),
    ],
    ids=str,
)
def test_a_tie_counts_where_a_row_that_is_read_has_part_in_it(
    member: Any, rows: list[tuple[int, int]], found: tuple[int, Any]
) -> None:
    values, ranks = ranked(rows)
    assert expected(member, values, ranks) == found
    for seed in range(20):
        demand_expected(member, values, ranks, seed)


@pytest.mark.parametrize(
    ("values", "change"),
    [
        ([-1.7e308, 1.7e308], 2.0),
        ([4936074107459726930, 162291338967600217], -0.9671213730923661),
        ([-(2**63), 2**63 - 1], 2.0),
        ([100, 125], 0.25),
        ([-4.0, -5.0], -0.25),
        ([math.inf, 1.0], math.nan),
        ([-2.0, math.inf], math.inf),
    ],
)
def test_a_change_is_relative_to_the_size_of_the_value_before(
    values: list[Any], change: float
) -> None:
    status, found = folded(PercentChange("x"), values, [0, 1])
    assert status == VALUE
    assert found == pytest.approx(change, rel=1.2e-16, abs=0.0, nan_ok=True)
    demand_expected(PercentChange("x"), values, [0, 1], 0)


@pytest.mark.parametrize(
    ("new", "old", "status", "found"),
    [
        (2**64 - 1, 2**64 - 3, VALUE, 2),
        (0, 2**63, VALUE, -(2**63)),
        (2**63, 0, OVERFLOW, 0),
        (2**32, 1, VALUE, 2**32 - 1),
    ],
)
def test_unsigned_integers_give_signed_differences(
    new: int, old: int, status: int, found: int
) -> None:
    x, state = np.array([old, new], np.uint64), np.array([4, 2])
    functions: Any = Difference.integers
    assert functions.result(state, x, np.ones(1), 0) == (status, found)


@pytest.mark.parametrize(
    ("member", "fault"),
    [
        (Lag("x", 1), None),
        (LastK("x", 1000), None),
        (FirstK("x", 0), "k=0 is not within 1 and 1000"),
        (Difference("x", 1001), "k=1001 is not within 1 and 1000"),
        (PercentChange("x", 2.0), "k=2.0 is not a whole number"),  # type: ignore[arg-type]
        (LastK("x", True), "k=True is not a whole number"),
        (Nth("x", -1001), "n=-1001 is not within -1000 and 999"),
        (Nth("x", -1000), None),
    ],
    ids=str,
)
def test_a_number_of_rows_that_is_none_is_a_fault(member: Any, fault: str | None) -> None:
    assert member.parameter_fault() == fault
