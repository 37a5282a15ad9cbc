"""The reference by hand-computed cases; all else is measured against it, so nothing helps here."""

from __future__ import annotations

import math
import statistics
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import DataError, SpecError
from headwater.testing.histories import WINDOWS, History, histories_strategy
from headwater.testing.reference import (
    AGGREGATIONS,
    Feature,
    Value,
    boundaries,
    enrich,
    event_microseconds,
    is_known,
    kept_value,
    known_microseconds,
    latest_rows,
    reference_split,
    visible,
)

KNOWN = (("k", 0),)
LARGEST = 1.7976931348623157e308


def bits(value: Any) -> str:
    """Tells NaN, -0.0, 0, 0.0 and False apart, and equals itself."""
    return repr(value)


def answer(aggregation: str, values: list[Any]) -> Value:
    """The aggregation over all history, of rows at 0, 1, 2, ... with these values."""
    rows = [{"id": "a", "e": i, "v": value} for i, value in enumerate(values)]
    feature = Feature(aggregation, "v", None, ())
    return ask(rows, feature, as_of=1_000)


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


# R11


@pytest.mark.parametrize(
    ("nanoseconds", "event", "known"),
    [(0, 0, 0), (1, 0, 1), (999, 0, 1), (1000, 1, 1), (1001, 1, 2), (-1, -1, 0), (-1000, -1, -1)],
)
def test_nanoseconds_round_down_for_event_time_and_up_for_known_time(
    nanoseconds: int, event: int, known: int
) -> None:
    assert event_microseconds(nanoseconds) == event
    assert known_microseconds(nanoseconds) == known


def test_rounding_is_exact_where_a_float_would_not_be() -> None:
    assert event_microseconds(1_710_054_000_123_456_789) == 1_710_054_000_123_456
    assert known_microseconds(1_710_054_000_123_456_789) == 1_710_054_000_123_457


def test_aware_datetimes_become_utc() -> None:
    new_york = timezone(timedelta(hours=-5))
    local = datetime(2024, 3, 10, 1, 59, 59, 999_999, tzinfo=new_york)
    assert event_microseconds(local) == 1_710_053_999_999_999
    assert known_microseconds(local) == 1_710_053_999_999_999
    assert event_microseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000


def test_the_repeated_hour_of_autumn_keeps_its_two_meanings() -> None:
    first = datetime(2024, 11, 3, 1, 30, tzinfo=timezone(timedelta(hours=-4)))
    second = datetime(2024, 11, 3, 1, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert event_microseconds(first) == 1_730_611_800_000_000
    assert event_microseconds(second) == 1_730_611_800_000_000 + WINDOWS["1h"]


def test_null_times_stay_null() -> None:
    assert event_microseconds(None) is None
    assert known_microseconds(None) is None


@pytest.mark.parametrize("convert", [event_microseconds, known_microseconds])
def test_a_naive_datetime_is_an_error_with_a_hint(convert: Any) -> None:
    with pytest.raises(SpecError) as caught:
        convert(datetime(2024, 3, 10, 2, 30))
    assert caught.value.code == "HW302"
    assert caught.value.hint


@pytest.mark.parametrize("value", [1.5, "2024-03-10", True])
def test_a_value_that_is_not_a_time_is_an_error(value: Any) -> None:
    with pytest.raises(DataError) as caught:
        event_microseconds(value)
    assert caught.value.code == "HW301"


# R1 to R4: which rows count


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


def test_a_negative_offset_makes_a_value_known_before_its_event() -> None:
    assert is_known({"e": 130}, (("e", -30),), as_of=100)
    assert not is_known({"e": 131}, (("e", -30),), as_of=100)


def test_the_latest_moment_of_a_clock_decides() -> None:
    clock = (("k", 0), ("e", 3))
    assert is_known({"k": 100, "e": 97}, clock, as_of=100)
    assert not is_known({"k": 100, "e": 98}, clock, as_of=100)
    assert not is_known({"k": 101, "e": 0}, clock, as_of=100)
    assert not is_known({"k": None, "e": 0}, clock, as_of=100)


def test_a_clock_without_moments_is_always_known_but_not_at_a_null_as_of() -> None:
    assert is_known({}, (), as_of=-(2**63))
    assert not is_known({}, (), as_of=None)


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


@pytest.mark.parametrize("aggregation", sorted(AGGREGATIONS))
def test_no_rows_and_only_nulls_give_the_empty_result(aggregation: str) -> None:
    expected = 0 if aggregation == "count" else None
    assert answer(aggregation, []) == expected
    assert answer(aggregation, [None, None]) == expected


def test_an_unknown_aggregation_is_named_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean 'mean'") as caught:
        Feature("meen", "v", None, ())
    assert caught.value.code == "HW106"


def test_only_a_count_can_do_without_a_column() -> None:
    with pytest.raises(SpecError) as caught:
        Feature("sum", None, None, ())
    assert caught.value.code == "HW211"


# aggregations

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("aggregation", "values", "expected"),
    [
        ("count", [1.0, None, NAN], 2),
        ("count", ["a", "", None], 2),
        ("sum", [1, 2, None, 3], 6),
        ("sum", [True, False, True], 2),
        ("sum", [2**53, 1, 1], 2**53 + 2),
        ("sum", [2**63 - 1, 5, -5], 2**63 - 1),
        ("sum", [-(2**63)], -(2**63)),
        ("sum", [1e16, 1.0, -1e16], 1.0),
        ("sum", [0.1] * 10, 1.0),
        ("sum", [0.1, 0.2, 0.3], 0.6),
        ("sum", [1e300, 1e-300, -1e300], 1e-300),
        ("sum", [5e-324, 5e-324], 1e-323),
        ("sum", [-0.0], 0.0),
        ("sum", [3.5, -3.5], 0.0),
        ("sum", [1e308, 1e308], INF),
        ("sum", [-1e308, -1e308], -INF),
        ("sum", [1.7e308, 1.7e308, -1.7e308], 1.7e308),
        ("sum", [LARGEST, 2.0**969], LARGEST),
        ("sum", [LARGEST, 2.0**970], INF),
        ("sum", [1.0, NAN], NAN),
        ("sum", [1e308, 1e308, -INF], -INF),
        ("sum", [INF, INF], INF),
        ("sum", [INF, -INF], NAN),
        ("mean", [1, 2], 1.5),
        ("mean", [True, False, False, True], 0.5),
        ("mean", [2**63 - 1, 2**63 - 1], 2.0**63),
        ("mean", [1e308, 1.5e308], 1.25e308),
        ("mean", [1e16, 1.0, -1e16, 0.0], 0.25),
        ("mean", [5e-324, 1e-323], 1e-323),
        ("mean", [-5e-324, 0.0], 0.0),
        ("mean", [1.0, INF], INF),
        ("mean", [-INF, INF], NAN),
        ("mean", [NAN], NAN),
        ("variance", [1.0], None),
        ("variance", [NAN], None),
        ("variance", [1.0, None, 3.0], 2.0),
        ("variance", [7.0, 7.0, 7.0], 0.0),
        ("variance", [1, 2, 3, 4], 5 / 3),
        ("variance", [1e8 + 1, 1e8 + 2, 1e8 + 3], 1.0),
        ("variance", [1e15, 1e15 + 0.5], 0.125),
        ("variance", [1e300, -1e300], INF),
        ("variance", [1e-300, -1e-300], 0.0),
        ("variance", [1.0, INF], NAN),
        ("variance", [1.0, NAN], NAN),
        ("std", [1.0], None),
        ("std", [1.0, 3.0], 1.4142135623730951),
        ("std", [1e8 + 1, 1e8 + 2, 1e8 + 3], 1.0),
        ("std", [1e8, 1e8 + 0.5], 0.3535533905932738),
        ("std", [1e300, -1e300], 1.4142135623730951e300),
        ("std", [3e-300, 1e-300, -1e-300, -3e-300, 0.0], 2.23606797749979e-300),
        ("std", [0.0, 5e-324], 5e-324),
        ("std", [2**53 + 1, 2**53 + 3, 2**53 + 5], 2.0),
        ("std", [-(2**53 + 1), 0, 2**53 + 1], 2.0**53),  # half-way between floats: to even
        ("std", [-(2**53 + 1), 1e-30, 2**53 + 1], 2.0**53 + 2),  # a hair above half-way
        ("std", [True, False], 0.7071067811865476),
        ("std", [4.0, 4.0], 0.0),
        ("std", [-INF, 1.0], NAN),
        ("min", [3, None, -2], -2),
        ("min", [2.0, NAN, 1.0], NAN),
        ("min", [0.0, -0.0], -0.0),
        ("min", [INF, 4.0], 4.0),
        ("min", ["b", "a", "é"], "a"),
        ("max", [2**53 + 1, 2**53], 2**53 + 1),
        ("max", [NAN, 5.0], NAN),
        ("max", [-0.0, 0.0], 0.0),
        ("max", [INF, 4.0], INF),
        ("max", ["b", "é", "z"], "é"),
        ("max", [False, True], True),
        ("last", [1.0, 2.0, None], 2.0),
        ("last", ["a", ""], ""),
        ("last", [1.0, NAN], NAN),
        ("last", [3.0, -0.0], -0.0),
        ("last", [True, False], False),
    ],
)
def test_an_aggregation_has_the_value_computed_by_hand(
    aggregation: str, values: list[Any], expected: Value
) -> None:
    assert bits(answer(aggregation, values)) == bits(expected)
    if aggregation != "last":
        assert bits(answer(aggregation, values[::-1])) == bits(expected)


@pytest.mark.parametrize("values", [[2**63 - 1, 1], [-(2**63), -1]])
def test_an_integer_sum_that_leaves_64_bits_is_an_error(values: list[int]) -> None:
    with pytest.raises(DataError) as caught:
        answer("sum", values)
    assert caught.value.code == "HW407"


@pytest.mark.parametrize("aggregation", ["sum", "mean", "std", "variance"])
def test_numbers_are_demanded_where_text_has_no_meaning(aggregation: str) -> None:
    with pytest.raises(SpecError, match="type str") as caught:
        answer(aggregation, ["1", "2"])
    assert caught.value.code == "HW205"


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(FINITE.map(lambda x: x / 1024), min_size=1, max_size=12))
def test_a_sum_agrees_with_the_exact_sum_of_the_standard_library(values: list[float]) -> None:
    assert answer("sum", values) == math.fsum(values)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=8))
def test_a_standard_deviation_brackets_the_exact_root(values: list[float]) -> None:
    """No float is nearer: the exact variance lies between the squares of the half-way points."""
    std = answer("std", values)
    assert isinstance(std, float)
    exact = statistics.variance(map(Fraction, values))
    above = (Fraction(std) + Fraction(math.nextafter(std, INF))) / 2
    below = (Fraction(std) + Fraction(math.nextafter(std, -INF))) / 2
    assert max(below, Fraction(0)) ** 2 <= exact <= above**2


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


# R8 and R9

THIRDS = (0.5, 0.25, 0.25)


def split(
    as_of: list[int | None],
    *,
    fractions: tuple[float, float, float] = THIRDS,
    **changes: Any,
) -> tuple[list[Any], list[Any]]:
    known = changes.get("label_known", list(as_of))
    value = changes.get("label_value", [1] * len(as_of))
    return reference_split(
        as_of,
        value,
        label_known=known,
        fractions=fractions,
        filtered=changes.get("filtered"),
    )


def test_parts_follow_time_and_not_the_order_of_rows() -> None:
    parts, reasons = split([40, 10, 30, 20])
    assert parts == ["test", "train", "validation", "train"]
    assert reasons == [None] * 4


def test_ties_of_a_boundary_go_to_the_later_part() -> None:
    assert split([10, 20, 20, 20])[0] == ["train", "test", "test", "test"]
    assert split([10, 20, 20, 30])[0] == ["train", "validation", "validation", "test"]
    assert split([5, 5, 5, 5])[0] == ["test"] * 4


def test_a_training_row_whose_label_came_after_the_first_validation_moment_is_purged() -> None:
    parts, reasons = split([10, 20, 30, 40], label_known=[30, 31, 40, 99])
    assert parts == ["train", None, "validation", "test"]
    assert reasons == [None, "purged", None, None]


def test_a_validation_row_is_purged_against_the_first_test_moment() -> None:
    parts, reasons = split([10, 20, 30, 40], label_known=[10, 20, 41, 10**9])
    assert parts == ["train", "train", None, "test"]
    assert reasons == [None, None, "purged", None]


def test_boundaries_do_not_move_when_rows_are_purged() -> None:
    known = [99, 99, 30, 99, 50, 60]
    parts, reasons = split([10, 20, 30, 40, 50, 60], label_known=known)
    assert parts == [None, None, "train", None, "test", "test"]
    assert reasons == ["purged", "purged", None, "purged", None, None]


def test_fractions_count_labelled_rows_only() -> None:
    as_of: list[int | None] = [1, 2, 3, 4, 10, 20, 30, 40]
    value = [None, None, None, None, 0, 1, 0, 1]
    parts, reasons = split(as_of, label_value=value)
    assert parts == [None] * 4 + ["train", "train", "validation", "test"]
    assert reasons == ["label_null"] * 4 + [None] * 4


def test_the_first_reason_in_the_order_of_the_books_is_given() -> None:
    parts, reasons = reference_split(
        [None, None, 7, 7, 7],
        [None, None, None, None, 0],
        label_known=[None, None, None, 7, 7],
        fractions=(1.0, 0.0, 0.0),
        filtered=[True, False, False, False, False],
    )
    assert reasons == ["filtered", "as_of_null", "label_never_known", "label_null", None]
    assert parts == [None, None, None, None, "train"]


def test_a_filtered_row_neither_counts_nor_sets_a_boundary() -> None:
    parts, _ = split([10, 20, 25, 30, 40], filtered=[False, False, True, False, False])
    assert parts == ["train", "train", None, "validation", "test"]


@pytest.mark.parametrize(
    ("fractions", "expected"),
    [
        ((1.0, 0.0, 0.0), ["train"] * 4),
        ((0.0, 1.0, 0.0), ["validation"] * 4),
        ((0.0, 0.0, 1.0), ["test"] * 4),
        ((0.5, 0.0, 0.5), ["train", "train", "test", "test"]),
    ],
)
def test_a_part_may_be_empty(fractions: tuple[float, float, float], expected: list[str]) -> None:
    assert split([10, 20, 30, 40], fractions=fractions)[0] == expected


def test_without_validation_training_is_purged_against_test() -> None:
    parts, reasons = split([10, 20, 30, 40], fractions=(0.5, 0.0, 0.5), label_known=[10, 31, 0, 0])
    assert parts == ["train", None, "test", "test"]
    assert reasons[1] == "purged"


def test_a_fraction_of_a_row_that_floats_miss_by_a_hair_is_whole() -> None:
    """0.7 + 0.1 is 0.7999999999999999, which must cut ten rows after the eighth."""
    assert boundaries(range(10), (0.7, 0.1, 0.2)) == (7, 8)


def test_no_rows_make_no_parts() -> None:
    assert split([]) == ([], [])
    assert split([None]) == ([None], ["as_of_null"])


@pytest.mark.parametrize("fractions", [(0.5, 0.5, 0.5), (1.5, -0.25, -0.25), (0.1, 0.1, 0.1)])
def test_fractions_that_do_not_divide_one_are_refused(
    fractions: tuple[float, float, float],
) -> None:
    with pytest.raises(SpecError) as caught:
        split([1, 2], fractions=fractions)
    assert caught.value.code == "HW209"


TIMES = st.one_of(st.none(), st.integers(0, 9))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.tuples(TIMES, st.one_of(st.none(), st.just(1)), TIMES, st.booleans())))
def test_the_books_balance_and_no_label_reaches_over_a_boundary(rows: list[Any]) -> None:
    as_of, value, known, filtered = ([row[i] for row in rows] for i in range(4))
    parts, reasons = reference_split(
        as_of, value, label_known=known, fractions=(0.6, 0.2, 0.2), filtered=filtered
    )
    assert all(
        (part is None) != (reason is None) for part, reason in zip(parts, reasons, strict=True)
    )
    for early, late in (("train", "validation"), ("train", "test"), ("validation", "test")):
        starts = [t for t, part in zip(as_of, parts, strict=True) if part == late]
        for t, clock, part in zip(as_of, known, parts, strict=True):
            if part == early and starts:
                assert t < min(starts)
                assert clock <= min(starts)


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
