"""What was not known at a moment is told apart from what was, and replaced."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.sources import plan_source
from headwater.testing import changed, truncated, unknown

TIME = pl.Datetime("us", "UTC")
ROWS = pl.DataFrame(
    {"shop": ["a", "b", "c"], "at": [1, 5, 9], "paid": [4, 9, None], "price": [1.0, 2.0, 3.0]},
    schema_overrides={"at": TIME, "paid": TIME},
)


def source(**given: Any) -> hw.Source:
    declared = {"known_time": "paid", "known_times": {"shop": "at", "at": "at"}}
    return hw.Source(
        "sales", hw.Frame(ROWS), event_time="at", null_known_time="never", **(declared | given)
    )


def test_a_value_is_unknown_until_the_moment_of_its_clock() -> None:
    assert unknown(source(), ROWS, at=8).to_dict(as_series=False) == {
        "shop": [False, False, True],
        "at": [False, False, True],
        "paid": [False, True, True],
        "price": [False, True, True],
    }
    assert unknown(source(), ROWS, at=9)["price"].to_list() == [False, False, True]


def test_what_is_cut_off_has_neither_later_values_nor_later_rows() -> None:
    assert truncated(source(), ROWS, at=8)["price"].to_list() == [1.0, None]
    assert truncated(source(), ROWS, at=8)["shop"].to_list() == ["a", "b"]


def test_what_was_known_stays_and_the_rest_becomes_something_else() -> None:
    prices = set()
    for seed in range(20):
        other = changed(source(), ROWS, at=8, seed=seed)
        assert other.filter(shop="a", price=1.0).height == 1
        prices |= {*other.filter(shop="b")["price"]}
    assert None in prices
    assert 2.0 not in prices


def test_a_source_and_what_a_plan_has_of_it_give_the_same() -> None:
    plan = plan_source(source(), Faults())
    assert plan is not None
    assert changed(plan, ROWS, at=5, seed=3).equals(changed(source(), ROWS, at=5, seed=3))


def test_the_faults_of_a_source_are_told() -> None:
    with pytest.raises(SpecError, match="payed"):
        unknown(source(known_time="payed"), ROWS, at=5)
    with pytest.raises(SpecError, match="reader"):
        unknown(hw.Source("sales", 3, event_time="at"), ROWS, at=5)
