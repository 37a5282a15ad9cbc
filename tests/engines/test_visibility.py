"""Clocks that are event time plus a constant are folded without a tree, where the data allow it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.engines import passes, state_passes
from headwater.engines.arrangement import arrange
from headwater.engines.edges import Limits
from headwater.engines.histories import Rows
from headwater.engines.visibility import Visibility
from headwater.engines.windows import window_features
from headwater.kernel.compile import compiled
from headwater.kernel.moments import add_words
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.plan.windows import Window
from headwater.testing.histories import ENTITY, WINDOWS, history
from headwater.testing.law_cases import merged

ADDITIVE = ("Count", "Sum", "Mean", "Variance", "Std")
CLOCKS: dict[str, Any] = {
    "always": hw.ALWAYS,
    "event time": "event_time",
    "half an hour after": pl.col("event_time") + pl.duration(minutes=30),
    "ten days ahead": pl.col("event_time") - pl.duration(days=10),
}


def planned(frame: pl.DataFrame, clock: Any, *features: Any, entity: Any = ENTITY) -> ViewPlan:
    source = hw.Source(
        "s", hw.Frame(frame), event_time="event_time", known_time=clock, null_known_time="never",
        sequence="sequence", zone="UTC",
    )  # fmt: skip
    faults = Faults()
    plan = plan_view(hw.FeatureView("v", source, entity=entity, features=features), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def folds_used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that are compiled from now on, by name, as they are asked for."""
    used: list[str] = []

    def noted(function: Any, signature: str, fold: type | None = None, extras: Any = ()) -> Any:
        used.append(function.__name__)
        return compiled(function, signature, fold, extras)

    for module in (passes, state_passes):
        monkeypatch.setattr(module, "compiled", noted)
    return used


def bits(frame: pl.DataFrame) -> dict[str, tuple[bytes, list[bool]]]:
    return {
        column.name: (column.fill_null(0).to_numpy().tobytes(), column.is_null().to_list())
        for column in frame.iter_columns()
    }


@pytest.mark.parametrize("word", ADDITIVE)
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_constant_clock_gives_the_bits_of_the_tree(
    word: str, clock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = getattr(hw, word)
    assert make.merge is add_words
    rows, spine = merged(map(history, range(80))).frames()
    whole = pl.col("quantity") % 1_000_003  # so that no sum of these leaves 64 bits
    folds = [make("amount"), make(whole, name="whole"), make("amount", name="w", where="flag")]
    features = [one for fold in folds for one in (fold.within(*WINDOWS), fold.over_all())]
    plan = planned(rows, CLOCKS[clock], *features)
    given, as_of = Rows(plan.source, rows), spine["as_of"].to_physical()
    monkeypatch.setattr(passes, "QUICK_FROM", 0)
    used = folds_used(monkeypatch)
    fast = window_features(plan, given, spine.select(ENTITY), as_of=as_of)
    assert set(used) == {"prefix_states", "window_results"}
    used.clear()
    monkeypatch.setattr(Visibility, "follows_events", lambda *_: False)
    slow = window_features(plan, given, spine.select(ENTITY), as_of=as_of)
    assert set(used) == {"activated_tree"}
    assert bits(fast) == bits(slow)
    assert sum(column.n_unique() for column in fast.iter_columns()) > 100


def test_a_clock_of_each_row_is_left_to_the_tree_though_its_data_follow_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passes, "QUICK_FROM", 0)
    used = folds_used(monkeypatch)
    rows = pl.DataFrame(
        {
            "key": ["a", "a"],
            "event_time": [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)],
            "seen_at": [datetime(2024, 1, 3, tzinfo=UTC), datetime(2024, 1, 4, tzinfo=UTC)],
            "sequence": [0, 0],
            "x": [1.0, 2.0],
        }
    )
    plan = planned(rows, "seen_at", hw.Sum("x").over_all(), entity="key")
    as_of = pl.Series([datetime(2024, 1, 3, 12, tzinfo=UTC)]).to_physical()
    found = window_features(
        plan, Rows(plan.source, rows), pl.DataFrame({"key": ["a"]}), as_of=as_of
    )
    assert found["v__x_sum_all"].to_list() == [1.0]
    assert used == ["activated_tree"]


def test_nanoseconds_whose_known_time_falls_within_a_microsecond_are_left_to_the_tree() -> None:
    """Event time is rounded down and known time up: 1,000.2 us is known after 1,000.0 us."""
    rows = pl.DataFrame(
        {
            "key": ["a", "a"],
            "event_time": pl.Series([1_000_200, 1_000_000], dtype=pl.Datetime("ns")),
            "sequence": [1, 2],
            "x": [1.0, 2.0],
        }
    )
    hour = timedelta(hours=1)
    clock = pl.col("event_time") + pl.duration(hours=1)
    plan = planned(rows, clock, hw.Sum("x").over_all(), entity="key")
    moments = [1_000 + hour // timedelta(microseconds=1) + late for late in (-1, 0, 1)]
    keys, as_of = pl.DataFrame({"key": ["a"] * 3}), pl.Series(moments, dtype=pl.Int64)
    history_ = Rows(plan.source, rows)
    seen = Visibility(history_, arrange(plan, history_, keys, as_of), 1)
    feature_clock = plan.features[0].clock
    assert np.diff(seen.known(feature_clock)).tolist() == [-1]
    assert not seen.follows_events(feature_clock)
    found = window_features(plan, history_, keys, as_of=as_of)
    assert found["v__x_sum_all"].to_list() == [None, 2.0, 3.0]


def test_what_features_share_is_computed_once() -> None:
    rows, spine = history(3).frames()
    plan = planned(rows, "known_time", hw.Sum("amount").within("1d"))
    given = Rows(plan.source, rows)
    arranged = arrange(plan, given, spine.select(ENTITY), spine["as_of"].to_physical())
    seen, clock = Visibility(given, arranged, 1), plan.features[0].clock
    assert seen.known(clock) is seen.known(clock)
    assert seen.changes(clock) is seen.changes(clock)
    one, other = (Limits((Window(length=n), Window(length=2))) for n in (1, 3))
    same = Limits(one.windows)
    assert seen.edges(one, clock)[0] is seen.edges(same, clock)[0]
    assert seen.edges(one, clock)[0] is not seen.edges(other, clock)[0]
