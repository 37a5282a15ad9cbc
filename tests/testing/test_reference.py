"""R3, R5, R7 and R12 of the reference, by cases computed by hand; nothing here helps it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings

from headwater.errors import DataError, SpecError
from headwater.testing.histories import WINDOWS, History, histories_strategy
from headwater.testing.reference import (
    Feature,
    Value,
    enrich,
    kept_value,
    latest_rows,
    static_value,
    visible,
)
from headwater.testing.reference_clocks import is_known

KNOWN = (("k", 0),)


def bits(value: Any) -> str:
    """Tells NaN, -0.0, 0, 0.0 and False apart, and equals itself."""
    return repr(value)


def ask(
    rows: list[dict[str, Any]], feature: Feature, *, as_of: int | None, sequence: str | None = None
) -> Value:
    spine = [{"id": "a", "t": as_of}]
    (value,) = enrich(
        spine,
        rows,
        entity=("id",),
        as_of="t",
        event_time="e",
        sequence=sequence,
        feature=feature,
    )
    return value


# R3: which rows count


@pytest.mark.parametrize(
    ("event", "expected"),
    [(89, False), (90, True), (91, True), (99, True), (100, False), (101, False)],
)
def test_a_window_includes_its_start_and_excludes_its_end(event: int, expected: bool) -> None:
    feature = Feature("count", None, 10, ())
    assert visible({"e": event}, feature, as_of=100, event_time="e") is expected


def test_all_history_has_no_start() -> None:
    feature = Feature("count", None, None, ())
    assert visible({"e": -(2**63)}, feature, as_of=100, event_time="e")
    assert not visible({"e": 100}, feature, as_of=100, event_time="e")


@pytest.mark.parametrize(
    ("known", "expected"), [(99, True), (100, True), (101, False), (None, False), (-5, True)]
)
def test_a_row_is_visible_from_its_known_time_on(known: int | None, expected: bool) -> None:
    feature = Feature("count", None, 10, KNOWN)
    assert visible({"e": 95, "k": known}, feature, as_of=100, event_time="e") is expected


def test_a_row_known_early_is_still_not_seen_before_its_event() -> None:
    feature = Feature("count", None, None, KNOWN)
    assert not visible({"e": 101, "k": 5}, feature, as_of=100, event_time="e")


def test_a_delay_sees_events_up_to_as_of_minus_the_delay_inclusive() -> None:
    feature = Feature("count", None, None, (("e", 7),))
    seen = [e for e in range(110) if visible({"e": e}, feature, as_of=100, event_time="e")]
    assert seen == list(range(94))


@pytest.mark.parametrize(("flag", "expected"), [(True, 1), (False, 0), (None, 0)])
def test_only_rows_where_the_condition_is_true_count(flag: bool | None, expected: int) -> None:
    feature = Feature("count", None, None, (), where="w")
    assert ask([{"id": "a", "e": 1, "w": flag}], feature, as_of=9) == expected


def test_two_features_of_one_history_see_different_rows() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "e": 1, "k": 50, "v": 2.0},
        {"id": "a", "e": 2, "k": None, "v": 3.0},
    ]
    assert ask(rows, Feature("count", None, None, (("e", 0),)), as_of=10) == 2
    assert ask(rows, Feature("sum", "v", None, KNOWN), as_of=10) is None
    assert ask(rows, Feature("sum", "v", None, KNOWN), as_of=50) == 2.0


def test_a_null_event_time_is_an_error_that_counts() -> None:
    rows: list[dict[str, Any]] = [{"id": "a", "e": None}, {"id": "b", "e": 3}]
    with pytest.raises(DataError, match="null in 1 of 2 rows") as caught:
        ask(rows, Feature("count", None, None, ()), as_of=10)
    assert caught.value.code == "HW408"


# enrich: keys and order


def test_each_spine_row_gets_one_answer_in_order() -> None:
    history: list[dict[str, Any]] = [
        {"x": "é", "y": 1, "e": 5, "v": 1},
        {"x": "é", "y": 2, "e": 6, "v": 10},
        {"x": "e\u0301", "y": 1, "e": 7, "v": 100},
        {"x": None, "y": 1, "e": 8, "v": 1000},
    ]
    spine: list[dict[str, Any]] = [
        {"x": "e\u0301", "y": 1, "t": 9},
        {"x": "é", "y": 1, "t": 9},
        {"x": "é", "y": 1, "t": 5},
        {"x": "é", "y": 1, "t": 9},
        {"x": None, "y": 1, "t": 9},
        {"x": "é", "y": None, "t": 9},
        {"x": "é", "y": 1, "t": None},
        {"x": "unseen", "y": 1, "t": 9},
    ]
    asked: dict[str, Any] = {"entity": ("x", "y"), "as_of": "t", "event_time": "e"}
    asked["sequence"] = None
    total = enrich(spine, history, **asked, feature=Feature("sum", "v", None, ()))
    assert total == [100, 1, None, 1, None, None, None, None]
    count = enrich(spine, history, **asked, feature=Feature("count", None, None, ()))
    assert count == [1, 1, 0, 1, 0, 0, 0, 0]
    assert enrich([], history, **asked, feature=Feature("count", None, None, ())) == []


def test_an_unknown_aggregation_is_named_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean 'mean'") as caught:
        Feature("meen", "v", None, ())
    assert caught.value.code == "HW106"


def test_only_a_count_can_do_without_a_column() -> None:
    with pytest.raises(SpecError) as caught:
        Feature("sum", None, None, ())
    assert caught.value.code == "HW211"


# R7


def row(event: int, value: Any, number: Any = None, known: int = 0) -> dict[str, Any]:
    return {"id": "Zürich", "e": event, "v": value, "s": number, "k": known}


def last(rows: list[dict[str, Any]], *, sequence: str | None = None) -> Value:
    feature = Feature("last", "v", None, KNOWN)
    return enrich(
        [{"id": "Zürich", "t": 100}],
        rows,
        entity=("id",),
        as_of="t",
        event_time="e",
        sequence=sequence,
        feature=feature,
    )[0]


def test_last_is_the_value_of_the_greatest_event_time_in_any_order_of_rows() -> None:
    assert last([row(5, "late"), row(9, "latest"), row(1, "early")]) == "latest"


def test_last_skips_nulls_and_rows_that_are_not_yet_known() -> None:
    assert last([row(5, "seen"), row(8, "unknown", known=101), row(9, None)]) == "seen"


def test_a_sequence_decides_a_tie() -> None:
    rows = [row(5, "b", 2), row(5, "c", 10), row(5, "a", 1)]
    assert last(rows, sequence="s") == "c"
    assert last(rows[::-1], sequence="s") == "c"


def test_event_time_comes_before_sequence() -> None:
    assert last([row(5, "older", 99), row(6, "newer", 1)], sequence="s") == "newer"


def test_a_null_sequence_comes_before_all_others() -> None:
    assert last([row(5, "none"), row(5, "some", -3)], sequence="s") == "some"
    assert last([row(5, "none"), row(5, "text", "")], sequence="s") == "text"


@pytest.mark.parametrize("sequence", [None, "s"])
def test_a_tie_that_changes_the_result_names_key_and_time(sequence: str | None) -> None:
    rows = [row(5, "a", 1), row(5, "b", 1)]
    with pytest.raises(DataError) as caught:
        last(rows, sequence=sequence)
    assert caught.value.code == "HW404"
    assert "id='Zürich'" in caught.value.message
    assert "1970-01-01T00:00:00.000005+00:00" in caught.value.message
    assert "sequence=" in str(caught.value.hint)


def test_a_tie_beyond_the_calendar_is_named_by_its_number() -> None:
    with pytest.raises(DataError, match=f"e={-(2**62)} us"):
        last([row(-(2**62), "a"), row(-(2**62), "b")])


def test_a_tie_of_equal_values_is_none() -> None:
    assert last([row(5, "a"), row(5, "a")]) == "a"
    assert bits(last([row(5, math.nan), row(5, -math.nan)])) == "nan"
    assert (
        bits(last([row(5, 0.0), row(5, -0.0)])) == bits(last([row(5, -0.0), row(5, 0.0)])) == "0.0"
    )


def test_nan_and_a_number_do_not_tie_as_equals() -> None:
    for values in ([math.nan, 1.0], [1.0, math.nan]):
        with pytest.raises(DataError):
            last([row(5, value) for value in values])


def test_a_tie_below_the_latest_row_or_with_a_null_or_hidden_row_does_not_matter() -> None:
    assert last([row(5, "a"), row(5, "b"), row(6, "c")]) == "c"
    assert last([row(5, "a"), row(5, None)]) == "a"
    assert last([row(5, "a"), row(5, "b", known=101)]) == "a"


def test_a_tie_changes_nothing_but_last() -> None:
    rows = [{"id": "a", "e": 5, "v": 1}, {"id": "a", "e": 5, "v": 2}]
    assert ask(rows, Feature("sum", "v", None, ()), as_of=10) == 3


def test_all_rows_of_the_greatest_rank_are_the_latest() -> None:
    rows = [row(5, "a", 1), row(5, "b", 2), row(5, "c", 2)]
    assert [r["v"] for r in latest_rows(rows, event_time="e", sequence="s")] == ["b", "c"]
    assert len(latest_rows(rows, event_time="e", sequence=None)) == 3


# attributes: the latest value, nulls included


def latest(rows: list[dict[str, Any]], *, ttl: int | None = None, column: str = "v") -> Value:
    feature = Feature("latest", column, ttl, KNOWN)
    return enrich(
        [{"id": "Zürich", "t": 100}],
        rows,
        entity=("id",),
        as_of="t",
        event_time="e",
        sequence="s",
        feature=feature,
    )[0]


def test_the_latest_value_may_be_null_where_last_would_skip_it() -> None:
    rows = [row(5, "older"), row(9, None)]
    assert latest(rows) is None
    assert last(rows) == "older"
    assert latest([row(5, None), row(9, "newer")]) == "newer"


def test_the_latest_value_is_of_the_rows_that_know_it() -> None:
    assert latest([row(5, "known"), row(9, None, known=101)]) == "known"
    assert latest([row(5, "known", known=100)]) == "known"
    assert latest([row(100, "now")]) is None
    assert latest([]) is None


@pytest.mark.parametrize(("ttl", "expected"), [(9, None), (10, "old"), (11, "old"), (None, "old")])
def test_a_value_stays_valid_for_its_ttl_exactly(ttl: int | None, expected: str | None) -> None:
    assert latest([row(90, "old")], ttl=ttl) == expected


def test_an_expired_null_hides_nothing_and_a_valid_null_does() -> None:
    assert latest([row(95, "old"), row(99, None)], ttl=10) is None
    assert latest([row(89, "old"), row(88, None)], ttl=11) == "old"


def test_a_null_and_a_value_tie_for_the_latest_but_not_for_last() -> None:
    rows = [row(5, "a"), row(5, None)]
    assert last(rows) == "a"
    for tied in (rows, rows[::-1]):
        with pytest.raises(DataError) as caught:
            latest(tied)
        assert caught.value.code == "HW404"
    assert latest([row(5, None), row(5, None)]) is None
    assert latest([row(5, "a", 1), row(5, None, 2)]) is None


PLANES: list[dict[str, Any]] = [
    {"tail": "N1", "country": "ü", "seats": 100},
    {"tail": "N2", "country": "ü", "seats": None},
    {"tail": None, "country": "ü", "seats": 7},
    {"tail": None, "country": "ü", "seats": 8},
]


@pytest.mark.parametrize(
    ("tail", "as_of", "expected"),
    [("N1", 5, 100), ("N1", -(2**63), 100), ("N2", 5, None), ("N3", 5, None), (None, 5, None)],
)
def test_a_table_without_times_is_always_known(
    tail: str | None, as_of: int, expected: int | None
) -> None:
    asked = {"tail": tail, "t": as_of}
    assert static_value(asked, PLANES, entity=("tail",), as_of="t", column="seats") == expected


def test_a_null_moment_has_no_attribute_and_a_key_that_repeats_is_an_error() -> None:
    asked = {"tail": "N1", "country": "ü", "t": None}
    assert static_value(asked, PLANES, entity=("tail",), as_of="t", column="seats") is None
    with pytest.raises(DataError, match="repeats in 3 rows") as caught:
        static_value(asked, PLANES, entity=("country",), as_of="t", column="seats")
    assert caught.value.code == "HW405"


# R12, offline


@pytest.mark.parametrize(
    ("through", "expected"),
    [(100, 7), (200, 7), (70, 7), (69, 5), (50, 1), (49, None), (None, None)],
)
def test_a_store_that_was_behind_saw_fewer_rows(through: int | None, expected: int | None) -> None:
    rows = [row(30, 1, known=50), row(40, 2, known=70), row(70, 4, known=60)]
    feature = Feature("sum", "v", None, KNOWN)
    (total,) = enrich(
        [{"id": "Zürich", "t": 100, "through": through}],
        rows,
        entity=("id",),
        as_of="t",
        event_time="e",
        sequence=None,
        feature=feature,
        complete_through="through",
    )
    assert total == expected


def test_a_window_looks_back_from_as_of_however_far_the_store_was_behind() -> None:
    rows = [row(89, 1), row(90, 2), row(99, 4)]
    asked: list[dict[str, Any]] = [
        {"id": "Zürich", "t": 100, "through": 50},
        {"id": "Zürich", "t": None, "through": 50},
    ]
    found = enrich(
        asked, rows, entity=("id",), as_of="t", event_time="e", sequence=None,
        feature=Feature("sum", "v", 10, KNOWN), complete_through="through",
    )  # fmt: skip
    assert found == [6, None]


# R5


@pytest.mark.parametrize(
    ("clock", "as_of", "expected"),
    [
        ((), 10, "AA"),
        ((("k", 0),), 50, "AA"),
        ((("k", 0),), 49, None),
        ((("k", -40),), 10, "AA"),
        ((("k", 0), ("never", 0)), 99, None),
        ((), None, None),
    ],
)
def test_a_kept_value_is_null_until_it_is_known(
    clock: Any, as_of: int | None, expected: str | None
) -> None:
    asked = {"carrier": "AA", "k": 50, "never": None}
    assert kept_value(asked, "carrier", clock=clock, as_of=as_of) == expected


def test_a_kept_null_stays_null() -> None:
    assert kept_value({"carrier": None}, "carrier", clock=(), as_of=1) is None


# laws on generated histories

FEATURES = [
    Feature("count", None, WINDOWS["1d"], (("event_time", 0),)),
    Feature("count", "note", WINDOWS["7d"], (("known_time", 0),), where="flag"),
    Feature("sum", "amount", WINDOWS["7d"], (("known_time", 0),)),
    Feature("sum", "quantity", None, (("known_time", -WINDOWS["1h"]),)),
    Feature("mean", "amount", None, (("event_time", WINDOWS["1h"]), ("known_time", 0))),
    Feature("std", "amount", WINDOWS["7d"], (("known_time", 0),)),
    Feature("min", "amount", None, (("known_time", 0),)),
    Feature("last", "note", WINDOWS["7d"], (("known_time", 0),)),
]


def answers(history: History, feature: Feature) -> list[Value]:
    return enrich(
        history.spine,
        history.rows,
        entity=("region", "store"),
        as_of="as_of",
        event_time="event_time",
        sequence="sequence",
        feature=feature,
    )


@settings(derandomize=True, max_examples=40, deadline=None)
@given(histories_strategy())
def test_the_order_of_rows_changes_nothing(history: History) -> None:
    turned = History(history.rows[::-1], history.spine)
    for feature in FEATURES:
        assert bits(answers(history, feature)) == bits(answers(turned, feature))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(histories_strategy())
def test_what_was_not_known_at_as_of_cannot_move_a_feature(history: History) -> None:
    for feature in FEATURES:
        for asked in history.spine:
            past = [
                row if is_known(row, feature.clock, as_of=asked["as_of"]) else changed(row)
                for row in history.rows
            ]
            before = answers(History(history.rows, [asked]), feature)
            assert bits(answers(History(past, [asked]), feature)) == bits(before)


def changed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"amount": 12345.678, "quantity": 99, "note": "changed", "flag": not row["flag"]}
