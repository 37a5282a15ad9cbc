"""Clocks: the latest of moments, and what is decided about them without reading a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.schema.clocks import ALWAYS, Clock, Moment, latest

HOUR = 3_600_000_000
MOMENTS = st.builds(Moment, st.sampled_from(["at", "paid", "seen"]), st.integers(-3, 3))
CLOCKS = st.lists(MOMENTS, max_size=3).map(lambda moments: latest(*(Clock((m,)) for m in moments)))


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (Moment("at"), "at"),
        (Moment("at", 2 * HOUR), "at + 2h"),
        (Moment("at", -2 * HOUR), "at - 2h"),
    ],
    ids=["itself", "later", "earlier"],
)
def test_a_moment_is_a_column_and_how_much_later(moment: Moment, said: str) -> None:
    assert str(moment) == said


def test_a_clock_names_all_its_moments_and_that_of_nothing_is_always() -> None:
    assert str(Clock((Moment("at"), Moment("paid", HOUR)))) == "at and paid + 1h"
    assert str(ALWAYS) == str(latest()) == "always"


def test_the_latest_has_one_moment_per_column_sorted_whatever_the_order() -> None:
    paid, early, late = Moment("paid"), Moment("at", -HOUR), Moment("at", HOUR)
    expected = Clock((late, paid))
    assert latest(Clock((paid,)), Clock((late,)), Clock((early,))) == expected
    assert latest(Clock((early,)), Clock((late, paid)), ALWAYS) == expected
    assert latest(Clock((early,))) == Clock((early,))  # none is as if it were at zero


@pytest.mark.parametrize(
    ("clock", "verdict"),
    [
        (ALWAYS, "proved"),
        (Clock((Moment("at"),)), "proved"),
        (Clock((Moment("at", -1),)), "proved"),
        (Clock((Moment("at", 1),)), "refused"),
        (Clock((Moment("paid", -HOUR),)), "unknown"),
        (Clock((Moment("at"), Moment("paid"))), "unknown"),
        (Clock((Moment("at", 1), Moment("paid"))), "refused"),
    ],
    ids=str,
)
def test_what_shares_the_base_of_as_of_is_decided_without_a_row(clock: Clock, verdict: str) -> None:
    assert clock.known_by(Moment("at")) == verdict
    later = Clock(tuple(Moment(one.column, one.offset + 5) for one in clock.moments))
    assert later.known_by(Moment("at", 5)) == verdict


@given(first=CLOCKS, second=CLOCKS, third=CLOCKS)
def test_the_latest_is_a_join(first: Clock, second: Clock, third: Clock) -> None:
    assert latest(first, first) == latest(first, ALWAYS) == first
    assert latest(first, second) == latest(second, first)
    assert latest(latest(first, second), third) == latest(first, latest(second, third))


@given(first=CLOCKS, second=CLOCKS, as_of=MOMENTS)
def test_both_are_proved_or_one_is_refused_as_each_is_alone(
    first: Clock, second: Clock, as_of: Moment
) -> None:
    each = {first.known_by(as_of), second.known_by(as_of)}
    both = latest(first, second).known_by(as_of)
    assert (both == "proved") == (each == {"proved"})
    assert (both == "refused") == ("refused" in each)
