from __future__ import annotations

import math

import polars as pl
import pytest

from headwater.spec.row_samples import sample_frame, samples

TYPES: list[pl.DataType] = [
    pl.Boolean(),
    pl.Int8(),
    pl.UInt16(),
    pl.Int64(),
    pl.Int128(),
    pl.Float32(),
    pl.Float64(),
    pl.Decimal(12, 2),
    pl.String(),
    pl.Binary(),
    pl.Date(),
    pl.Time(),
    pl.Datetime("ms", "Europe/Paris"),
    pl.Datetime("us"),
    pl.Datetime("ns", "UTC"),
    pl.Duration("ns"),
    pl.Categorical(),
    pl.Enum(["low", "high"]),
    pl.List(pl.List(pl.Float64())),
    pl.Array(pl.Datetime("ns"), 3),
    pl.Struct({"x": pl.Int64(), "y": pl.List(pl.String)}),
]


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_rows_have_the_type_with_values_nulls_and_duplicates(dtype: pl.DataType) -> None:
    column = sample_frame({"c": dtype}, ["c"])["c"]
    assert column.dtype == dtype
    assert 0 < column.null_count() < len(column)
    assert column.drop_nulls().n_unique() > 1 or dtype.is_nested()
    assert column.drop_nulls().n_unique() < column.len() - column.null_count()


@pytest.mark.parametrize("dtype", [pl.Null(), pl.Object()], ids=str)
def test_type_without_values_is_null(dtype: pl.DataType) -> None:
    column = sample_frame({"c": dtype}, ["c"])["c"]
    assert column.dtype == dtype
    assert column.null_count() == len(column)


def test_floats_hold_nan_infinities_and_both_zeros() -> None:
    values = samples(pl.Float64()).to_list()
    assert any(math.isnan(value) for value in values)
    assert {math.inf, -math.inf} <= set(values)
    assert {math.copysign(1, value) for value in values if value == 0} == {1.0, -1.0}


def test_columns_that_are_not_read_are_null() -> None:
    frame = sample_frame({"a": pl.Int64(), "b": pl.Struct({"x": pl.Int8()})}, ["a"])
    assert frame["b"].null_count() == frame.height
    assert frame["a"].null_count() < frame.height


def test_types_may_be_given_as_classes() -> None:
    assert sample_frame({"a": pl.Int64}, ["a"]).schema == {"a": pl.Int64}  # type: ignore[dict-item]
