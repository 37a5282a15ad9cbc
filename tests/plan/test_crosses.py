"""Tests of crosses: which pairs of columns are made one, and that their number is bounded."""

from __future__ import annotations

import polars as pl

from headwater.plan.crosses import crosses

COLUMNS = {
    "price": pl.Decimal(10, 2),
    "items": pl.Int64(),
    "shop": pl.String(),
    "is_new": pl.Boolean(),
    "at": pl.Datetime("us", "UTC"),
}


def test_numbers_are_multiplied_and_divided_and_categories_paired() -> None:
    found = [one.derived.name for one in crosses(COLUMNS, most=30)]
    assert found == ["price_times_items", "price_per_items", "shop_and_is_new"]


def test_there_are_never_more_than_asked_for() -> None:
    many = {f"x{i}": pl.Float64() for i in range(100)}
    found = crosses(many, most=7)
    assert len(found) == 7
    assert len({one.derived.name for one in found}) == 7
    assert crosses(many, most=0) == []
