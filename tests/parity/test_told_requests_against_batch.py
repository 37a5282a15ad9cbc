"""One row that says how far its sources were told gets what batch gives it, in every window."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

import headwater as hw

DAY = 86_400_000_000
ROWS = 16


def moments(values: Any) -> pl.Series:
    return pl.Series(values).cast(pl.Datetime("us", "UTC"))


def view(rows: hw.Frame) -> list[hw.FeatureView]:
    source = hw.Source("orders", rows, event_time="at", known_time="known")
    features = []
    for member in (hw.Sum("paid"), hw.Last("paid"), hw.Median("paid"), hw.Count()):
        features += [
            member.within("1d", "5d"),
            member.within("2d", hop="1h"),
            member.over_rows(3),
            member.so_far("day", zone="Europe/Zurich"),
            member.over_session("6h"),
        ]
    return [hw.FeatureView("v", source, entity="k", features=features)]


def test_each_told_row_is_what_the_frame_says() -> None:
    rng = np.random.default_rng(3)
    at = rng.integers(0, 20 * DAY, 200)
    history = pl.DataFrame(
        {
            "k": rng.integers(0, 5, 200),
            "at": moments(at),
            "known": moments(at + rng.integers(0, DAY, 200)),
            "paid": rng.normal(size=200),
        }
    )
    as_of = rng.integers(DAY, 21 * DAY, ROWS)
    through = as_of - rng.integers(-DAY, DAY, ROWS)
    spine = pl.DataFrame(
        {"k": rng.integers(0, 6, ROWS), "t": moments(as_of), "through": moments(through)}
    ).with_columns(through=pl.when(pl.int_range(ROWS) % 7 != 0).then("through"))
    asked = {"as_of": "t", "complete_through": "through"}
    whole = hw.enrich(spine, view(hw.Frame(history.lazy())), **asked)
    assert whole["v__paid_sum_5d"].null_count() < ROWS
    standing = view(hw.Frame(history))
    for _ in range(2):
        alone = [hw.enrich(spine[row], standing, **asked).row(0) for row in range(ROWS)]
        assert repr(alone) == repr(whole.rows())
