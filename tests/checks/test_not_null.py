"""NotNull: rows with a null are counted once."""

from __future__ import annotations

import polars as pl

import headwater as hw
from headwater.engines.checking import CheckResult, check_rows

ROWS = pl.DataFrame(
    {
        "carrier": ["UA", None, "", None],
        "delay": [1.0, 2.0, float("nan"), None],
        "flown": [True, False, None, True],
    }
)


def found(check: hw.NotNull) -> CheckResult:
    return check_rows(check, ROWS, source="flights")


def test_a_row_with_two_nulls_breaks_it_once() -> None:
    assert found(hw.NotNull("carrier", "delay")).broken == 2


def test_nan_and_an_empty_text_are_values() -> None:
    assert found(hw.NotNull("delay")).broken == 1
    assert found(hw.NotNull("carrier")).broken == 2


def test_only_rows_of_a_true_condition_are_asked() -> None:
    result = found(hw.NotNull("carrier", where="flown"))
    assert (result.rows, result.broken) == (2, 1)


def test_a_column_without_any_value_breaks_it_in_every_row() -> None:
    rows = pl.DataFrame({"a": [None, None]})
    assert check_rows(hw.NotNull("a"), rows, source="s").broken == 2
