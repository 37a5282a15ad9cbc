"""What the reference reads in event order, by cases told by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from headwater.errors import DataError
from headwater.testing.reference_order import WORDS
from headwater.testing.reference_words import Counted

NAN = math.nan


def answer(word: str, values: list[Any], ranks: str | None = None, **given: Any) -> Any:
    """The word over these values, oldest first; equal letters of `ranks` are ties."""
    letters: list[str | None] = [None] * len(values) if ranks is None else list(ranks)
    rows = [Counted(value, rank=rank) for value, rank in zip(values, letters, strict=True)]
    return WORDS[word](rows, given, None)


@pytest.mark.parametrize(
    ("word", "given", "expected"),
    [
        ("first", {}, 3.0),
        ("first_k", {"k": 2}, [3.0, -0.0]),
        ("first_k", {"k": 9}, [3.0, -0.0, 0.0, 5.0]),
        ("last_k", {"k": 2}, [0.0, 5.0]),
        ("lag", {"k": 1}, 0.0),
        ("lag", {"k": 4}, None),
        ("nth", {"n": 1}, -0.0),
        ("nth", {"n": 4}, None),
        ("nth", {"n": -4}, 3.0),
        ("nth", {"n": -5}, None),
        ("difference", {"k": 3}, 2.0),
        ("difference", {"k": 4}, None),
        ("percent_change", {"k": 3}, 5 / 3 - 1),
        ("percent_change", {"k": 2}, None),
        ("streak", {}, 1),
        ("change_count", {}, 2),
    ],
)
def test_words_of_four_floats(word: str, given: dict[str, Any], expected: Any) -> None:
    found = answer(word, [3.0, -0.0, 0.0, 5.0], **given)
    assert repr(found) == repr(expected) or found == pytest.approx(expected, rel=1e-15)
    assert answer(word, [], **given) == (0 if word in ("streak", "change_count") else None)


@pytest.mark.parametrize(
    ("word", "values", "expected"),
    [
        ("streak", [1.0, NAN, NAN], 2),
        ("streak", ["a", "b", "b", "b"], 3),
        ("streak", [0.0, -0.0], 2),
        ("change_count", [NAN, NAN, 0.0, -0.0, 1.0], 2),
        ("change_count", [[1, 2], [1, 2], [2, 1]], 1),
        ("first", [True, False], True),
    ],
)
def test_values_are_told_apart_as_they_are_counted(
    word: str, values: list[Any], expected: Any
) -> None:
    assert answer(word, values) == expected


@pytest.mark.parametrize(
    ("values", "difference", "relative"),
    [
        ([1, 5], 4, 4.0),
        ([False, True], 1, None),
        ([2**53, 2**53 + 1], 1, 2**-53),
        ([-4.0, -5.0], -1.0, -0.25),
        ([-1.7e308, 1.7e308], math.inf, 2.0),
        ([5e-324, 1.7e308], 1.7e308, math.inf),
        ([-5e-324, -1.7e308], -1.7e308, -math.inf),
        ([math.inf, 1.0], -math.inf, NAN),
        ([1.0, -math.inf], -math.inf, -math.inf),
        ([1.0, NAN], NAN, NAN),
        ([2.0, 2.0], 0.0, 0.0),
    ],
)
def test_changes_are_exact_and_rounded_once(
    values: list[Any], difference: Any, relative: float | None
) -> None:
    assert repr(answer("difference", values, k=1)) == repr(difference)
    assert repr(answer("percent_change", values, k=1)) == repr(relative)


def test_a_difference_of_integers_that_does_not_fit_is_an_error() -> None:
    assert answer("difference", [-1, 2**63 - 2], k=1) == 2**63 - 1
    with pytest.raises(DataError, match="HW407"):
        answer("difference", [-1, 2**63 - 1], k=1)


@pytest.mark.parametrize(
    ("word", "values", "ranks", "given", "expected"),
    [
        ("first", [1, 2, 3], "aab", {}, "HW404"),
        ("first", [1, 1, 3], "aab", {}, 1),
        ("first", [0.0, -0.0], "aa", {}, -0.0),
        ("last_k", [0.0, -0.0], "aa", {"k": 1}, [0.0]),
        ("last_k", [1, 2, 3], "aab", {"k": 1}, [3]),
        ("last_k", [1, 2, 3], "aab", {"k": 2}, "HW404"),
        ("lag", [1, 2, 3], "abb", {"k": 2}, 1),
        ("lag", [1, 2, 3], "abb", {"k": 1}, "HW404"),
        ("difference", [1, 2, 3, 9], "abbc", {"k": 3}, 8),
        ("difference", [1, 2, 3, 9], "abbc", {"k": 2}, "HW404"),
        ("streak", [1, 2, 3, 3], "aabc", {}, "HW404"),
        ("streak", [1, 2, 4, 3, 3], "aabcd", {}, 2),
        ("change_count", [1, 1, 3], "aab", {}, 1),
        ("change_count", [1, 2, 3], "aab", {}, "HW404"),
    ],
)
def test_a_tie_is_refused_where_one_of_its_rows_is_read(
    word: str, values: list[Any], ranks: str, given: dict[str, Any], expected: Any
) -> None:
    if expected == "HW404":
        with pytest.raises(DataError, match="HW404"):
            answer(word, values, ranks, **given)
    else:
        assert repr(answer(word, values, ranks, **given)) == repr(expected)
