"""What a pass folds of a column, for every type of column."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.base import NAN_CODE
from headwater.aggregations.sum import Sum
from headwater.engines.values import NULL_CODE, Values, codes_of, fold_input
from headwater.errors import DataError

ROWS = np.array([2, 0, 1])
NO_ROWS = np.array([], np.int64)


def given(aggregation: Any, column: pl.Series, *, has_ties: bool = False) -> Any:
    values = pl.DataFrame({"value": column, "where": [True, None, True]})
    return fold_input(aggregation, Values(values, ROWS, has_ties=has_ties))


def test_rows_come_in_event_order_and_count_where_value_and_condition_hold() -> None:
    found = given(hw.Sum("x"), pl.Series([1.5, 2.5, None]))
    assert found.x.tolist()[1:] == [1.5, 2.5]
    assert found.valid.tolist() == [False, True, False]
    assert (found.functions, found.out) == (hw.Sum, "float64")


@pytest.mark.parametrize(
    ("column", "aggregation", "types"),
    [
        (pl.Series([1, 2, 3], dtype=pl.Int8), hw.Sum("x"), ("int64", "int64")),
        (pl.Series([1, 2, 3], dtype=pl.UInt64), hw.Sum("x"), ("int64", "int64")),
        (pl.Series([True, False, None]), hw.Sum("x"), ("int64", "int64")),
        (pl.Series([1, 2, 3], dtype=pl.Float32), hw.Sum("x"), ("float64", "float64")),
        (pl.Series([True, False, None]), hw.Mean("x"), ("float64", "float64")),
        (pl.Series([1, 2, 2**53]), hw.Mean("x"), ("float64", "float64")),
        (pl.Series([1, 2, -(2**53) - 1]), hw.Std("x"), ("int64", "float64")),
        (pl.Series(["a", "b", None]), hw.Count("x"), ("int64", "int64")),
        (pl.Series(["a", "b", None]), hw.Last("x"), ("int64", "int64")),
    ],
)
def test_types_that_are_folded_and_that_come_out(
    column: pl.Series, aggregation: Any, types: tuple[str, str]
) -> None:
    found = given(aggregation, column)
    assert (found.x.dtype.name, found.out) == types
    is_float = types[0] == "float64"
    assert found.functions is (type(aggregation) if is_float else found.functions)
    if not is_float and aggregation.integers is not None:
        assert found.functions is aggregation.integers


def test_integers_that_no_64_bits_hold_are_an_error() -> None:
    with pytest.raises(DataError, match="Int128 values do not fit") as caught:
        given(hw.Sum("x"), pl.Series([1, 2, 2**63], dtype=pl.Int128))
    assert caught.value.code == "HW407"


def test_a_member_that_does_not_say_so_is_not_given_unsigned_integers() -> None:
    @dataclass(frozen=True, slots=True)
    class Product(Sum):
        integers: ClassVar[type | None] = None

    column = pl.Series([1, 2, 2**63], dtype=pl.UInt64)
    assert given(hw.Sum("x"), column).x.dtype.name == "uint64"
    with pytest.raises(DataError, match="UInt64 values do not fit") as caught:
        given(Product("x"), column)
    assert caught.value.code == "HW407"


def test_a_null_counts_where_the_member_says_so() -> None:
    column = pl.Series([None, 1.5, 2.5])
    assert given(hw.Last("x"), column).valid.tolist() == [True, False, False]
    assert given(hw.Latest("x"), column).valid.tolist() == [True, True, False]
    codes = given(hw.Latest("x"), column, has_ties=True).x
    assert len(set((codes >> 1).tolist())) == 3


def test_last_reads_no_value_until_rows_tie() -> None:
    column = pl.Series(["b", "a", "b"])
    assert given(hw.Last("x"), column).x.tolist() == [0, 0, 0]
    codes = given(hw.Last("x"), column, has_ties=True).x.tolist()
    assert codes[0] == codes[1] > codes[2]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series(["ä", "z", "ä"]),
        pl.Series(["ä", "z", "ä"], dtype=pl.Categorical),
        pl.Series(["ä", "z", "ä"], dtype=pl.Enum(["z", "ä"])),
        pl.Series([True, False, True]),
        pl.Series([2**64 - 1, 0, 2**64 - 1], dtype=pl.UInt64),
        pl.Series([Decimal("1.1"), Decimal("1.10001"), Decimal("1.1")]),
        pl.Series([date(2024, 1, 1), date(1969, 1, 1), date(2024, 1, 1)]),
        pl.Series([time(1), time(2), time(1)]),
        pl.Series([timedelta(1), timedelta(-1), timedelta(1)]),
        pl.Series([b"\x00", b"", b"\x00"]),
        pl.Series([[1, None], [1], [1, None]]),
        pl.Series([{"a": 1, "b": "x"}, {"a": 1, "b": None}, {"a": 1, "b": "x"}]),
        pl.Series([[1, 2], [2, 1], [1, 2]], dtype=pl.Array(pl.Int64, 2)),
        pl.Series([math.nan, 1.0, math.nan]),
        pl.Series([0.5, 1.0, 0.5], dtype=pl.Float32),
    ],
    ids=lambda column: str(column.dtype)[:20],
)
def test_codes_of_every_type_tell_values_apart_above_their_last_bit(column: pl.Series) -> None:
    codes = given(hw.Last("x"), column, has_ties=True).x
    third, first, second = (codes >> 1).tolist()
    assert third == first != second


def test_zeros_differ_in_the_last_bit_only_and_the_positive_is_above() -> None:
    codes = given(hw.Last("x"), pl.Series([0.0, -0.0, 1.0]), has_ties=True).x.tolist()
    one, positive, negative = codes
    assert positive == negative + 1
    assert positive >> 1 == negative >> 1 < one >> 1


def test_no_row_at_all() -> None:
    values = pl.DataFrame({"value": pl.Series([], dtype=pl.Float64), "where": []})
    values = values.with_columns(pl.col("where").cast(pl.Boolean))
    found = fold_input(hw.Sum("x"), Values(values, NO_ROWS))
    assert (found.x.tolist(), found.valid.tolist()) == ([], [])


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([math.nan, -math.inf, -1e300, -1.5, -5e-324, -0.0, 0.0, 5e-324, 2.0, math.inf]),
        pl.Series([-7.5, -0.01, -0.0, 0.0, 0.01, 0.02, 1e6, math.nan]),
        pl.Series([-7.5, 0.0, 0.5], dtype=pl.Float32),
        pl.Series([0.0, -0.0]),
        pl.Series([math.nan]),
        pl.Series([-128, 0, 127], dtype=pl.Int8),
        pl.Series([0, 2**32 - 1], dtype=pl.UInt32),
        pl.Series([-(2**63), 2**63 - 1]),
        pl.Series([False, True]),
        pl.Series(["", "a", "b"]),
    ],
    ids=lambda column: f"{column.dtype} {column.len()}",
)
def test_codes_order_as_values_do_with_null_below_and_nan_above(column: pl.Series) -> None:
    order = column.sort(nulls_last=True)
    if column.dtype.is_float():  # Polars takes both zeros for one
        order = pl.Series(sorted(column.to_list(), key=rank_of), dtype=column.dtype)
    codes = codes_of(pl.concat([order, pl.Series([None], dtype=column.dtype)])).to_list()
    assert codes[-1] == NULL_CODE
    assert codes[:-1] == sorted(set(codes[:-1]))
    assert codes[0] >> 1 > NULL_CODE >> 1
    kept = dict(zip(map(str, order.to_list()), codes, strict=False))
    assert "nan" not in kept or kept["nan"] == NAN_CODE == max(codes)
    halves = {code >> 1 for code in codes[:-1]}
    assert len(halves) == len(codes) - 1 - ({"0.0", "-0.0"} <= kept.keys())


def rank_of(value: float) -> tuple[bool, float, float]:
    return math.isnan(value), 0.0 if math.isnan(value) else value, math.copysign(1.0, value)


def test_what_several_aggregations_read_is_computed_once() -> None:
    frame = pl.DataFrame({"value": [2.5, 1.5, 3.5], "where": [True, True, True]})
    values = Values(frame, ROWS)
    assert fold_input(hw.Sum("x"), values).x is fold_input(hw.Std("x"), values).x
    assert fold_input(hw.Min("x"), values).x is fold_input(hw.Max("x"), values).x
    assert fold_input(hw.Min("x"), values).x is not fold_input(hw.Sum("x"), values).x
    assert fold_input(hw.Min("x"), values).valid is fold_input(hw.Sum("x"), values).valid
