"""Spines that the reference makes of a source, by cases computed by hand."""

from __future__ import annotations

import math
from typing import Any

from headwater.testing.reference_spines import asked_events, every
from headwater.testing.reference_versions import Versions

Plain = dict[str, Any]
ROW = (("k", 0),)
TOLD = Versions(("event",), order=ROW, clocks={"id": (), "v": ROW, "gone": ROW}, deleted="gone")


def told(**changes: Any) -> Plain:
    return {"event": 7, "id": "a", "e": 50, "k": 10, "v": 1, "gone": False} | changes


def asked(rows: list[Plain], **changes: Any) -> list[tuple[Any, ...]]:
    given: Plain = {"versions": TOLD, "as_of": lambda row: row["e"] - 20, "own": ("id", "v")}
    found = asked_events(rows, **(given | {"label_clock": ROW} | changes))
    return [(one.as_of, *one.own.values(), one.newest["v"], one.label_known) for one in found]


# events with versions


def test_each_event_asks_once_where_its_newest_version_says() -> None:
    rows = [told(), told(event=8, v=5), told(k=40, e=35, v=2)]
    assert asked(rows) == [(15, "a", 1, 2, 40), (30, "a", 5, 5, 10)]


def test_own_columns_are_as_they_were_known_column_by_column() -> None:
    rows = [told(v=1), told(k=30, v=2), told(k=31, id="b", v=3)]
    assert asked(rows) == [(30, "b", 2, 3, 31)]  # the key is always known, the value at 30
    assert asked([told(k=31)]) == [(30, "a", None, 1, 31)]
    assert asked([told(), told(k=20, gone=True)]) == [(30, None, None, 1, None)]
    assert asked([told(), told(k=20, gone=True), told(k=31)]) == [(30, None, None, 1, 31)]
    assert asked([told(e=None)], as_of=lambda row: row["e"]) == [(None, None, None, 1, 10)]


def test_the_label_of_an_event_that_is_deleted_in_the_end_is_never_known() -> None:
    assert asked([told(), told(k=40, v=2, gone=True)]) == [(30, "a", 1, 2, None)]
    assert asked([told(gone=True), told(k=40, v=2)]) == [(30, None, None, 2, 40)]
    assert asked([told(k=None)]) == [(30, "a", None, 1, None)]
    assert asked([told()], label_clock=()) == [(30, "a", 1, 1, -math.inf)]


# every moment of a grid


def grid(rows: list[tuple[Any, ...]], **changes: Any) -> list[tuple[Any, ...]]:
    plain = [{"id": key, "e": event, "k": known} for key, event, known in rows]
    given: Plain = {"entity": ("id",), "event_time": "e", "clock": ROW}
    return every(10, plain, **(given | {"active_within": 15, "last": 60} | changes))


def test_an_entity_asks_at_each_moment_after_which_it_was_active() -> None:
    assert grid([("a", 12, 12)]) == [(20, ("a",))]
    assert grid([("a", 15, 15)]) == [(20, ("a",)), (30, ("a",))]
    assert grid([("a", 20, 20)]) == [(30, ("a",))]  # at 20 it has not happened before
    assert grid([("a", 12, 25), ("a", 21, 41)]) == []
    assert grid([("a", 16, 30)]) == [(30, ("a",))]


def test_moments_come_first_then_entities_in_order() -> None:
    rows = [("é", 18, 0), ("b", 15, 0), ("a", 28, 0), (None, 18, 0), ("b", 15, 0)]
    assert grid(rows) == [
        (20, ("b",)),
        (20, ("é",)),
        (30, ("a",)),
        (30, ("b",)),
        (30, ("é",)),
        (40, ("a",)),
    ]


def test_the_grid_ends_at_its_last_moment() -> None:
    assert grid([("a", 19, 0), ("a", 29, 0)], last=30) == [(20, ("a",)), (30, ("a",))]
    assert grid([("a", 19, 0), ("a", 29, 0)], last=29) == [(20, ("a",))]
    assert grid([("a", 19, 0)], last=19) == []
    assert grid([]) == []


def test_the_grid_holds_multiples_since_1970_or_counts_from_its_start() -> None:
    assert grid([("a", -18, None)], clock=(("e", 0),)) == [(-10, ("a",))]
    assert grid([("a", 19, 0)], start=21) == [(21, ("a",)), (31, ("a",))]
    assert grid([("a", 19, 0)], start=-4) == [(26, ("a",))]
    assert grid([("a", 19, 0)], start=35) == []


def test_a_key_of_several_columns_is_asked_whole() -> None:
    rows = [{"x": "a", "y": y, "e": 19} for y in (2, 1, None)]
    found = every(10, rows, entity=("x", "y"), event_time="e", clock=(), active_within=5, last=20)
    assert found == [(20, ("a", 1)), (20, ("a", 2))]
