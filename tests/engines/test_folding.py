"""Statistics over rows, by group and without."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.folding import fold
from headwater.errors import DataError

FRAME = pl.DataFrame(
    {
        "carrier": ["AA", "ü", None, "AA", "ü", "ZZ"],
        "delay": [1e16, 2.0, 7.0, 1.0, None, None],
        "late": [True, False, None, True, True, False],
        "flight": [2**62, -1, 5, 3, 2**53 + 1, 0],
    }
)


def test_several_statistics_are_named_by_the_mapping() -> None:
    asked = {
        "rows": hw.Count(),
        "delays": hw.Count("delay"),
        "share": hw.Mean("late"),
        "total": hw.Sum("flight"),
        "middle": hw.Median("delay"),
    }
    assert fold(asked, FRAME) == {
        "rows": 6,
        "delays": 4,
        "share": 0.6,
        "total": 2**62 - 1 + 5 + 3 + 2**53 + 1,
        "middle": 4.5,
    }


def test_groups_are_sorted_and_leave_null_out() -> None:
    found = fold({"sum": hw.Sum("delay"), "rows": hw.Count()}, FRAME, by="carrier")
    assert list(found["sum"].items()) == [("AA", 1e16 + 1), ("ZZ", None), ("ü", 2.0)]
    assert list(found["rows"].items()) == [("AA", 2), ("ZZ", 1), ("ü", 2)]


def test_groups_of_days_and_of_integers() -> None:
    frame = pl.DataFrame({"day": [date(2024, 1, 2), date(2024, 1, 1), None], "n": [3, None, 3]})
    assert fold({"rows": hw.Count()}, frame, by="day")["rows"] == {
        date(2024, 1, 1): 1,
        date(2024, 1, 2): 1,
    }
    assert fold({"rows": hw.Count()}, frame, by="n") == {"rows": {3: 2}}


def test_a_condition_and_an_expression_are_computed_row_by_row() -> None:
    asked = {
        "late": hw.Mean(pl.col("delay") > 1.5, name="late", where=pl.col("carrier") != "AA"),
        "none": hw.Sum("delay", where=pl.lit(False)),
        "named": hw.Count("delay", where="late"),
    }
    assert fold(asked, FRAME) == {"late": 1.0, "none": None, "named": 2}


@pytest.mark.parametrize("dtype", [pl.Float32, pl.UInt8, pl.Int64, pl.UInt64, pl.Int128])
def test_numbers_of_every_width_are_summed(dtype: Any) -> None:
    frame = pl.DataFrame({"x": pl.Series([1, 2, None, 4], dtype=dtype)})
    asked = {"mean": hw.Mean("x"), "sum": hw.Sum("x"), "std": hw.Std("x")}
    assert fold(asked, frame) == {"mean": 7 / 3, "sum": 7, "std": pytest.approx(1.527525231652)}


def test_an_integer_sum_that_does_not_fit_is_an_error() -> None:
    frame = pl.DataFrame({"g": ["a", "a", "b"], "x": [2**63 - 1, 1, 1]})
    for by in (None, "g"):
        with pytest.raises(DataError, match="does not fit 64 bits") as caught:
            fold({"sum": hw.Sum("x")}, frame, by=by)
        assert caught.value.code == "HW407"
    assert fold({"mean": hw.Mean("x")}, frame, by="g")["mean"] == {"a": 2.0**62, "b": 1.0}


def test_integers_beyond_64_bits_are_an_error() -> None:
    frame = pl.DataFrame({"x": pl.Series([2**64 - 1], dtype=pl.UInt64)})
    with pytest.raises(DataError, match="UInt64 values do not fit 64-bit integers") as caught:
        fold({"sum": hw.Sum("x")}, frame)
    assert caught.value.code == "HW407"
    assert "test_folding.py" in str(caught.value.place)


def test_no_row_and_no_group() -> None:
    asked = {"rows": hw.Count(), "mean": hw.Mean("delay"), "values": hw.ValueCounts("carrier")}
    assert fold(asked, FRAME.clear()) == {"rows": 0, "mean": None, "values": {}}
    assert fold(asked, FRAME.clear(), by="carrier") == {"rows": {}, "mean": {}, "values": {}}
    nameless = FRAME.with_columns(carrier=pl.lit(None, pl.String))
    assert fold(asked, nameless, by="carrier") == {"rows": {}, "mean": {}, "values": {}}


def test_value_counts_and_medians_by_group() -> None:
    found = fold({"n": hw.ValueCounts("late"), "m": hw.Median("delay")}, FRAME, by="carrier")
    assert found["n"] == {"AA": {True: 2}, "ZZ": {False: 1}, "ü": {False: 1, True: 1}}
    assert found["m"] == {"AA": (1e16 + 1.0) / 2, "ZZ": None, "ü": 2.0}


def test_both_zeros_are_one_value_and_nan_is_a_value() -> None:
    frame = pl.DataFrame({"x": [0.0, -0.0, math.nan, math.nan, None]})
    for rows in (frame, frame[::-1]):
        found = fold({"n": hw.ValueCounts("x")}, rows)["n"]
        assert [str(value) for value in found] == ["0.0", "nan"]
        assert list(found.values()) == [2, 2]
