"""Checks over rows: what is read, what is counted, what may break."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.checking import CheckResult, check_rows, check_source
from headwater.plan.faults import Faults
from headwater.plan.sources import plan_source

AT = datetime(2024, 3, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {
        "at": [AT] * 4,
        "amount": [1.0, None, -3.0, 4.0],
        "note": ["x", "x", None, "y"],
        "never read": [1, 2, 3, 4],
    }
)


def check_orders(*contract: Any, **options: Any) -> list[CheckResult]:
    faults = Faults()
    declared = hw.Source("orders", hw.Frame(ORDERS), event_time="at", contract=contract, **options)
    plan = plan_source(declared, faults)
    faults.raise_all()
    assert plan is not None
    return check_source(plan)


def test_each_check_of_a_contract_is_asked_in_order() -> None:
    found = check_orders(hw.Unique("note"), hw.NotNull("amount"), hw.Between("amount", 0))
    assert [(one.source, one.check, one.columns, one.broken) for one in found] == [
        ("orders", "Unique", ("note",), 1),
        ("orders", "NotNull", ("amount",), 1),
        ("orders", "Between", ("amount",), 1),
    ]


def test_derived_columns_are_checked_too() -> None:
    found = check_orders(
        hw.Between("double", 0, 6, where=pl.col("double").is_not_null()),
        derive={"double": pl.col("amount") * 2},
    )
    assert [(one.rows, one.broken) for one in found] == [(3, 2)]


def test_without_a_contract_nothing_is_read() -> None:
    assert check_orders() == []


@pytest.mark.parametrize(
    ("at_most", "rows", "allowed"),
    [(0, 100, 0), (7, 3, 7), (0.29, 100, 29), (0.07, 100, 7), (1e-5, 99_999, 0), (1.0, 5, 5)],
)
def test_a_share_is_taken_as_it_is_written(at_most: Any, rows: int, allowed: int) -> None:
    frame = pl.DataFrame({"a": [1] * rows})
    assert check_rows(hw.NotNull("a", at_most=at_most), frame, source="s").allowed == allowed


def test_a_share_is_one_of_the_rows_that_are_asked() -> None:
    frame = pl.DataFrame({"a": [None, 1, None, None], "b": [True, True, False, None]})
    found = check_rows(hw.NotNull("a", where="b", at_most=0.5), frame, source="s")
    assert (found.rows, found.broken, found.allowed, found.passed) == (2, 1, 1, True)


def test_a_result_says_in_words_what_was_found() -> None:
    frame = pl.DataFrame({"a": [None] * 2000, "b": [1] * 2000})
    assert str(check_rows(hw.NotNull("a"), frame, source="s")) == (
        "NotNull(a): 2,000 of 2,000 rows break it, none may"
    )
    assert str(check_rows(hw.Unique("a", "b", at_most=1500), frame, source="s")) == (
        "Unique(a, b): 0 of 2,000 rows break it, 1,500 may"
    )


def test_a_result_survives_as_plain_values() -> None:
    (found,) = check_orders(hw.NotNull("amount", "note", on_break="warn"))
    assert found.to_dict() == {
        "source": "orders",
        "check": "NotNull",
        "columns": ["amount", "note"],
        "rows": 4,
        "broken": 2,
        "allowed": 0,
        "on_break": "warn",
        "passed": False,
    }
    assert CheckResult.of(found.to_dict()) == found
