"""A small project that is run once, so that pages are of real runs."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from headwater import plugins
from headwater.runtime.project import load_project
from headwater.runtime.run import run_project

DEFINITIONS = textwrap.dedent(
    """
    import polars as pl

    import headwater as hw

    opened = pl.col("opened_at")
    orders = hw.Source(
        "orders",
        hw.Parquet("orders.parquet"),
        event_time="opened_at",
        known_time="closed_at",
        known_times={name: "opened_at" for name in ("shop", "is_gift", "amount")},
        sequence="number",
    )
    shop = hw.FeatureView(
        "shop",
        orders,
        entity="shop",
        features=[
            hw.Mean("days_late").within("2d", "10d"),
            hw.Count("days_late").within("2d"),
            hw.Last("amount").within("10d"),
        ],
    )
    late = hw.TrainingSet(
        "late_orders",
        spine=hw.Spine(
            orders, as_of=opened, keep=["amount", "shop", "is_gift"]
        ),
        features=[shop],
        label=hw.Label("late", pl.col("days_late") > 2),
        split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
        recipe=hw.Recipe(
            hw.ImputeMedian(hw.numeric()),
            hw.EncodeTarget(hw.strings()),
            hw.ScaleStandard(hw.numeric()),
        ),
    )
    model = hw.Model(
        "late_model_with_a_name_that_is_long_enough_to_wrap_on_a_phone",
        late,
        estimator="sklearn.linear_model.LogisticRegression",
        rule=pl.col("shop__days_late_mean_10d").fill_null(2.0) / 10,
        groups=pl.col("as_of").dt.date(),
    )
    clocks = hw.ClockComparison("clocks", model, at_event="at_opening")
    """
)


def orders(rows: int = 900) -> pl.DataFrame:
    """Orders of four shops over 90 days; each closes some days after it was opened."""
    chance = np.random.default_rng(5)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    minutes = np.sort(chance.integers(0, 90 * 24 * 60, rows))
    shop = chance.integers(0, 4, rows)
    late = np.maximum(0.0, np.round(1.2 * shop + chance.normal(0, 2.0, rows), 1))
    opened = [start + timedelta(minutes=int(minute)) for minute in minutes]
    amount = np.round(chance.gamma(2.0, 30.0, rows), 2)
    return pl.DataFrame(
        {
            "number": np.arange(rows),
            "shop": [f"shop {code} with a long name, in a distant town" for code in shop],
            "amount": [None if n % 9 == 0 else value for n, value in enumerate(amount)],
            "is_gift": chance.random(rows) < 0.2,
            "opened_at": opened,
            "days_late": late,
            "closed_at": [
                moment + timedelta(days=1 + float(days))
                for moment, days in zip(opened, late, strict=True)
            ],
        },
        schema_overrides={name: pl.Datetime("us", "UTC") for name in ("opened_at", "closed_at")},
    )


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The result of the project's first run; its page lies at `report`."""
    plugins.forget_projects()
    folder: Path = tmp_path_factory.mktemp("orders")
    (folder / "definitions.py").write_text(DEFINITIONS, encoding="utf-8")
    (folder / "headwater.toml").write_text('name = "orders"\nseed = 3\n', encoding="utf-8")
    orders().write_parquet(folder / "orders.parquet")
    return run_project(load_project(folder))
