"""The generator: each edge does occur, and `edges` sees it in the rows themselves."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from headwater.testing.histories import (
    EDGES,
    FALL_BACK,
    MAX_ROWS,
    MAX_SPINE,
    SPRING_FORWARD,
    WINDOWS,
    History,
    edges,
    histories_strategy,
    history,
)

DAY = WINDOWS["1d"]
T = 1_000 * DAY


def happened(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"region": "north", "store": 1, "event_time": T - 5, "sequence": 0}
    row |= {"known_time": T - 3, "amount": 1.5, "quantity": 2, "note": "a", "flag": True}
    return row | changes


def asked(**changes: Any) -> dict[str, Any]:
    return {"region": "north", "store": 1, "as_of": T} | changes


def found(rows: list[dict[str, Any]], spine: list[dict[str, Any]] | None = None) -> set[str]:
    return edges(History(rows, [asked()] if spine is None else spine))


def amounts(*values: float | None) -> list[dict[str, Any]]:
    rows = [happened(amount=value, event_time=T - 90 + i) for i, value in enumerate(values)]
    return [row | {"sequence": i} for i, row in enumerate(rows)]


def test_every_edge_occurs_at_least_five_times_in_500_histories() -> None:
    counts = Counter(edge for seed in range(500) for edge in edges(history(seed)))
    rare = {edge: counts[edge] for edge in EDGES if counts[edge] < 5}
    assert rare == {}
    assert set(counts) == EDGES


def test_no_edge_occurs_in_every_history() -> None:
    always = set(EDGES)
    for seed in range(500):
        always &= edges(history(seed))
    assert always == set()


def test_an_ordinary_history_has_no_edge_but_those_it_cannot_avoid() -> None:
    rows = [happened(), happened(event_time=T - 4, sequence=1)]
    assert found(rows) == set()


@pytest.mark.parametrize(
    ("edge", "changes"),
    [
        ("one-row group", {}),
        ("null amount", {"amount": None}),
        ("null quantity", {"quantity": None}),
        ("null note", {"note": None}),
        ("null flag", {"flag": None}),
        ("null key in history", {"store": None}),
        ("null key in history", {"region": None}),
        ("null clock", {"known_time": None}),
        ("event at as_of", {"event_time": T}),
        ("event after as_of", {"event_time": T + 1}),
        ("event at as_of - 1h", {"event_time": T - WINDOWS["1h"]}),
        ("event at as_of - 1d", {"event_time": T - DAY}),
        ("event at as_of - 7d", {"event_time": T - 7 * DAY}),
        ("known after as_of", {"known_time": T + 1}),
        ("known at as_of", {"known_time": T}),
        ("known at event time", {"known_time": T - 5}),
        ("known before event time", {"known_time": T - 6}),
        ("event before 1970", {"event_time": -1}),
        ("subnormal", {"amount": -5e-324}),
        ("negative zero", {"amount": -0.0}),
        ("NaN", {"amount": math.nan}),
        ("infinity", {"amount": -math.inf}),
        ("integer beyond 2^53", {"quantity": -(2**53) - 1}),
        ("unicode key", {"region": "東京"}),
        ("empty string key", {"region": ""}),
    ],
)
def test_a_single_row_shows_its_edge(edge: str, changes: dict[str, Any]) -> None:
    row = happened(**changes)
    assert edge in found([row], [asked(region=row["region"], store=row["store"])])
    assert edge not in found([happened(), happened(event_time=T - 4, sequence=1)])


def test_a_boundary_next_to_a_row_is_not_the_edge() -> None:
    near = [happened(event_time=T - DAY + step, known_time=T + step) for step in (-1, 1)]
    assert found(near) & {"event at as_of - 1d", "known at as_of", "event at as_of"} == set()


def test_a_boundary_of_another_key_is_not_the_edge() -> None:
    assert "event at as_of" not in found([happened(event_time=T, store=2)])


@pytest.mark.parametrize(
    ("edge", "values"),
    [
        ("offset of 1e8", [1e8, 1e8 + 0.5]),
        ("outlier of 1e15", [1.0, -1e15]),
        ("exponent range", [1e300, 1e-300]),
        ("infinities of both signs", [math.inf, -math.inf]),
        ("inexact sum", [1e16, 1.0, -1e16]),
        ("overflowing sum", [1.7e308, 1.7e308]),
    ],
)
def test_amounts_of_one_group_show_their_edge(edge: str, values: list[float]) -> None:
    assert edge in found(amounts(*values))
    apart = [row | {"store": i} for i, row in enumerate(amounts(*values))]
    assert edge not in found(apart)


@pytest.mark.parametrize(
    ("edge", "change"), [("spring forward", SPRING_FORWARD), ("fall back", FALL_BACK)]
)
def test_a_change_of_clocks_counts_between_a_row_and_its_question(edge: str, change: int) -> None:
    row = happened(event_time=change - 1)
    assert edge in found([row], [asked(as_of=change)])
    assert edge not in found([row | {"event_time": change}], [asked(as_of=change + 1)])
    assert edge not in found([row], [asked(as_of=change + 7 * DAY)])


def test_edges_of_the_whole_are_seen() -> None:
    two = [happened(), happened(event_time=T - 9, sequence=1)]
    assert found([]) == {"empty history"}
    assert "empty spine" in found(two, [])
    assert found([], []) == set()
    assert found(two, [asked(store=7)]) == {"empty group", "shuffled rows"}
    assert "null key in spine" in found(two, [asked(store=None)])
    assert "null as_of" in found(two, [asked(as_of=None)])
    assert "repeated spine row" in found(two, [asked(), asked()])
    assert "shuffled spine" in found(two, [asked(), asked(as_of=T - 1)])
    assert "tie in event time" in found([happened(), happened(sequence=1)])
    assert "tie in event time" not in found([happened(), happened(store=2)])
    assert "keys that share a part" in found([happened(), happened(store=2)])
    assert "keys that share a part" not in found([happened(), happened(store=2, region="b")])


@settings(derandomize=True, max_examples=60, deadline=None)
@given(histories_strategy())
def test_a_history_is_small_and_made_of_plain_values(made: History) -> None:
    assert len(made.rows) <= MAX_ROWS
    assert len(made.spine) <= MAX_SPINE
    sequences = [row["sequence"] for row in made.rows]
    assert len(set(sequences)) == len(sequences)
    assert all(type(row["event_time"]) is int for row in made.rows)
    assert abs(sum(row["quantity"] or 0 for row in made.rows)) < 2**63
    assert sum(abs(row["quantity"] or 0) for row in made.rows) < 2**63


def test_the_same_seed_makes_the_same_history() -> None:
    for seed in range(30):
        assert repr(history(seed)) == repr(history(seed))


def test_other_seeds_make_other_histories() -> None:
    written = [repr(made.rows) for made in map(history, range(100)) if made.rows]
    assert len(written) > 80
    assert len(set(written)) == len(written)


def test_rows_and_questions_do_not_share_dictionaries() -> None:
    for seed in range(50):
        made = history(seed)
        ids = [id(row) for row in made.rows + made.spine]
        assert len(set(ids)) == len(ids)


ROW_TYPES = {
    "region": pl.String(),
    "store": pl.Int64(),
    "event_time": pl.Datetime("us", "UTC"),
    "known_time": pl.Datetime("us", "UTC"),
    "sequence": pl.Int64(),
    "amount": pl.Float64(),
    "quantity": pl.Int64(),
    "note": pl.String(),
    "flag": pl.Boolean(),
}
SPINE_TYPES = {
    "region": pl.String(),
    "store": pl.Int64(),
    "as_of": pl.Datetime("us", "UTC"),
}


@pytest.mark.parametrize("made", [History([], []), history(1), history(4)])
def test_frames_have_the_same_types_also_when_empty(made: History) -> None:
    rows, spine = made.frames()
    assert dict(rows.schema) == ROW_TYPES
    assert dict(spine.schema) == SPINE_TYPES
    assert (rows.height, spine.height) == (len(made.rows), len(made.spine))


def test_frames_hold_the_rows_exactly() -> None:
    for seed in range(100):
        made = history(seed)
        rows, spine = made.frames()
        times = pl.col(pl.Datetime).dt.epoch("us")
        assert repr(rows.with_columns(times).to_dicts()) == repr(ordered(made.rows, rows))
        assert repr(spine.with_columns(times).to_dicts()) == repr(ordered(made.spine, spine))


def ordered(rows: list[dict[str, Any]], frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [{name: row[name] for name in frame.columns} for row in rows]
