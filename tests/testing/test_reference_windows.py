"""Windows of the reference, by cases computed by hand; nothing here helps it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from headwater.errors import DataError, SpecError
from headwater.testing.reference import Feature, enrich
from headwater.testing.reference_labels import ahead
from headwater.testing.reference_windows import (
    Before,
    Newest,
    Session,
    SoFar,
    Within,
    ends_at,
    first_moment,
    held,
    period_start,
    starts_at,
)

HOUR = 3_600_000_000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def ask(window: Any, as_of: int | None, rows: list[dict[str, Any]], **given: Any) -> Any:
    feature = Feature("sum", "x", window, given.pop("clock", ()), **given)
    asked: dict[str, Any] = {"entity": ("k",), "as_of": "t", "event_time": "e", "sequence": "n"}
    return enrich([{"k": 1, "t": as_of}], rows, feature=feature, **asked)[0]


def rows(*times: int, **columns: list[Any]) -> list[dict[str, Any]]:
    return [
        {"k": 1, "e": time, "n": i, "x": 2**i, **{name: c[i] for name, c in columns.items()}}
        for i, time in enumerate(times)
    ]


@pytest.mark.parametrize(
    ("as_of", "start"), [(100, 60), (119, 60), (120, 80), (0, -40), (-1, -60), (39, -20)]
)
def test_a_hop_rounds_the_start_down_also_before_1970(as_of: int, start: int) -> None:
    assert starts_at(Within(40, hop=20), as_of) == start


@pytest.mark.parametrize(
    ("later", "start", "end"),
    [(Within(6), -1, 5), (Within(6, hop=4), -4, 4), (Within(6, hop=3), -3, 3)],
)
def test_the_window_before_ends_where_the_later_one_starts(
    later: Within, start: int, end: int
) -> None:
    before = Before(later)
    assert (starts_at(before, 11), ends_at(before, 11)) == (start, end)
    assert (starts_at(later, 11), ends_at(later, 11)) == (end, 11)
    told = rows(start - 1, start, end - 1, end)
    assert ask(before, 11, told) == 6
    assert ask(before, 11, told, ttl=12 - end) == 4
    assert ask(before, 11, told, ttl=11 - end) is None
    assert ask(before, None, told) is None


def test_a_window_by_rows_counts_what_is_visible_whether_null_or_not() -> None:
    told = rows(1, 2, 3, 4, known=[1, 9, 3, 4])
    told[2]["x"] = None
    clock = (("known", 0),)
    assert ask(Newest(2), 8, told, clock=clock) == 8
    assert ask(Newest(3), 8, told, clock=clock) == 9
    assert ask(Newest(3), 9, told, clock=clock) == 10
    assert ask(Newest(3, length=6), 8, told, clock=clock) == 8
    assert ask(Newest(9), 8, told, clock=clock) == 9
    assert ask(Newest(9), None, told, clock=clock) is None


def test_a_sequence_decides_which_rows_are_newest_and_a_null_comes_first() -> None:
    tied = [{"e": 5, "n": n, "x": x} for n, x in ((2, "b"), (None, "a"), (7, "c"))]
    order: dict[str, Any] = {"as_of": 9, "event_time": "e", "sequence": "n", "column": "x"}
    assert [row["x"] for row in held(tied, Newest(1), **order)] == ["c"]
    assert [row["x"] for row in held(tied, Newest(2), **order)] == ["b", "c"]


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ([1, 1, 1], False),
        ([1, 2, 1], True),
        ([float("nan")] * 3, False),
        ([None, None, None], False),
        ([None, 1, 1], True),
        ([0.0, -0.0, 0.0], False),
    ],
)
def test_unlike_rows_that_tie_at_the_start_are_refused(values: list[Any], refused: bool) -> None:
    tied = [{"e": 5, "x": value} for value in values]
    order: dict[str, Any] = {"as_of": 9, "event_time": "e", "sequence": None}
    assert len(held(tied, Newest(3), column="x", **order)) == 3
    assert len(held(tied, Newest(2), column=None, **order)) == 2
    if refused:
        with pytest.raises(DataError, match="HW404"):
            held(tied, Newest(2), column="x", **order)
    else:
        assert len(held(tied, Newest(2), column="x", **order)) == 2


def test_a_session_lasts_until_as_of_without_a_gap_that_is_too_long() -> None:
    told = rows(0, 10, 21, 30, keep=[True, True, None, True])
    assert ask(Session(10), 40, told) == 12
    assert ask(Session(11), 40, told) == 15
    assert ask(Session(10), 41, told) is None
    assert ask(Session(20), 40, told, where="keep") == 11
    assert ask(Session(19), 40, told, where="keep") == 8
    assert ask(Session(11), 40, told, ttl=19) == 12


def test_a_day_has_23_or_25_hours_where_clocks_change() -> None:
    for day, start, length in (
        ("2024-03-31", "2024-03-30T23:00", 23),
        ("2024-10-27", "2024-10-26T22:00", 25),
    ):
        first = at(start)
        assert first_moment(date.fromisoformat(day), "Europe/Zurich") == first
        last = first + length * HOUR
        assert period_start("day", "Europe/Zurich", last - 1) == first
        assert period_start("day", "Europe/Zurich", last) == last
    assert starts_at(SoFar("quarter", "UTC"), at("2024-06-30T23:59")) == at("2024-04-01T00:00")
    assert starts_at(SoFar("week", "UTC"), at("2024-06-30T23:59")) == at("2024-06-24T00:00")
    assert starts_at(SoFar("month", "UTC"), at("2024-06-30T23:59")) == at("2024-06-01T00:00")
    assert starts_at(SoFar("year", "UTC"), -1) == at("1969-01-01T00:00")


def test_a_midnight_that_is_skipped_is_the_change_and_of_two_the_first_counts() -> None:
    assert first_moment(date(2018, 11, 4), "America/Sao_Paulo") == at("2018-11-04T03:00")
    assert first_moment(date(1919, 3, 31), "America/Toronto") == at("1919-03-31T04:30")
    assert first_moment(date(2023, 11, 5), "America/Havana") == at("2023-11-05T04:00")


def test_a_label_looks_ahead_for_a_length_only() -> None:
    given: dict[str, Any] = {"entity": ("k",), "as_of": "t", "event_time": "e", "sequence": None}
    for window in (None, Newest(3), Session(5), SoFar("day", "UTC")):
        with pytest.raises(SpecError, match="HW202"):
            ahead([], [], feature=Feature("sum", "x", window, ()), **given)
