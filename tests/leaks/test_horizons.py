"""A forecast h ahead reads nothing of the last h: lags count back from what was known by then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw

DAYS, HORIZON = 24, timedelta(days=3)
LAGS = (1, 2, 7)
FEATURES = [
    hw.Last("y").over_all(),
    *(hw.Lag("y", k).over_all() for k in LAGS),
    hw.Mean("y").over_rows(3, min_rows=3),
]


def series(y: pl.Expr) -> pl.DataFrame:
    """A value a day, at midnight."""
    at = pl.datetime(2024, 1, 1, time_zone="UTC") + pl.duration(days="day")
    days = pl.DataFrame({"day": range(DAYS)})
    return days.with_columns(at.alias("at"), y.cast(pl.Float64).alias("y"), shop=pl.lit("a"))


def view(frame: pl.DataFrame, **declared: Any) -> hw.FeatureView:
    source = hw.Source("days", hw.Frame(frame), event_time="at", **declared)
    return hw.FeatureView("past", source, entity="shop", features=FEATURES)


def asked_earlier(frame: pl.DataFrame) -> pl.DataFrame:
    """Each row asks what was known a horizon before it."""
    asked = frame.select("day", "shop", "at")
    past = view(frame, known_time="at")
    found: pl.DataFrame = hw.enrich(asked, [past], as_of=pl.col("at") - HORIZON)
    return found


def known_later(frame: pl.DataFrame) -> pl.DataFrame:
    """Each row asks at its own time, and rows are known a horizon after they happened."""
    asked, past = frame.select("day", "shop", "at"), view(frame, delay="3d")
    found: pl.DataFrame = hw.enrich(asked, [past], as_of="at")
    return found


WAYS = {"as_of a horizon before": (asked_earlier, 4), "a delay": (known_later, 3)}
"""With the age of the newest row in days: one at `as_of` itself is no history, so 4 and not 3."""


@pytest.mark.parametrize(("enriched", "age"), WAYS.values(), ids=list(WAYS))
def test_lag_k_for_a_horizon_is_k_rows_before_the_newest_that_was_known(
    enriched: Callable[[pl.DataFrame], pl.DataFrame], age: int
) -> None:
    found = enriched(series(pl.col("day")))

    def back(rows: int) -> list[float | None]:
        return [float(day - rows) if day >= rows else None for day in range(DAYS)]

    assert found["past__y_last_all"].to_list() == back(age)
    for k in LAGS:
        assert found[f"past__y_lag_{k}_all"].to_list() == back(age + k)
    means = found["past__y_mean_3rows_min_3rows"].to_list()
    assert means == [*[None] * (age + 2), *back(age + 1)[age + 2 :]]


@pytest.mark.parametrize(("enriched", "age"), WAYS.values(), ids=list(WAYS))
def test_no_value_of_the_last_horizon_moves_a_feature(
    enriched: Callable[[pl.DataFrame], pl.DataFrame], age: int
) -> None:
    whole = enriched(series(pl.col("day")))
    for day in range(DAYS):
        is_late = pl.col("day") > day - age
        moved = enriched(series(pl.when(is_late).then(-1e9).otherwise(pl.col("day"))))
        assert moved.row(day) == whole.row(day)
        older = pl.col("day") > day - age - 1
        reached = enriched(series(pl.when(older).then(-1e9).otherwise(pl.col("day"))))
        assert (reached.row(day) != whole.row(day)) == (day >= age)


def test_a_training_set_asks_before_what_it_forecasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "headwater.toml").write_text("seed = 1\n")
    monkeypatch.chdir(tmp_path)
    past = view(series(pl.col("day")), known_time="at", known_times={"shop": hw.ALWAYS})
    demand = hw.TrainingSet(
        "demand",
        spine=hw.Spine(past.source, as_of=pl.col("at") - pl.duration(days=3)),
        features=[past],
        label=hw.Label("demand", pl.col("y")),
        split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
    )
    train = hw.build(demand).to_polars("train")
    assert train["demand"].max() > 10
    assert set((train["demand"] - train["past__y_lag_1_all"]).drop_nulls()) == {5.0}
