"""R6 of the reference: versions of events, by cases computed by hand."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import pytest

from headwater.errors import DataError
from headwater.testing.reference import Feature, Value, enrich
from headwater.testing.reference_versions import Versions, events, existing

Plain = dict[str, Any]
ROW = (("k", 0),)
LATE = (("x_known", 0),)
CLOCKS = {"id": ROW, "e": ROW, "v": ROW, "s": ROW, "gone": ROW, "x": LATE}


def told(**changes: Any) -> Plain:
    """One version of event 7, which happened at 5 and is told of at 10."""
    return {"event": 7, "id": "a", "e": 5, "k": 10, "s": None, "v": 1, "gone": False} | changes


def versions(**changes: Any) -> Versions:
    given: Plain = {"order": ROW, "clocks": CLOCKS, "sequence": "s", "deleted": "gone"}
    return Versions(("event",), **(given | changes))


def at(rows: list[Plain], as_of: int | None, *columns: str, **changes: Any) -> list[Any]:
    return [
        tuple(event.values())
        for event in existing(rows, columns or ("v",), versions=versions(**changes), as_of=as_of)
    ]


def ask(rows: list[Plain], feature: Feature, *, as_of: int | None, key: str = "a") -> Value:
    (value,) = enrich(
        [{"id": key, "t": as_of}],
        rows,
        entity=("id",),
        as_of="t",
        event_time="e",
        sequence="s",
        feature=feature,
        versions=versions(),
    )
    return value


SUM = Feature("sum", "v", None, ())
COUNT = Feature("count", None, None, ())


# which version counts


@pytest.mark.parametrize(
    ("as_of", "expected"), [(9, []), (10, [(1,)]), (19, [(1,)]), (20, [(2,)]), (99, [(2,)])]
)
def test_an_event_has_the_value_of_its_newest_known_version(
    as_of: int, expected: list[Any]
) -> None:
    assert at([told(), told(k=20, v=2)], as_of) == expected
    assert at([told(k=20, v=2), told()], as_of) == expected


def test_nothing_exists_at_a_null_moment() -> None:
    assert at([told()], None) == []


def test_versions_of_one_event_are_one_row_and_others_are_others() -> None:
    rows = [told(), told(k=12, v=2), told(event=8, v=10), told(event=None, v=100)]
    assert at(rows, 50) == [(2,), (10,), (100,)]
    assert ask(rows, SUM, as_of=50) == 112
    assert ask(rows, COUNT, as_of=50) == 3


def test_a_column_that_is_not_yet_known_falls_back_to_the_newest_version_that_knew_it() -> None:
    rows = [
        told(v=1, x="old", x_known=10),
        told(k=20, v=2, x="mid", x_known=40),
        told(k=30, v=3, x="new", x_known=35),
    ]
    assert at(rows, 10, "v", "x") == [(1, "old")]
    assert at(rows, 20, "v", "x") == [(2, "old")]
    assert at(rows, 34, "v", "x") == [(3, "old")]
    assert at(rows, 35, "v", "x") == [(3, "new")]
    assert at(rows, 40, "v", "x") == [(3, "new")]  # mid is known now, and older


def test_a_version_whose_column_clock_is_null_never_knew_the_column() -> None:
    rows = [told(x="old", x_known=11), told(k=20, v=2, x="unknown", x_known=None)]
    assert at(rows, 99, "v", "x") == [(2, "old")]
    assert at(rows[1:], 99, "v", "x") == []
    assert at(rows[1:], 99, "v") == [(2,)]


def test_a_known_null_does_not_fall_back() -> None:
    assert at([told(), told(k=20, v=None)], 20) == [(None,)]
    assert ask([told(), told(k=20, v=None)], SUM, as_of=20) is None


def test_a_column_known_before_its_row_counts_at_once() -> None:
    """The order of versions is that of their rows; what is known of each is its columns' matter."""
    rows = [told(x="old", x_known=10), told(k=30, x="early", x_known=15)]
    assert at(rows, 15, "v", "x") == [(1, "early")]


def test_a_row_that_is_never_known_is_the_newest_and_its_own_columns_may_be_known() -> None:
    rows = [told(k=None, v=9, x="planned", x_known=12), told(x="old", x_known=10)]
    assert at(rows, 99, "v", "x") == [(1, "planned")]


def test_an_event_may_move_in_time_and_to_another_entity() -> None:
    rows = [told(), told(k=20, e=90, v=2), told(k=30, e=5, id="b", v=3)]
    day = Feature("sum", "v", 10, ())
    assert ask(rows, day, as_of=14) == 1
    assert ask(rows, day, as_of=16) is None  # left the window
    assert ask(rows, SUM, as_of=25) is None  # the event is thought to come at 90
    assert ask(rows, SUM, as_of=30) is None
    assert ask(rows, SUM, as_of=30, key="b") == 3


def test_the_reference_reads_only_what_the_feature_reads() -> None:
    rows = [told(x="known", x_known=10), told(k=20, v=2, x="later", x_known=99)]
    assert ask(rows, Feature("last", "x", None, ()), as_of=25) == "known"
    assert ask(rows, SUM, as_of=25) == 2


def test_a_condition_follows_the_same_rule() -> None:
    rows = [told(flag=True, f=10), told(k=20, v=2, flag=False, f=30)]
    feature = Feature("sum", "v", None, (), where="flag")
    clocks = CLOCKS | {"flag": (("f", 0),)}
    for as_of, expected in ((19, 1), (20, 2), (30, None)):
        (value,) = enrich(
            [{"id": "a", "t": as_of}], rows, entity=("id",), as_of="t", event_time="e",
            sequence=None, feature=feature, versions=versions(clocks=clocks),
        )  # fmt: skip
        assert value == expected


def test_last_orders_events_by_what_is_known_of_them() -> None:
    rows = [
        told(v="a", s=1),
        told(k=20, v="moved", e=9, s=2),
        told(event=8, e=7, v="b", s=3),
    ]
    last = Feature("last", "v", None, ())
    assert [ask(rows, last, as_of=as_of) for as_of in (10, 19, 20)] == ["b", "b", "moved"]


# deletion


def test_a_deleted_event_does_not_exist_and_a_newer_version_revives_it() -> None:
    rows = [told(), told(k=20, v=2, gone=True), told(k=30, v=3), told(k=40, v=4, gone=None)]
    found = [ask(rows, SUM, as_of=as_of) for as_of in (10, 19, 20, 29, 30, 40)]
    assert found == [1, 1, None, None, 3, 4]
    assert [ask(rows, COUNT, as_of=as_of) for as_of in (19, 20, 30)] == [1, 0, 1]


def test_a_deletion_counts_from_its_own_clock() -> None:
    clocks = CLOCKS | {"gone": (("told_gone", 0),)}
    rows = [told(told_gone=10), told(k=20, v=2, gone=True, told_gone=25)]
    assert at(rows, 24, clocks=clocks) == [(2,)]
    assert at(rows, 25, clocks=clocks) == []


def test_without_a_column_for_it_nothing_is_deleted() -> None:
    assert at([told(gone=True)], 10, deleted=None) == [(1,)]


def test_of_an_event_that_was_deleted_before_it_was_told_of_nothing_is_seen() -> None:
    assert at([told(gone=True)], 10) == []


# order


def test_a_sequence_orders_versions_of_one_known_time_and_null_comes_first() -> None:
    rows = [told(s=2, v=2), told(s=None, v=0), told(s=1, v=1)]
    for order in permutations(rows):
        assert at(list(order), 10) == [(2,)]
        (event,) = events(list(order), versions())
        assert [row["v"] for row in event] == [0, 1, 2]


def test_without_a_known_time_versions_follow_in_event_time() -> None:
    clocks = {"v": (("e", 0),)}
    rows = [told(e=8, v="new"), told(e=5, v="old")]
    found = [at(rows, t, order=(("e", 0),), clocks=clocks, deleted=None) for t in (4, 5, 7, 8)]
    assert found == [[], [("old",)], [("old",)], [("new",)]]


@pytest.mark.parametrize("sequence", [None, "s"])
def test_two_versions_of_one_order_that_differ_are_an_error(sequence: str | None) -> None:
    with pytest.raises(DataError, match="two versions of event=7") as caught:
        at([told(v=1), told(v=2)], 99, sequence=sequence)
    assert caught.value.code == "HW405"
    assert "sequence=" in str(caught.value.hint)


def test_they_are_an_error_whatever_is_asked_and_when() -> None:
    for as_of in (None, 0, 99):
        with pytest.raises(DataError):
            at([told(v=1), told(v=2), told(event=8)], as_of)
    with pytest.raises(DataError):
        at([told(k=None, v=1), told(k=None, v=2)], 5)


def test_equal_versions_count_once() -> None:
    rows = [told(v=math.nan), told(v=-math.nan), told(event=8, v=1.0)]
    assert ask(rows, COUNT, as_of=10) == 2
    assert ask(rows[:2], Feature("count", "v", None, ()), as_of=10) == 1


def test_rows_without_an_identity_are_no_versions_of_each_other() -> None:
    with pytest.raises(DataError, match="is null in rows that repeat") as caught:
        at([told(event=None), told(event=None, k=20)], 99)
    assert caught.value.code == "HW405"


def test_a_sequence_may_be_text() -> None:
    assert at([told(s="b", v=2), told(s="", v=1), told(s=None, v=0)], 10) == [(2,)]
