"""Spine: the rows to enrich, and the moment that each looks back from."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.spec.plain import fingerprint

ORDERS = hw.Source("orders", hw.Parquet("orders.parquet"), event_time="at", known_time="at")


def spine(rows: Any = ORDERS, **changes: Any) -> hw.Spine:
    return hw.Spine(rows, **({"as_of": "at"} | changes))


def test_rows_come_from_a_source_or_a_frame() -> None:
    assert spine().source is ORDERS
    assert spine(pl.DataFrame({"at": []})).source is None


def test_one_kept_column_may_be_given_by_its_name() -> None:
    assert spine(keep="amount").keep == ("amount",)
    assert fingerprint(spine(keep="amount")) == fingerprint(spine(keep=["amount"]))


def test_the_rows_of_a_frame_are_no_part_of_the_definition() -> None:
    one, other = spine(pl.DataFrame({"at": [1]})), spine(pl.DataFrame({"at": [2]}))
    assert one.definition() == other.definition()
    assert one.definition()["source"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"as_of": pl.col("at") - pl.duration(hours=1)},
        {"keep": ["amount"]},
        {"keep": ["amount", "user"]},
        {"keep": ["user", "amount"]},
        {"filter": pl.col("amount") > 1},
        {"filter": pl.col("amount") > 2},
    ],
)
def test_moment_kept_columns_in_order_and_filter_count(change: Any) -> None:
    found = {fingerprint(spine(**change)), fingerprint(spine())}
    assert len(found) == 2


def test_the_order_of_kept_columns_counts() -> None:
    assert fingerprint(spine(keep=["a", "b"])) != fingerprint(spine(keep=["b", "a"]))


def test_a_spine_knows_its_line_which_is_no_part_of_it() -> None:
    assert "test_spine.py" in str(spine().place)
    assert fingerprint(spine()) == fingerprint(spine(place=None))
