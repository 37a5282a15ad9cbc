"""SplitByTime: fractions in the order of time, and why some are none."""

from __future__ import annotations

from typing import Any

import pytest

import headwater as hw
from headwater.spec.plain import fingerprint
from headwater.spec.split_by_time import PARTS


def split(train: Any, validation: Any, test: Any) -> hw.SplitByTime:
    return hw.SplitByTime(train=train, validation=validation, test=test)


def test_parts_come_in_the_order_of_time_and_empty_ones_are_not_asked_for() -> None:
    assert PARTS == ("train", "validation", "test")
    assert list(split(0.7, 0.15, 0.15).fractions) == ["train", "validation", "test"]
    assert split(0.8, 0, 0.2).fractions == {"train": 0.8, "test": 0.2}
    assert split(1, 0.0, 0).fractions == {"train": 1}


@pytest.mark.parametrize(
    "fractions",
    [(0.7, 0.15, 0.15), (1 / 3, 1 / 3, 1 / 3), (1, 0, 0), (0.6, 0.0, 0.4), (0.1, 0.2, 0.7)],
)
def test_fractions_that_add_up_to_one_are_a_split(fractions: tuple[Any, Any, Any]) -> None:
    assert split(*fractions).fault() is None


@pytest.mark.parametrize(
    ("fractions", "words"),
    [
        ((0.7, 0.2, 0.2), "add up to 1, found 1.1"),
        ((0.7, 0.2, 0.0), "add up to 1, found 0.9"),
        ((0, 0.5, 0.5), "train be above 0"),
        ((1.5, -0.5, 0), "lie in [0, 1]"),
        ((float("nan"), 0.5, 0.5), "lie in [0, 1]"),
        ((float("inf"), 0, 0), "lie in [0, 1]"),
        (("0.7", 0.15, 0.15), "must be numbers"),
        ((None, 0.5, 0.5), "must be numbers"),
    ],
)
def test_others_are_none_and_say_why(fractions: tuple[Any, Any, Any], words: str) -> None:
    assert words in str(split(*fractions).fault())


def test_equal_fractions_are_equal_splits_wherever_they_are_written() -> None:
    one = split(0.7, 0.15, 0.15)
    other = hw.SplitByTime(train=0.7, validation=0.15, test=0.15, place=None)
    assert one == other
    assert fingerprint(one) == fingerprint(other) != fingerprint(split(0.7, 0.2, 0.1))
    assert "test_split_by_time.py" in str(one.place)
