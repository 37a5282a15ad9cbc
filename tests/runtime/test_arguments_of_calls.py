"""Tests of calls with arguments of the wrong kind: coded, at the user's line, before any work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw

ROWS = pl.DataFrame({"x": [1.0, None, 3.0], "y": [0, 1, 0]})


@pytest.mark.parametrize("wrong", [None, "shop", hw.Count()], ids=repr)
def test_only_training_sets_are_built_and_only_models_trained(wrong: Any) -> None:
    for call, word in ((hw.build, "not a TrainingSet"), (hw.train, "not a Model")):
        with pytest.raises(hw.SpecError, match=word) as caught:
            call(wrong)
        assert caught.value.code == "HW211"
        assert "test_arguments_of_calls.py" in str(caught.value.place)


@pytest.mark.parametrize(
    "given", [{"seed": "1"}, {"seed": -1}, {"seed": True}, {"threads": 0}, {"threads": 1.5}]
)
def test_seed_and_threads_are_whole_numbers(given: dict[str, Any]) -> None:
    at = pl.Series([datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day) for day in range(9)])
    orders = hw.Source("o", hw.Frame(ROWS.head(0).clear(9).with_columns(at=at)), event_time="at")
    asked = hw.TrainingSet(
        "t",
        spine=hw.Spine(orders, as_of="at"),
        features=[],
        label=hw.Label("late", pl.col("y")),
        split=hw.SplitByTime(train=0.7, validation=0.0, test=0.3),
    )
    with pytest.raises(hw.SpecError, match="takes a whole number from") as caught:
        hw.build(asked, **given)
    assert caught.value.code == "HW211"


@pytest.mark.parametrize(
    "given",
    [{"label": pl.col("y")}, {"label": ["y"]}, {"columns": 3}, {"columns": pl.col("x")}],
)
def test_a_recipe_is_fitted_on_named_columns(given: dict[str, Any]) -> None:
    with pytest.raises(hw.SpecError) as caught:
        hw.Recipe(hw.ImputeMedian(hw.columns("x"))).fit(ROWS, **given)
    assert caught.value.code == "HW211"


def test_a_list_of_columns_is_told_how_it_is_written() -> None:
    with pytest.raises(hw.SpecError, match=r"hw\.columns\(\*names\)") as caught:
        hw.columns(["x", "y"])
    assert "test_arguments_of_calls.py" in str(caught.value.place)


@pytest.mark.parametrize("reader", [hw.Parquet, hw.Csv])
def test_the_path_of_a_file_is_text(reader: Any) -> None:
    with pytest.raises(hw.SpecError, match="the path of a file is text, found NoneType"):
        reader(None).schema()
