"""The generator of versions: each edge does occur, and `told_edges` sees it in the rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from headwater.testing.histories import WINDOWS
from headwater.testing.told_edges import TOLD_EDGES, told_edges
from headwater.testing.told_histories import (
    MAX_EVENTS,
    MAX_VERSIONS,
    ToldHistory,
    told_histories_strategy,
    told_history,
)

T = 1_000 * WINDOWS["1d"]
HOUR = WINDOWS["1h"]


def told(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"event": "é", "region": "north", "store": 1, "event_time": T - 5}
    row |= {"known_time": T - 3, "amount_known": T - 3, "sequence": 0, "deleted": False}
    return row | {"amount": 1.5, "quantity": 2, "note": "a", "flag": True} | changes


def asked(**changes: Any) -> dict[str, Any]:
    return {"region": "north", "store": 1, "as_of": T, "complete_through": T} | changes


def found(*rows: dict[str, Any], spine: Any = None, through: int = 0) -> set[str]:
    return told_edges(ToldHistory(list(rows), [asked()] if spine is None else spine, through))


def test_every_edge_occurs_at_least_25_times_in_500_histories() -> None:
    counts = Counter(edge for seed in range(500) for edge in told_edges(told_history(seed)))
    assert {edge: counts[edge] for edge in TOLD_EDGES if counts[edge] < 25} == {}
    assert set(counts) == TOLD_EDGES
    assert max(counts.values()) < 500


def test_an_ordinary_version_has_no_edge() -> None:
    assert found(told()) == {"one version"}


@pytest.mark.parametrize(
    ("edge", "changes"),
    [
        ("null deleted", {"deleted": None}),
        ("deleted in the end", {"deleted": True}),
        ("never known", {"known_time": None}),
        ("column never known", {"amount_known": None}),
        ("column known before its row", {"amount_known": T - 4}),
        ("asked when a version becomes known", {"known_time": T}),
        ("asked just before a version becomes known", {"known_time": T + 1}),
        ("asked when a column becomes known", {"amount_known": T}),
        ("event at as_of", {"event_time": T}),
        ("event at as_of - 1d", {"event_time": T - 24 * HOUR}),
        ("event at as_of + 7d", {"event_time": T + 7 * 24 * HOUR}),
        ("known when a label is taken", {"event_time": T, "known_time": T + 3 * HOUR}),
        ("known just after a label is taken", {"event_time": T, "known_time": T + 3 * HOUR + 1}),
        ("event before 1970", {"event_time": -1}),
    ],
)
def test_one_version_shows_its_edge(edge: str, changes: dict[str, Any]) -> None:
    assert edge in found(told(**changes))
    assert edge not in found(told(), told(event="other", sequence=1))
    needs_a_question = "as" in edge.split() or "asked" in edge
    if needs_a_question or "label" in edge:
        assert edge not in found(told(**changes), spine=[asked(store=2)])


@pytest.mark.parametrize(
    ("edge", "changes"),
    [
        ("event time changes", {"event_time": T - 6}),
        ("entity changes", {"store": 2}),
        ("entity becomes null", {"region": None}),
        ("amount changes", {"amount": 2.5}),
        ("amount becomes null", {"amount": None}),
        ("deleted", {"deleted": True}),
        ("tie in known time", {"known_time": T - 3}),
        ("asked when a version is replaced", {"known_time": T}),
        ("column falls back", {"amount_known": T + 1}),
    ],
)
def test_a_second_version_shows_its_edge(edge: str, changes: dict[str, Any]) -> None:
    newer = told(known_time=T - 2, sequence=1) | changes
    assert edge in found(told(), newer)
    assert edge not in found(told(), told(known_time=T - 2, sequence=1))
    assert edge not in found(told(), newer | {"event": "other"})


def test_edges_of_the_whole_are_seen() -> None:
    newer = told(known_time=T - 2, sequence=1)
    assert "revived" in found(told(deleted=True), newer)
    assert "versions in another order" in found(newer, told())
    assert "versions in another order" not in found(told(), newer)
    assert "a version twice" in found(told(), told())
    assert "complete when a label is taken" in found(told(), through=T + 3 * HOUR)
    assert "complete just before a label is taken" in found(told(), through=T + 3 * HOUR - 1)
    behind = found(told(), spine=[asked(complete_through=T - 3)])
    assert {"behind", "known when the store was behind"} <= behind
    assert "null complete_through" in found(told(), spine=[asked(complete_through=None)])
    assert "null as_of" in found(told(), spine=[asked(as_of=None)])
    assert "null key in spine" in found(told(), spine=[asked(store=None)])


@settings(derandomize=True, max_examples=60, deadline=None)
@given(told_histories_strategy())
def test_a_history_is_small_and_its_versions_have_an_order(made: ToldHistory) -> None:
    assert 1 <= len(made.rows) <= MAX_EVENTS * MAX_VERSIONS + 1
    places = {(row["known_time"], row["sequence"]): row for row in made.rows}
    assert all(places[(row["known_time"], row["sequence"])] == row for row in made.rows)
    assert all(type(row["event_time"]) is int for row in made.rows)


def test_the_same_seed_makes_the_same_history_and_others_make_others() -> None:
    written = [repr(told_history(seed)) for seed in range(60)]
    assert written == [repr(told_history(seed)) for seed in range(60)]
    assert len(set(written)) == 60


def test_frames_hold_the_rows_exactly() -> None:
    for seed in range(40):
        made = told_history(seed)
        rows, spine = made.frames()
        times = pl.col(pl.Datetime).dt.epoch("us")
        for plain, frame in ((made.rows, rows), (made.spine, spine)):
            ordered = [{name: row[name] for name in frame.columns} for row in plain]
            assert repr(frame.with_columns(times).to_dicts()) == repr(ordered)
            assert set(frame.columns) == set(plain[0])
