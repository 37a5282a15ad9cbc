"""Lengths of time: what is one, and the shortest text for each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.schema.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1us", 1),
        ("2ms", 2_000),
        ("3s", 3_000_000),
        ("4m", 240_000_000),
        ("5h", 18_000_000_000),
        ("6d", 518_400_000_000),
        ("7w", 4_233_600_000_000),
        ("1h30m", 5_400_000_000),
        ("0d", 0),
        ("90m", 5_400_000_000),
    ],
)
def test_a_text_is_numbers_with_units(text: str, microseconds: int) -> None:
    assert parse_duration(text) == microseconds


@pytest.mark.parametrize(
    "text", ["", "7", "d", "7 d", "7d ", " 7d", "-7d", "1.5h", "7D", "7mo", "7days", "1h,30m"]
)
def test_what_is_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration$"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("length", "microseconds"),
    [
        (timedelta(days=1, microseconds=1), 86_400_000_001),
        (timedelta(hours=-2), -7_200_000_000),
        (timedelta(0), 0),
    ],
)
def test_a_timedelta_is_exact_and_may_be_negative(length: timedelta, microseconds: int) -> None:
    assert parse_duration(length) == microseconds


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0s"),
        (1, "1us"),
        (999_999, "999ms999us"),
        (5_400_000_000, "1h30m"),
        (14 * 86_400_000_000, "14d"),
        (-5_400_000_000, "-1h30m"),
    ],
)
def test_a_length_is_written_in_its_largest_units(microseconds: int, text: str) -> None:
    assert format_duration(microseconds) == text


@given(st.integers(0, 10**18))
def test_what_is_written_is_read_back(microseconds: int) -> None:
    assert parse_duration(format_duration(microseconds)) == microseconds
    assert format_duration(-microseconds) in ("0s", "-" + format_duration(microseconds))
