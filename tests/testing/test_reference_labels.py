"""R8 to R10 of the reference, by cases computed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import SpecError
from headwater.testing.reference import Feature, Value
from headwater.testing.reference_labels import (
    ahead,
    ahead_known,
    boundaries,
    complete_through,
    is_mature,
    reference_split,
)
from headwater.testing.reference_versions import Versions

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
        mature=changes.get("mature"),
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


def test_a_label_filter_leaves_out_after_a_null_moment_and_before_all_about_the_label() -> None:
    parts, reasons = reference_split(
        [None, 7, 7, 7, 7, 7],
        [None, None, 1, None, None, 1],
        label_known=[None, None, 7, None, 8, 9],
        fractions=(1.0, 0.0, 0.0),
        filtered=[False, True, False, False, False, False],
        label_filtered=[True, True, True, False, False, False],
        mature=[False, False, True, False, False, True],
    )
    assert reasons == [
        "as_of_null",
        "filtered",
        "label_filtered",
        "label_never_known",
        "label_not_mature",
        None,
    ]
    assert parts == [None] * 5 + ["train"]


def test_a_row_that_is_not_mature_neither_counts_nor_sets_a_boundary() -> None:
    parts, reasons = split([10, 20, 25, 30, 40], mature=[True, True, False, True, True])
    assert parts == ["train", "train", None, "validation", "test"]
    assert reasons[2] == "label_not_mature"


# R8, ahead

ORDERS: list[dict[str, Any]] = [
    {"id": "a", "e": 99, "k": 99, "v": 1},
    {"id": "a", "e": 100, "k": 100, "v": 2},
    {"id": "a", "e": 109, "k": 112, "v": 4},
    {"id": "a", "e": 109, "k": 113, "v": 8},
    {"id": "a", "e": 109, "k": None, "v": 16},
    {"id": "a", "e": 110, "k": 110, "v": 32},
    {"id": "b", "e": 105, "k": 105, "v": 64},
]


def look_ahead(feature: Feature, *, delay: int = 0, as_of: int | None = 100) -> Value:
    (value,) = ahead(
        [{"id": "a", "t": as_of}],
        ORDERS,
        entity=("id",),
        as_of="t",
        event_time="e",
        sequence=None,
        feature=feature,
        delay=delay,
    )
    return value


def test_ahead_covers_the_moment_itself_and_ends_before_the_horizon() -> None:
    always = Feature("sum", "v", 10, ())
    assert look_ahead(always) == 2 + 4 + 8 + 16
    assert look_ahead(Feature("count", None, 10, ())) == 4
    assert look_ahead(always, as_of=None) is None
    assert look_ahead(always, as_of=111) is None


@pytest.mark.parametrize(("delay", "expected"), [(0, 2), (1, 2), (2, 6), (3, 14), (1000, 14)])
def test_ahead_counts_what_is_known_when_it_is_taken_and_nothing_later(
    delay: int, expected: int
) -> None:
    assert look_ahead(Feature("sum", "v", 10, (("k", 0),)), delay=delay) == expected


def test_ahead_reads_events_as_they_are_known_when_it_is_taken() -> None:
    clocks = dict.fromkeys(("id", "e", "v"), (("k", 0),))
    told = Versions(("event",), order=(("k", 0),), clocks=clocks)
    rows = [
        {"event": 1, "id": "a", "e": 105, "k": 105, "v": 1},
        {"event": 1, "id": "a", "e": 105, "k": 112, "v": 2},
        {"event": 1, "id": "a", "e": 110, "k": 114, "v": 3},
    ]
    found = []
    for delay in (0, 2, 4):
        found += ahead(
            [{"id": "a", "t": 100}], rows, entity=("id",), as_of="t", event_time="e",
            sequence=None, feature=Feature("sum", "v", 10, ()), delay=delay, versions=told,
        )  # fmt: skip
    assert found == [1, 2, None]


def test_ahead_needs_a_horizon() -> None:
    with pytest.raises(SpecError, match="horizon"):
        look_ahead(Feature("sum", "v", None, ()))


def test_a_label_ahead_is_known_at_the_end_of_its_horizon_and_the_delay() -> None:
    assert ahead_known(100, horizon=10, delay=3) == 113
    assert ahead_known(None, horizon=10, delay=3) is None


@pytest.mark.parametrize(("through", "expected"), [(112, False), (113, True), (None, False)])
def test_a_label_ahead_is_mature_once_its_source_is_complete(
    through: int | None, expected: bool
) -> None:
    assert is_mature(113, through=through) is expected
    assert is_mature(None, through=through) is False


def test_a_source_is_complete_through_its_last_known_time() -> None:
    assert complete_through(ORDERS, (("k", 0),)) == 113
    assert complete_through(ORDERS, (("e", 5),)) == 115
    assert complete_through([], (("k", 0),)) is None
    assert complete_through([{"k": None}], (("k", 0),)) is None
    with pytest.raises(SpecError, match="do not say how far"):
        complete_through(ORDERS, ())
