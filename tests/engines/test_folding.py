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
        with pytest.raises(DataError, match="the sum does not fit 64 bits") as caught:
            fold({"sum": hw.Sum("x")}, frame, by=by)
        assert caught.value.code == "HW407"
        assert "cast(pl.Float64)" in str(caught.value.hint)
    assert fold({"mean": hw.Mean("x")}, frame, by="g")["mean"] == {"a": 2.0**62, "b": 1.0}


UNSIGNED = pl.DataFrame(
    {"g": ["a", "a", "b", "c"], "x": pl.Series([2**64 - 1, 2**64 - 3, 2**63, 7], dtype=pl.UInt64)}
)


def test_unsigned_integers_above_what_signed_ones_hold_are_folded_exactly() -> None:
    asked = {"mean": hw.Mean("x"), "variance": hw.Variance("x"), "std": hw.Std("x")}
    assert fold(asked, UNSIGNED, by="g") == {
        "mean": {"a": 2.0**64, "b": 2.0**63, "c": 7.0},
        "variance": {"a": 2.0, "b": None, "c": None},
        "std": {"a": math.sqrt(2.0), "b": None, "c": None},
    }
    assert fold({"n": hw.CountDistinct("x"), "rows": hw.Count("x")}, UNSIGNED) == {
        "n": 4,
        "rows": 4,
    }


def test_a_sum_of_unsigned_integers_fails_where_the_sum_itself_does_not_fit() -> None:
    small = UNSIGNED.filter(pl.col("g") == "c")
    mixed = pl.concat([small, UNSIGNED.clear()])
    assert fold({"sum": hw.Sum("x")}, mixed) == {"sum": 7}
    assert fold({"sum": hw.Sum("x", where=pl.col("g") == "c")}, UNSIGNED) == {"sum": 7}
    with pytest.raises(DataError, match="does not fit 64 bits") as caught:
        fold({"sum": hw.Sum("x")}, UNSIGNED)
    assert caught.value.code == "HW407"


def test_integers_beyond_64_bits_are_an_error() -> None:
    frame = pl.DataFrame({"x": pl.Series([2**64 - 1], dtype=pl.Int128)})
    with pytest.raises(DataError, match="Int128 values do not fit 64-bit integers") as caught:
        fold({"sum": hw.Sum("x")}, frame)
    assert caught.value.code == "HW407"
    assert "test_folding.py" in str(caught.value.place)


@pytest.mark.parametrize(
    ("column", "distinct"),
    [
        (pl.Series([0.0, -0.0, None, math.nan, math.nan, 3.5]), 3),
        (pl.Series([0.0, -0.0], dtype=pl.Float32), 1),
        (pl.Series([True, None, False, True]), 2),
        (pl.Series(["a", "b", None, "a", ""]), 3),
        (pl.Series(["a", "b", "a"], dtype=pl.Categorical), 2),
        (pl.Series(["b", "a", "b"], dtype=pl.Enum(["b", "a"])), 2),
        (pl.Series([date(2024, 1, 1), date(2024, 1, 1), None]), 1),
        (pl.Series([2**64 - 1, 2**64 - 2, 2**64 - 1], dtype=pl.UInt64), 2),
        (pl.Series([2**100, 2**100 + 1], dtype=pl.Int128), 2),
        (pl.Series([[1], [1], [2], None, []]), 3),
        (pl.Series([{"a": 1}, {"a": 2}, {"a": 1}]), 2),
        (pl.Series([None, None], dtype=pl.Int8), 0),
        (pl.Series([], dtype=pl.String), 0),
    ],
    ids=lambda value: str(getattr(value, "dtype", value))[:24],
)
def test_distinct_values_of_every_kind_are_counted(column: pl.Series, distinct: int) -> None:
    assert fold({"n": hw.CountDistinct("x")}, pl.DataFrame({"x": column})) == {"n": distinct}


def test_distinct_values_are_counted_by_group_and_where_a_condition_holds() -> None:
    asked = {"n": hw.CountDistinct("flight"), "late": hw.CountDistinct("flight", where="late")}
    found = fold(asked, FRAME, by="carrier")
    assert found["n"] == {"AA": 2, "ZZ": 1, "ü": 2}
    assert found["late"] == {"AA": 2, "ZZ": 0, "ü": 1}


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
