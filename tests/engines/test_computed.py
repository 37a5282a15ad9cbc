"""Row expressions over data that they do not fit stop with the name and the number of rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.computed import computed
from headwater.errors import DataError

START = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = pl.DataFrame(
    {
        "key": ["a"] * 5,
        "at": [START + timedelta(hours=hour) for hour in range(5)],
        "i8": pl.Series([100] * 5, dtype=pl.Int8),
    }
)
SPINE = pl.DataFrame({"key": ["a"], "as_of": [START + timedelta(days=1)]})
twice = pl.col("i8") * 2
wide = pl.col("i8").cast(pl.Int64) * 2


def source(**declared: Any) -> hw.Source:
    return hw.Source("orders", hw.Frame(ROWS), event_time="at", known_time="at", **declared)


def enriched(*features: Any, derived: tuple[Any, ...] = (), **declared: Any) -> pl.DataFrame:
    view = hw.FeatureView("v", source(**declared), entity="key", features=features)
    found: pl.DataFrame = hw.enrich(SPINE, [view, *derived], as_of="as_of")
    return found


def refused(*features: Any, **rest: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        enriched(*features, **rest)
    assert caught.value.code == "HW410"
    assert "100" not in str(caught.value)
    return caught.value


def test_value_that_leaves_its_type_is_refused() -> None:
    error = refused(hw.Sum(twice, name="twice").over_all())
    assert "'value' cannot be computed: the Int8 result of * does not fit in 5 rows" in str(error)
    assert "cast(pl.Int64)" in str(error)
    assert error.place is not None


def test_condition_that_leaves_its_type_is_refused() -> None:
    error = refused(hw.Count(where=twice > 150, name="many").over_all())
    assert "'where' cannot be computed: the Int8 result of * does not fit in 5 rows" in str(error)


def test_derived_column_of_a_source_that_leaves_its_type_is_refused() -> None:
    error = refused(hw.Max("twice").over_all(), derive={"twice": twice})
    assert "'twice' cannot be computed: the Int8 result of * does not fit in 5 rows" in str(error)


def test_derived_column_of_features_that_leaves_its_type_is_refused() -> None:
    doubled = hw.Derived("doubled", pl.col("v__i8_last_all") * 2)
    error = refused(hw.Last("i8").over_all(), derived=(doubled,))
    assert "'doubled' cannot be computed: the Int8 result of * does not fit in 1 row" in str(error)


def test_label_that_leaves_its_type_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    orders = source(identity=("key", "at"))
    made = hw.TrainingSet(
        "made",
        spine=hw.Spine(orders, as_of="at"),
        features=[hw.FeatureView("v", orders, entity="key", features=[hw.Count().over_all()])],
        label=hw.Label("doubled", twice),
        split=hw.SplitByTime(train=0.4, validation=0.3, test=0.3),
    )
    with pytest.raises(DataError, match="'doubled' cannot be computed") as caught:
        hw.build(made)
    assert caught.value.code == "HW410"


def test_the_same_in_a_wider_type_is_right() -> None:
    features = (
        hw.Sum(wide, name="sum").over_all(),
        hw.Max(wide, name="max").over_all(),
        hw.Count(where=wide > 150, name="count").over_all(),
    )
    found = enriched(*features)
    assert found.select(pl.exclude("key", "as_of")).row(0) == (1_000, 200, 5)


def test_sum_of_products_beyond_64_bits_is_no_zero() -> None:
    frame = pl.DataFrame({"x": [2**62, -(2**62)]})
    with pytest.raises(DataError, match="the Int64 result of \\* does not fit in 2 rows"):
        computed(frame, {"value": pl.col("x") * 4}, place=None)
