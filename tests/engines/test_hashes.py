"""Hashes of columns: by value, not by how it is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from headwater.engines import hashes
from headwater.engines.hashes import hashes_of
from headwater.testing.reference_sketches import signed_hash

DAY = 86_400_000_000
AT = datetime(2024, 3, 1, tzinfo=UTC)
MICROSECONDS = 1_709_251_200_000_000


@pytest.mark.parametrize(
    ("values", "dtype", "stands_for"),
    [
        ([7, -1], pl.Int8(), [7, -1]),
        ([7, 2**64 - 1], pl.UInt64(), [7, -1]),
        ([7], pl.UInt64(), [7]),
        ([True, False], pl.Boolean(), [1, 0]),
        ([-0.0, 0.0, float("nan"), 2.5], pl.Float64(), [0.0, 0.0, float("nan"), 2.5]),
        ([2.5], pl.Float32(), [2.5]),
        (["", "ü", "more than eight bytes"], pl.String(), ["", "ü", "more than eight bytes"]),
        (["b", "a"], pl.Categorical(), ["b", "a"]),
        (["b", "a"], pl.Enum(["a", "b"]), ["b", "a"]),
        ([Decimal("1.50"), Decimal("-0.05")], pl.Decimal(38, 2), ["1.50", "-0.05"]),
        ([date(1970, 1, 2)], pl.Date(), [DAY]),
        ([AT], pl.Datetime("us", "UTC"), [MICROSECONDS]),
        ([AT], pl.Datetime("ms", "Europe/Zurich"), [MICROSECONDS]),
        ([AT], pl.Datetime("ns", "UTC"), [MICROSECONDS]),
        ([timedelta(days=-1)], pl.Duration("ms"), [-DAY]),
    ],
)
def test_a_value_has_the_hash_of_what_it_stands_for(
    values: list[Any], dtype: pl.DataType, stands_for: list[Any]
) -> None:
    found = hashes_of(pl.Series(values, dtype=dtype))
    assert found.tolist() == [signed_hash(one) for one in stands_for]


def test_every_nan_is_one_value() -> None:
    nans = (pl.Series([2**63 - 1, -1, 0x7FF8 << 48])).reinterpret(dtype=pl.Float64)
    assert len(set(hashes_of(nans).tolist())) == 1


def test_nanoseconds_are_told_apart() -> None:
    times = pl.Series([0, 1, 999, 1000, -1]).cast(pl.Datetime("ns"))
    assert len(set(hashes_of(times).tolist())) == 5


def test_nulls_and_no_rows_are_no_error() -> None:
    for dtype in (pl.String(), pl.Int64(), pl.UInt64(), pl.Float64(), pl.Datetime("us"), pl.Date()):
        assert len(hashes_of(pl.Series([None], dtype=dtype))) == 1
        assert len(hashes_of(pl.Series([], dtype=dtype))) == 0


def test_texts_hash_the_same_wherever_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    words = pl.Series([f"word {'x' * (i % 30)} {i}" for i in range(100)])
    whole = hashes_of(words).tolist()
    monkeypatch.setattr(hashes, "_TEXTS", 7)
    assert hashes_of(words).tolist() == whole == [signed_hash(word) for word in words]
