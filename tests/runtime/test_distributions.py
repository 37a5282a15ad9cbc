"""Distributions: one set of bins for all parts, and how far a part moved from training."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.runtime.distributions import BINS, distribution

NUMBERS = st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), max_size=40)


def numbers(**parts: list[Any]) -> dict[str, Any]:
    return distribution("x", {name: pl.Series(values) for name, values in parts.items()})


def words(**parts: list[Any]) -> dict[str, Any]:
    typed = {name: pl.Series(values, dtype=pl.String) for name, values in parts.items()}
    return distribution("x", typed)


def test_few_values_have_a_bin_each() -> None:
    found = numbers(train=[1, 1, 2, 4, None], test=[4, 4, 9, 0])
    assert found["kind"] == "number"
    assert found["values"] == [1, 2, 4]
    assert found["edges"] == [0.5, 1.5, 3.0, 5.0]
    assert found["parts"]["train"]["counts"] == [2, 1, 1]
    assert found["parts"]["train"]["nulls"] == 1
    assert found["parts"]["test"]["counts"] == [1, 0, 3]  # what lies beyond is in the outermost


def test_many_values_share_bins_of_equal_width_and_the_outermost_take_what_lies_beyond() -> None:
    found = numbers(train=[*range(1_000), 10**9], test=[-5.0, 0.0, 5e9])
    assert found["values"] is None
    assert len(found["edges"]) == BINS + 1
    assert found["edges"][-1] < 1_000
    assert sum(found["parts"]["train"]["counts"]) == 1_001
    assert found["parts"]["test"]["counts"][0] == 2
    assert found["parts"]["test"]["counts"][-1] == 1
    assert found["parts"]["train"]["quantiles"]["most"] == 1e9


def test_a_value_that_nearly_all_rows_have_leaves_room_for_the_others() -> None:
    found = numbers(train=[0] * 100_000 + [*range(1, 31)])
    assert (found["edges"][0], found["edges"][-1]) == (0, 30)


@pytest.mark.parametrize("value", [0.0, 7.0, -1e300, 5e-324])
def test_one_value_alone_has_a_bin_with_some_width(value: float) -> None:
    found = numbers(train=[value] * 3)
    low, high = found["edges"]
    assert low < value < high
    assert found["parts"]["train"]["counts"] == [3]


@given(train=NUMBERS, test=NUMBERS)
def test_every_row_is_in_a_bin_or_missing(train: list[Any], test: list[Any]) -> None:
    parts = {"train": train, "test": test}
    typed = {name: pl.Series(values, dtype=pl.Float64) for name, values in parts.items()}
    found = distribution("x", typed)
    assert all(math.isfinite(edge) for edge in found["edges"])
    assert found["edges"] == sorted(found["edges"])
    for name, values in parts.items():
        part = found["parts"][name]
        lost = sum(value is None or not math.isfinite(value) for value in values)
        assert part["nulls"] == lost
        assert sum(part["counts"]) + lost == part["rows"] == len(values)
        assert len(part["counts"]) == len(found["edges"]) - 1
        assert all(map(math.isfinite, part["quantiles"].values()))
    moved = found["parts"]["test"]["moved"]
    assert moved is None if not (train and test) else 0 <= moved <= 1


def test_what_did_not_move_moved_by_nothing() -> None:
    values = [None, *range(99)]
    part = numbers(train=values, test=values)["parts"]["test"]
    assert (part["moved"], part["psi"]) == (0.0, 0.0)


def test_moved_is_the_share_of_rows_that_would_have_to_change_place() -> None:
    part = words(train=["a"] * 6 + ["b"] * 4, test=["a"] * 3 + ["b"] * 7)["parts"]["test"]
    assert part["moved"] == pytest.approx(0.3)
    expected = (0.3 - 0.6) * math.log(0.3 / 0.6) + (0.7 - 0.4) * math.log(0.7 / 0.4)
    assert part["psi"] == pytest.approx(expected)


def test_missing_values_have_a_place_of_their_own() -> None:
    part = numbers(train=[1.0] * 10, test=[1.0] * 5 + [None] * 5)["parts"]["test"]
    assert part["moved"] == pytest.approx(0.5)


def test_a_bin_that_a_part_does_not_have_leaves_the_index_finite() -> None:
    part = words(train=["a"] * 10, test=["b"] * 10)["parts"]["test"]
    assert part["moved"] == 1.0
    half = 0.5 / 10.5  # an empty bin counts as half a row
    assert part["psi"] == pytest.approx(2 * (1 - 2 * half) * math.log((1 - half) / half))


def test_categories_come_by_how_common_they_are_then_by_name() -> None:
    found = words(train=["b", "a", "c", "c", None], test=["a", "z", None])
    assert found["kind"] == "category"
    assert (found["values"], found["distinct"]) == (["c", "a", "b"], 3)
    assert found["parts"]["train"]["counts"] == [2, 1, 1, 0]  # last, what is none of these
    assert found["parts"]["test"]["counts"] == [0, 1, 0, 1]
    assert found["parts"]["test"]["unseen"] == 1
    assert found["parts"]["test"]["nulls"] == 1


def test_without_others_there_is_no_bin_for_them() -> None:
    found = words(train=["a", "b"], test=["a"])
    assert found["parts"]["train"]["counts"] == [1, 1]


def test_rare_categories_are_counted_together_and_are_not_unseen() -> None:
    names = [f"n{number:02}" for number in range(12)]
    found = words(train=names * 2, test=names)
    assert found["values"] == names[:8]
    assert found["parts"]["test"]["counts"] == [*[1] * 8, 4]
    assert found["parts"]["test"]["unseen"] == 0
    assert found["parts"]["test"]["moved"] == 0.0


def test_booleans_are_categories() -> None:
    parts = {"train": pl.Series([True, False, True]), "test": pl.Series([None], dtype=pl.Boolean)}
    found = distribution("x", parts)
    assert found["values"] == ["true", "false"]
    assert found["parts"]["test"] == {
        "rows": 1, "nulls": 1, "counts": [0, 0], "unseen": 0,
        "psi": found["parts"]["test"]["psi"], "moved": 1.0,
    }  # fmt: skip


def test_an_input_without_any_value_is_said_to_have_none() -> None:
    typed = {name: pl.Series([None], dtype=pl.Float64) for name in ("train", "test")}
    found = distribution("x", typed)
    assert found["parts"]["train"]["quantiles"] == {}
    assert found["parts"]["test"]["moved"] == 0.0
