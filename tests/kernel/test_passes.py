"""Passes equal plain loops: bounds, the activated tree and the grouped fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater import plugins
from headwater.aggregations.base import NULL, VALUE
from headwater.aggregations.count import Count
from headwater.aggregations.count_distinct import CountDistinct
from headwater.aggregations.last import Last
from headwater.aggregations.sum import Sum
from headwater.kernel.compile import compiled
from headwater.kernel.moments import add_words
from headwater.kernel.passes import (
    ALL_HISTORY,
    NAN_CODE,
    NEVER,
    activated_tree,
    bounds,
    grouped_fold,
    newest_row,
    one_stack,
    prefix_states,
    sliding_multiset,
    two_stacks,
    window_results,
)
from headwater.kernel.positions import prepare_position
from headwater.testing.window_laws import uncompiled

BOUNDS = (
    "void(const int64[::1], const int64[::1], const int64[:,::1], const int64[::1], "
    "int64[:,::1], int64[::1])"
)
TREE = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], "
    "const int64[::1], const int64[::1], const int64[:,::1], const int64[::1], "
    "const int64[:,::1], {out}[:,::1], uint8[:,::1])"
)
PREFIX = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], "
    "const int64[:,::1], const int64[::1], const int64[:,::1], int64[::1], int64[:,::1], "
    "int64[:,::1], int64[:,:,::1])"
)
RESULTS = (
    "void(const {x}[::1], const int64[:,::1], const int64[:,::1], const int64[:,:,::1], "
    "{out}[:,::1], uint8[:,::1])"
)
NEWEST = (
    "void(const boolean[::1], const int64[::1], const int64[::1], const int64[:,::1], "
    "const int64[::1], const int64[:,::1], int64[:,::1], uint8[:,::1])"
)
FOLD = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], {out}[::1], "
    "uint8[::1])"
)

MEMBERS = {
    name: member.load()
    for name, member in plugins.members("aggregations").items()
    if hasattr(member.load(), "merge") and not member.load().reads_also
}
"""Those whose functions are given the values only."""
DAILY = {"Count", "CountDistinct", "Last", "Min", "Std", "Sum"}
"""Compiled every day; the others, which take minutes to compile, run as Python."""


def as_each(names: Iterable[str]) -> list[Any]:
    """Members as they run every day, and those that are then Python compiled, too."""
    return [
        pytest.param((one, is_compiled), id=one + how, marks=marks)
        for one in names
        for is_compiled, how, marks in (
            [(True, "", ())]
            if one in DAILY
            else [(False, "", ()), (True, ", compiled", (pytest.mark.slow,))]
        )
    ]


WINDOWS = np.array([1, 5, 30, ALL_HISTORY, 2**62], np.int64)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    """A member, as machine code or as Python."""
    member, is_compiled = request.param
    with nullcontext() if is_compiled else uncompiled():
        yield member


def inputs(seed: int) -> dict[str, Any]:
    """Entities with histories of no row to 13 rows, ties, nulls, and rows that are never known."""
    rng = np.random.default_rng(seed)
    sizes, asked = rng.choice([0, 0, 1, 2, 3, 7, 8, 13], 9), rng.choice([0, 1, 2, 6], 9)
    codes = np.repeat(np.arange(9), sizes)
    time = np.concatenate([[], *[np.sort(rng.integers(-20, 20, size)) for size in sizes]])
    rows = len(codes)
    known = rng.choice([*range(-30, 40), NEVER, -NEVER], rows)
    edges = np.concatenate([[0], np.cumsum(sizes)]), np.concatenate([[0], np.cumsum(asked)])
    starts = [edge[:-1] for edge in edges]
    stops = [edge[1:] for edge in edges]
    groups = np.stack([starts[0], stops[0], starts[1], stops[1]], axis=1)
    moments = [np.sort(rng.integers(-25, 45, number)) for number in asked]
    return {
        "time": time.astype(np.int64),
        "as_of": np.concatenate([[], *moments]).astype(np.int64),
        "groups": np.ascontiguousarray(groups, np.int64),
        "valid": rng.random(rows) < 0.8,
        "known": known.astype(np.int64),
        "changes": changes(known, codes),
        "codes": codes,
        "rng": rng,
    }


def changes(known: Any, codes: Any) -> tuple[Any, Any]:
    """Rows as they become known, and when."""
    order = np.lexsort((known, codes))
    return order, known[order].astype(np.int64)


def found_bounds(given: dict[str, Any]) -> tuple[Any, Any]:
    low = np.full((len(WINDOWS), len(given["as_of"])), -7, np.int64)
    high = np.full(len(given["as_of"]), -7, np.int64)
    run = compiled(bounds, BOUNDS)
    run(given["time"], given["as_of"], given["groups"], WINDOWS, low, high)
    return low, high


@pytest.mark.parametrize("seed", range(20))
def test_bounds_hold_the_rows_of_each_window(seed: int) -> None:
    given = inputs(seed)
    low, high = found_bounds(given)
    for start, stop, first, last in given["groups"]:
        for j in range(first, last):
            for w, window in enumerate(WINDOWS.tolist()):
                as_of = int(given["as_of"][j])
                inside = [
                    i
                    for i in range(start, stop)
                    if given["time"][i] < as_of
                    and (window == ALL_HISTORY or given["time"][i] >= as_of - window)
                ]
                assert list(range(low[w, j], high[j])) == inside


def test_the_window_starts_with_its_first_moment_and_ends_before_as_of() -> None:
    time = np.array([2, 3, 9, 10, 11])
    groups = np.array([[0, 5, 0, 1]])
    low, high = np.empty((2, 1), np.int64), np.empty(1, np.int64)
    compiled(bounds, BOUNDS)(time, np.array([10]), groups, np.array([7, 8]), low, high)
    assert (low[:, 0].tolist(), high.tolist()) == ([1, 0], [3])


@pytest.mark.parametrize("edge", [-(2**62), 2**62])
def test_the_longest_window_reaches_back_from_the_ends_of_time(edge: int) -> None:
    time = np.array([edge - 1 if edge > 0 else edge])
    low, high = np.empty((1, 1), np.int64), np.empty(1, np.int64)
    as_of, groups = np.array([edge + (edge < 0)]), np.array([[0, 1, 0, 1]])
    compiled(bounds, BOUNDS)(time, as_of, groups, np.array([2**62]), low, high)
    assert (low.tolist(), high.tolist()) == ([[0]], [1])


def folded(functions: Any, x: Any, rows: list[int], rank: Any) -> tuple[int, Any]:
    """The result over these rows, one after the other, in plain Python."""
    with np.errstate(all="ignore"):
        scale, words = functions.prepare(x, np.ones(len(x), np.bool_), 0, len(x))
        state = np.zeros(words, np.int64)
        for i in rows:
            one = np.zeros(words, np.int64)
            functions.lift(one, x, i, scale)
            functions.merge(state, state.copy(), one, x, rank)
        status, value = functions.result(state, x, scale)
    return status, value


def forms(name: str) -> list[tuple[Any, str, str]]:
    """The functions of a member, the type they read and the type they write."""
    member = MEMBERS[name]
    if member.reads == "rows" or member.returns == "row":
        return [(member, "int64", "int64")]
    found = []
    for kind, functions in (("float64", member), ("int64", member.integers or member)):
        out = kind if member.returns in ("value", "difference") else "int64"
        found.append((functions, kind, "float64" if member.returns == "float" else out))
    return found


def some_values(rng: Any, kind: str, rows: int) -> Any:
    if kind == "int64":
        return rng.choice([0, 1, -1, 2**40, -(2**62), 77], rows).astype(np.int64)
    return rng.choice([0.1, -0.0, 1e16, -1e16, 1e300, 5e-324, np.nan, np.inf, -2.5], rows)


@pytest.mark.parametrize("name", as_each(MEMBERS), indirect=True)
def test_activated_tree_equals_a_loop_over_the_visible_rows(name: str) -> None:
    for functions, kind, out_kind in forms(name):
        run = compiled(activated_tree, TREE.format(x=kind, out=out_kind), functions)
        for seed in range(8):
            given = inputs(seed)
            time, as_of = given["time"], given["as_of"]
            x, rank = some_values(given["rng"], kind, len(time)), np.arange(len(time))
            low, high = found_bounds(given)
            out = np.zeros(low.shape, out_kind)
            status = np.full(low.shape, 99, np.uint8)
            run(x, given["valid"], rank, *given["changes"], as_of,
                low, high, given["groups"], out, status)  # fmt: skip
            for w, j in np.ndindex(low.shape):
                rows = [
                    i
                    for i in range(low[w, j], high[j])
                    if given["valid"][i]
                    and given["known"][i] <= as_of[j]
                    and given["known"][i] != NEVER
                ]
                expected = folded(functions, x, rows, rank)
                assert status[w, j] == expected[0]
                if expected[0] == VALUE:
                    wanted = np.array([expected[1]], out_kind)
                    assert np.array_equal(out[w, j : j + 1], wanted, equal_nan=kind != "int64")


def by_prefix(
    given: dict[str, Any], known: Any, x: Any, run: Any, read: Any, edges: tuple[Any, Any]
) -> Any:
    """What `prefix_states` and `window_results` write, the spine rows of each entity in pieces."""
    low, high = edges
    out, status = np.zeros(low.shape, read[1]), np.full(low.shape, 99, np.uint8)
    ring = np.full((len(x) + 3, 1000), -7)
    place = np.zeros(5, np.int64)
    for group in given["groups"]:
        for step, first in enumerate(range(group[2], group[3], 2)):
            piece = np.array([[*group[:2], first, min(first + 2, group[3])], [0, 0, 0, 0]])
            shapes, states = np.zeros((2, 2), np.int64), np.full((2, len(low), ring.shape[1]), -9)
            place[0] = -1 if step == 0 else place[0]
            rows = (x, given["valid"], known, given["as_of"], low, high)
            run(*rows, piece, place, ring, shapes, states)
            read[0](x, piece, shapes, states, out, status)
    return out.tobytes(), status.tobytes()


ADDITIVE = [name for name in MEMBERS if MEMBERS[name].merge is add_words]


@pytest.mark.parametrize("name", as_each(ADDITIVE), indirect=True)
def test_prefix_states_have_the_bits_of_the_tree_where_known_time_never_falls(name: str) -> None:
    for functions, kind, out_kind in forms(name):
        types = {"x": kind, "out": out_kind}
        tree = compiled(activated_tree, TREE.format(**types), functions)
        prefix = compiled(prefix_states, PREFIX.format(**types), functions)
        read = compiled(window_results, RESULTS.format(**types), functions), out_kind
        for seed in range(8):
            given = inputs(seed)
            x = some_values(given["rng"], kind, len(given["time"]))
            low, high = found_bounds(given)
            low = low[: 1 + seed % 5].copy()  # short windows only, too: none asks for all rows
            known = following(given, seed)
            out, status = np.zeros(low.shape, out_kind), np.full(low.shape, 99, np.uint8)
            tree(x, given["valid"], np.arange(len(x)), *changes(known, given["codes"]),
                 given["as_of"], low, high, given["groups"], out, status)  # fmt: skip
            found = by_prefix(given, known, x, prefix, read, (low, high))
            assert found == (out.tobytes(), status.tobytes())


def test_prefix_states_leave_what_they_have_no_room_for() -> None:
    run = compiled(prefix_states, PREFIX.format(x="float64"), Sum)
    x, at = np.array([1.0, 2.0**200]), np.array([0, 1])
    shapes, states = np.zeros((1, 2), np.int64), np.full((1, 1, 8), -9)
    run(x, np.ones(2, np.bool_), at, np.array([2]), np.array([[0]]), np.array([2]),
        np.array([[0, 2, 0, 1]]), np.array([-1, 0, 0, 0, 0]), np.zeros((5, 8), np.int64),
        shapes, states)  # fmt: skip
    assert shapes[0, 1] > 8
    assert (states == -9).all()


STACKS = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], "
    "const int64[::1], const int64[:,::1], const int64[::1], const int64[:,::1], "
    "{out}[:,::1], uint8[:,::1])"
)


def following(given: dict[str, Any], seed: int) -> Any:
    """Known times that never fall in event order; the last rows of some are never known."""
    known = given["time"] + (seed - 4) * 3
    for start, stop, _, _ in given["groups"]:
        known[max(start, stop - seed % 3) : stop] = NEVER
    return known


CHOOSING = [name for name in MEMBERS if MEMBERS[name].prepare is prepare_position]


@pytest.mark.parametrize("name", as_each(CHOOSING), indirect=True)
def test_one_stack_has_the_bits_of_two(name: str) -> None:
    """Values in one order as in the other, equal ones, and NaN, which is chosen always."""
    functions, types = MEMBERS[name], {"x": "int64", "out": "int64"}
    two = compiled(two_stacks, STACKS.format(**types), functions)
    one = compiled(one_stack, STACKS.format(**types), functions)
    for seed in range(20):
        given = inputs(seed)
        x = given["rng"].choice([2, 4, 6, 8, 10, NAN_CODE], len(given["time"]))
        x = np.sort(x)[:: -1 if seed % 3 == 0 else 1].copy() if seed % 3 < 2 else x
        known, (low, high) = following(given, seed), found_bounds(given)
        low, results = low[: 1 + seed % 5].copy(), []
        for run in (two, one):
            out, status = np.zeros(low.shape, np.int64), np.full(low.shape, 99, np.uint8)
            run(x, given["valid"], np.arange(len(x)), known, given["as_of"], low, high,
                given["groups"], out, status)  # fmt: skip
            results.append((out.tobytes(), status.tobytes()))
        assert results[0] == results[1]


@pytest.mark.parametrize("name", as_each(MEMBERS), indirect=True)
def test_two_stacks_have_the_bits_of_the_tree_where_known_time_never_falls(name: str) -> None:
    for functions, kind, out_kind in forms(name):
        types = {"x": kind, "out": out_kind}
        tree = compiled(activated_tree, TREE.format(**types), functions)
        stacks = compiled(two_stacks, STACKS.format(**types), functions)
        for seed in range(10):
            given = inputs(seed)
            x = some_values(given["rng"], kind, len(given["time"]))
            low, high = found_bounds(given)
            known, results = following(given, seed), []
            for run, middle in (
                (tree, changes(known, given["codes"])),
                (stacks, (known,)),
            ):
                out, status = np.zeros(low.shape, out_kind), np.full(low.shape, 99, np.uint8)
                run(x, given["valid"], np.arange(len(x)), *middle, given["as_of"], low, high,
                    given["groups"], out, status)  # fmt: skip
                results.append((out.tobytes(), status.tobytes()))
            assert results[0] == results[1]


def test_the_newest_row_is_that_of_the_tree_where_nothing_ties() -> None:
    tree = compiled(activated_tree, TREE.format(x="int64", out="int64"), Last)
    quick = compiled(newest_row, NEWEST)
    for seed in range(20):
        given = inputs(seed)
        low, high = found_bounds(given)
        known = following(given, seed)
        x, rank = np.zeros(len(known), np.int64), np.arange(len(known))
        expected = np.zeros(low.shape, np.int64), np.full(low.shape, 99, np.uint8)
        found = np.zeros(low.shape, np.int64), np.full(low.shape, 99, np.uint8)
        spine = (given["as_of"], low, high, given["groups"])
        tree(x, given["valid"], rank, *changes(known, given["codes"]), *spine, *expected)
        quick(given["valid"], known, *spine, *found)
        assert np.array_equal(found[1], expected[1])
        has_row = expected[1] == VALUE
        assert np.array_equal(found[0][has_row], expected[0][has_row])


@pytest.mark.parametrize("name", as_each(MEMBERS), indirect=True)
def test_grouped_fold_equals_a_loop_over_the_rows_of_each_code(name: str) -> None:
    for functions, kind, out_kind in forms(name):
        run = compiled(grouped_fold, FOLD.format(x=kind, out=out_kind), functions)
        for seed in range(4):
            rng = np.random.default_rng(seed)
            x, codes, valid = some_values(rng, kind, 40), rng.integers(-1, 5, 40), rng.random(40)
            rank = np.arange(40)
            out, status = np.zeros(6, out_kind), np.full(6, 99, np.uint8)
            run(x, valid < 0.7, rank, codes, out, status)
            for code in range(6):
                rows = np.flatnonzero((codes == code) & (valid < 0.7)).tolist()
                expected = folded(functions, x, rows, rank)
                assert status[code] == expected[0]
                if expected[0] == VALUE:
                    wanted = np.array([expected[1]], out_kind)
                    assert np.array_equal(out[code : code + 1], wanted, equal_nan=kind != "int64")


def test_a_row_that_is_never_known_is_not_seen_at_the_end_of_time() -> None:
    run = compiled(activated_tree, TREE.format(x="int64", out="int64"), Count)
    out, status = np.zeros((1, 1), np.int64), np.zeros((1, 1), np.uint8)
    moments = np.array([-NEVER, NEVER])
    run(np.zeros(2, np.int64), np.ones(2, np.bool_), np.arange(2), np.array([1, 0]), moments,
        np.array([NEVER]), np.array([[0]]), np.array([2]), np.array([[0, 2, 0, 1]]),
        out, status)  # fmt: skip
    assert out.tolist() == [[1]]


def test_no_entity_and_no_row_write_nothing() -> None:
    none, flags = np.zeros(0, np.int64), np.zeros(0, np.bool_)
    tree = compiled(activated_tree, TREE.format(x="int64", out="int64"), Last)
    nowhere = np.zeros((2, 0), np.int64)
    tree(none, flags, none, none, none, none, nowhere, none, np.zeros((0, 4), np.int64),
         nowhere.copy(), nowhere.astype(np.uint8))  # fmt: skip
    out, status = np.zeros(1), np.full(1, 99, np.uint8)
    fold = compiled(grouped_fold, FOLD.format(x="float64", out="float64"), Sum)
    fold(np.zeros(0), flags, none, none, out, status)
    assert status[0] == NULL


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=12),
    low=st.integers(0, 12),
)
def test_last_notes_ties_of_the_greatest_rank_only(rows: list[tuple[int, int]], low: int) -> None:
    """Codes that differ in the last bit alone are both zeros: no tie, and the greater is taken."""
    rows = sorted(rows, key=lambda row: row[0])
    ranks = [row[0] for row in rows]
    rank = np.array([ranks.index(own) for own in ranks], np.int64)
    x = np.array([row[1] for row in rows], np.int64)
    low = min(low, len(rows))
    run = compiled(activated_tree, TREE.format(x="int64", out="int64"), Last)
    out, status = np.zeros((1, 1), np.int64), np.zeros((1, 1), np.uint8)
    known = np.zeros(len(rows), np.int64)
    run(x, np.ones(len(rows), np.bool_), rank, np.arange(len(rows)), known, np.array([1]),
        np.array([[low]]), np.array([len(rows)]), np.array([[0, len(rows), 0, 1]]),
        out, status)  # fmt: skip
    newest = [row[1] for row in rows[low:] if row[0] == ranks[-1]]
    if not newest:
        assert status[0, 0] == NULL
    elif len({code >> 1 for code in newest}) > 1:
        assert status[0, 0] == 2
    else:
        assert (status[0, 0], x[out[0, 0]]) == (VALUE, max(newest))


def changes_with_ends(known: Any, until: Any, codes: Any) -> tuple[Any, Any]:
    """Rows as they begin and end to count, as the engine orders them."""
    moments = np.concatenate([known, until])
    never = np.tile(until <= known, 2)
    moments[never] = NEVER
    order = np.lexsort((moments, np.tile(codes, 2)))
    rows = len(known)
    return np.where(order < rows, order, ~(order - rows)), moments[order]


def ending(given: dict[str, Any]) -> Any:
    """Ends before, at and after a row becomes known, and none."""
    rows = len(given["known"])
    until = given["rng"].choice([*range(-30, 45), NEVER, NEVER], rows)
    return np.where(given["rng"].random(rows) < 0.2, given["known"], until).astype(np.int64)


def counting(given: dict[str, Any], until: Any, asked: int) -> list[int]:
    return [
        i
        for i, (known, end) in enumerate(zip(given["known"].tolist(), until.tolist(), strict=True))
        if given["valid"][i] and known <= asked < end and known != NEVER
    ]


@pytest.mark.parametrize("name", as_each(MEMBERS), indirect=True)
def test_a_row_that_ends_is_in_the_tree_until_then(name: str) -> None:
    for functions, kind, out_kind in forms(name)[:1]:
        run = compiled(activated_tree, TREE.format(x=kind, out=out_kind), functions)
        for seed in range(8):
            given = inputs(seed)
            until, as_of = ending(given), given["as_of"]
            x = some_values(given["rng"], kind, len(until))
            rank = np.arange(len(x))
            low, high = found_bounds(given)
            out, status = np.zeros(low.shape, out_kind), np.full(low.shape, 99, np.uint8)
            ends = changes_with_ends(given["known"], until, given["codes"])
            run(x, given["valid"], rank, *ends, as_of, low, high, given["groups"], out, status)
            for w, j in np.ndindex(low.shape):
                seen = counting(given, until, int(as_of[j]))
                rows = [i for i in seen if low[w, j] <= i < high[j]]
                expected = folded(functions, x, rows, rank)
                assert status[w, j] == expected[0]
                if expected[0] == VALUE:
                    wanted = np.array([expected[1]], out_kind)
                    assert np.array_equal(out[w, j : j + 1], wanted, equal_nan=kind != "int64")


SLIDING = (
    "void(const {x}[::1], const int64[::1], const int64[::1], const int64[::1], const int64[::1], "
    "const int64[:,::1], const int64[::1], const int64[:,::1], {out}[:,::1], uint8[:,::1])"
)


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("is_early", [False, True])
def test_the_sliding_multiset_counts_the_distinct_values_in_sight(
    ends: bool, is_early: bool
) -> None:
    """Whether rows end, and whether clocks are asked earlier than `as_of`, in any order."""
    run = compiled(sliding_multiset, SLIDING.format(x="int64", out="int64"), CountDistinct)
    for seed in range(20):
        given = inputs(seed)
        rows = len(given["known"])
        until = ending(given) if ends else np.full(rows, NEVER)
        moved = (
            changes_with_ends(given["known"], until, given["codes"]) if ends else given["changes"]
        )
        asked = given["as_of"] - (given["rng"].integers(0, 30, len(given["as_of"])) * is_early)
        codes = np.where(given["valid"], given["rng"].integers(0, 4, rows), -1)
        low, high = found_bounds(given)
        out, status = np.full(low.shape, -9), np.full(low.shape, 99, np.uint8)
        x = np.zeros(rows, np.int64)
        run(x, codes, *moved, asked, low, high, given["groups"], out, status)
        assert (status == VALUE).all()
        for w, j in np.ndindex(low.shape):
            seen = counting(given, until, int(asked[j]))
            assert out[w, j] == len({codes[i] for i in seen if low[w, j] <= i < high[j]})


def test_a_value_that_is_never_known_is_not_counted_at_the_end_of_time() -> None:
    run = compiled(sliding_multiset, SLIDING.format(x="int64", out="int64"), CountDistinct)
    out, status = np.zeros((1, 1), np.int64), np.zeros((1, 1), np.uint8)
    moments = np.array([-NEVER, NEVER])
    run(np.zeros(2, np.int64), np.arange(2), np.arange(2), moments, np.array([NEVER]),
        np.array([[0]]), np.array([2]), np.array([[0, 2, 0, 1]]), out, status)  # fmt: skip
    assert out.tolist() == [[1]]
