"""Edge frames have the columns of what was seen, and the ends of every type."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
import pytest

from headwater.testing.frame_edges import edge_frames

SEEN: dict[str, tuple[pl.DataType, list[Any]]] = {
    "small": (pl.Int8(), [1, 127]),
    "natural": (pl.UInt64(), [0, 3]),
    "real": (pl.Float64(), [1.5, None]),
    "single": (pl.Float32(), [0.5, 2.5]),
    "exact": (pl.Decimal(10, 2), ["1.50", "2.00"]),
    "flag": (pl.Boolean(), [True, True]),
    "both": (pl.Boolean(), [True, False]),
    "word": (pl.String(), ["b", "a"]),
    "moment": (pl.Datetime("us", "Europe/Zurich"), [datetime(2024, 5, 1, tzinfo=UTC), None]),
    "naive": (pl.Datetime("ns"), [datetime(2024, 5, 1), None]),
    "day": (pl.Date(), [date(2024, 5, 1), None]),
    "wait": (pl.Duration("ms"), [timedelta(hours=3), None]),
    "hour": (pl.Time(), [time(3), None]),
    "list": (pl.List(pl.Int64()), [[1], None]),
    "nothing": (pl.Float64(), [None, None]),
}


def seen(name: str) -> pl.DataFrame:
    dtype, values = SEEN[name]
    return pl.DataFrame({name: pl.Series(values).cast(dtype)})


@pytest.mark.parametrize("name", SEEN)
def test_every_frame_has_the_columns_and_types_of_what_was_seen(name: str) -> None:
    frame = seen(name)
    frames = edge_frames(frame)
    assert {edge: one.schema for edge, one in frames.items()} == dict.fromkeys(frames, frame.schema)
    assert [frames[edge].height for edge in ("no row", "one row", "nulls only", "one value")] == [
        0, 1, 3, 3,
    ]  # fmt: skip
    assert frames["nulls only"][name].null_count() == 3
    assert frames["one value"][name].to_list() == frame[name].to_list()[:1] * 3
    assert frames["extremes"][name].is_null()[-1]


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("small", [-128, 127, 0, None]),
        ("natural", [0, 2**64 - 1, 0, None]),
        ("flag", [True, False, None]),
        ("hour", [time(0), time(23, 59, 59, 999_999), None]),
        ("list", [None]),
    ],
)
def test_extremes_are_the_ends_of_the_type(name: str, ends: list[Any]) -> None:
    assert edge_frames(seen(name))["extremes"][name].to_list() == ends


def test_extremes_of_floats_hold_what_is_not_a_number_and_both_ends() -> None:
    values = edge_frames(seen("real"))["extremes"]["real"].drop_nulls().to_list()
    assert math.isnan(values[0])
    assert {math.inf, -math.inf, 5e-324, 1.7976931348623157e308} <= set(values)
    assert [math.copysign(1, value) for value in values if value == 0.0] == [-1.0]


def test_extremes_of_moments_lie_where_clocks_change_and_where_years_end() -> None:
    found = edge_frames(seen("moment"))["extremes"]["moment"].dt.convert_time_zone("UTC").to_list()
    assert datetime(2024, 3, 31, 1, tzinfo=UTC) in found
    assert datetime(9999, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC) in found


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("small", [None, 0]),  # 128 does not fit
        ("natural", [4, None]),
        ("real", [2.5, 0.5]),
        ("flag", [False]),
        ("both", [None]),
        ("word", ["b, not seen", "a, not seen"]),
        ("day", [date(2024, 5, 2), date(2024, 4, 30)]),
        ("wait", [timedelta(hours=27), timedelta(hours=-21)]),
        ("hour", [None]),
        ("nothing", [None]),
    ],
)
def test_unseen_values_are_beside_the_greatest_and_the_least(name: str, values: list[Any]) -> None:
    found = edge_frames(seen(name))["unseen values"][name]
    assert found.to_list() == values
    assert not set(found.drop_nulls()) & set(seen(name)[name])


def test_columns_of_many_types_stand_in_one_frame() -> None:
    frame = pl.concat([seen(name) for name in SEEN], how="horizontal")
    for edge, found in edge_frames(frame).items():
        assert found.schema == frame.schema, edge
    assert edge_frames(frame)["extremes"].height == 8
