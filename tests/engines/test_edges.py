"""Starts that are moments of their own, windows before others, and starts that go back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.engines import passes
from headwater.engines.arrangement import arrange
from headwater.engines.edges import Limits
from headwater.engines.histories import Rows
from headwater.engines.visibility import Visibility
from headwater.engines.windows import folds, window_features
from headwater.kernel.passes import VALUE, sliding_multiset
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.plan.windows import Window
from headwater.testing import reference
from headwater.testing.histories import ENTITY, history

MINUTE = 60_000_000
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE


def frame_of(times: Sequence[int], **columns: Any) -> pl.DataFrame:
    frame = pl.DataFrame({"k": ["a"] * len(times), "at": times, **columns})
    return frame.with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))


def planned(frame: pl.DataFrame, *features: Any, known: Any = "at", entity: Any = "k") -> ViewPlan:
    source = hw.Source(
        "s", hw.Frame(frame), event_time="event_time" if entity != "k" else "at",
        known_time=known, null_known_time="never", zone="UTC",
    )  # fmt: skip
    faults = Faults()
    plan = plan_view(hw.FeatureView("v", source, entity=entity, features=features), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def asked(plan: ViewPlan, frame: pl.DataFrame, *moments: int) -> dict[str, list[Any]]:
    keys = pl.DataFrame({"k": ["a"] * len(moments)})
    as_of = pl.Series(moments, dtype=pl.Int64)
    found = window_features(plan, Rows(plan.source, frame), keys, as_of=as_of)
    return {
        name.removeprefix("v__"): values for name, values in found.to_dict(as_series=False).items()
    }


def test_a_hop_rounds_down_before_1970_too_and_the_start_belongs_to_the_window() -> None:
    frame = frame_of([-10 * MINUTE - 1, -10 * MINUTE, -5 * MINUTE, 0])
    plan = planned(frame, hw.Count().within("3m", hop="5m"))
    moments = [-2 * MINUTE - 1, -2 * MINUTE, 1, 3 * MINUTE, 8 * MINUTE, 8 * MINUTE + 1]
    assert asked(plan, frame, *moments)["count_3m_hop_5m"] == [2, 1, 2, 1, 0, 0]


def test_the_longest_windows_reach_back_from_the_ends_of_time() -> None:
    most = 1 << 62
    frame = frame_of([-most, most - 1])
    one = hw.Count()
    plan = planned(frame, one.within("1us", hop=f"{most}us"), one.over_session(f"{most}us"))
    assert asked(plan, frame, -most + 1, most) == {
        f"count_1us_hop_{most}us": [1, 1],
        f"count_session_{most}us": [1, 1],
    }


def test_windows_before_others_reach_back_from_the_ends_of_time() -> None:
    most = 1 << 62
    frame = frame_of([-most, most - 1])
    one = hw.Change(hw.Count())
    plan = planned(frame, one.within(f"{most}us"), one.within(f"{most - 1}us", hop=f"{most}us"))
    assert list(asked(plan, frame, -most + 1, most).values()) == [[1, 0], [1, 0]]


def test_the_window_before_ends_where_the_later_one_starts_and_holds_whole_hops() -> None:
    frame = frame_of([HOUR * hour for hour in range(-40, 40)])
    one, moments = hw.Change(hw.Count()), [HOUR * hour for hour in range(8, 13)]
    assert asked(planned(frame, one.within("6h")), frame, *moments)["count_change_6h"] == [0] * 5
    plan = planned(frame, hw.Change(hw.Count(), name="n").within("6h", hop="4h"))
    # starts at 0, 0, 4, 4, 4 o'clock, and eight hours before that
    (found,) = asked(plan, frame, *moments).values()
    assert found == [8 - 8, 9 - 8, 6 - 8, 7 - 8, 8 - 8]


def test_a_day_so_far_ends_when_the_next_begins() -> None:
    days = datetime(2024, 3, 30, 23, tzinfo=UTC), datetime(2024, 10, 26, 22, tzinfo=UTC)
    changes = [int(day.timestamp()) * 1_000_000 for day in days]
    lengths = [23 * HOUR, 25 * HOUR]
    for start, length in zip(changes, lengths, strict=True):
        frame = frame_of([start - 1, start, start + length - 1, start + length])
        plan = planned(frame, hw.Count().so_far("day", zone="Europe/Zurich"))
        moments = [start, start + 1, start + length - 1, start + length, start + length + 1]
        assert asked(plan, frame, *moments)["count_day_so_far"] == [0, 1, 1, 0, 1]


def test_a_session_ends_when_the_gap_has_passed_and_a_late_row_joins_two() -> None:
    frame = frame_of([0, 10, 20, 100], known=[0, 60, 20, 100]).with_columns(
        pl.col("known").cast(pl.Datetime("us", "UTC"))
    )
    plan = planned(frame, hw.Count(name="n").over_session("15us", "40us"), known="known")
    moments = [0, 1, 15, 16, 20, 21, 35, 36, 60, 61, 101]
    found = asked(plan, frame, *moments)
    assert found["n_session_15us"] == [0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1]
    assert found["n_session_40us"] == [0, 1, 1, 1, 1, 2, 2, 2, 3, 0, 1]


def test_the_newest_rows_count_nulls_and_only_what_meets_the_condition() -> None:
    frame = frame_of([1, 2, 3, 4, 5], x=[1, 2, None, 8, 16], keep=[True, True, True, False, True])
    one = hw.Sum("x", name="s", where="keep")
    plan = planned(frame, one.over_rows(1, 2, 3, 9), hw.Count("x", name="c").over_rows(3))
    found = asked(plan, frame, 5, 6)
    assert found["s_1rows"] == [None, 16]
    assert found["s_2rows"] == [2, 16]
    assert found["s_3rows"] == [3, 18]
    assert found["s_9rows"] == [3, 19]
    assert found["c_3rows"] == [2, 2]


@pytest.mark.parametrize("hop", [None, 7 * HOUR])
@pytest.mark.parametrize("known", ["known_time", "event_time"])
@pytest.mark.parametrize("quick_from", [0, 500_000])
def test_the_window_just_before_is_that_of_an_earlier_moment_known_now(
    hop: int | None, known: str, quick_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "QUICK_FROM", quick_from)
    checked = 0
    for seed in range(20):
        made = history(seed)
        if not made.rows or not made.spine:
            continue
        frame, spine = made.frames()
        one = hw.Sum("quantity", name="s").within("1d", hop=None if hop is None else "7h")
        plan = planned(frame, one, hw.CountDistinct("note", name="n").within("1d"),
                       known=known, entity=ENTITY)  # fmt: skip
        features = [replace(f, window=f.window.earlier() or f.window) for f in plan.features]
        as_of = spine["as_of"].to_physical()
        named = "" if hop is None else "_hop_7h"
        found = window_features(
            replace(plan, features=tuple(features)), Rows(plan.source, frame),
            spine.select(ENTITY), as_of=as_of,
        )  # fmt: skip
        for word, column, values in (("sum", "quantity", found[f"v__s_1d{named}"]),
                                     ("count_distinct", "note", found["v__n_1d"])):  # fmt: skip
            step = hop if hop is not None and word == "sum" else 1
            ends = [None if t is None else (t - DAY) // step * step for t in as_of]
            feature = reference.Feature(word, column, None, ((known, 0),))
            wanted = []
            for end, t, row in zip(ends, as_of, made.spine, strict=True):
                start = None if end is None else (end - DAY) // step * step
                rows = [r for r in made.rows if start is not None and r["event_time"] >= start]
                wanted += reference.answers_at(
                    [(end, t)], [row], rows, entity=ENTITY, event_time="event_time",
                    sequence=None, feature=feature, versions=None,
                )  # fmt: skip
            assert values.to_list() == wanted
            checked += sum(value not in (None, 0) for value in wanted)
    assert checked > 5


def test_starts_that_go_back_are_left_to_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second row is known when the first one's session has passed, and continues it."""
    monkeypatch.setattr(passes, "QUICK_FROM", 0)
    frame = frame_of([0, 10, 11], x=[1, 2, 4])
    late = pl.col("at") + pl.duration(microseconds=8)
    plan = planned(frame, hw.Sum("x").over_session("10us"), hw.Sum("x").over_rows(2), known=late)
    assert asked(plan, frame, 9, 12, 18, 19, 20) == {
        "x_sum_session_10us": [1, None, 3, 7, 7],
        "x_sum_2rows": [1, 1, 3, 6, 6],
    }
    keys, as_of = pl.DataFrame({"k": ["a"] * 2}), pl.Series([12, 18])
    rows = Rows(plan.source, frame)
    seen, clock = Visibility(rows, arrange(plan, rows, keys, as_of), 1), plan.features[0].mask
    every = np.ones(3, np.bool_)
    assert seen.follows_events(clock)
    assert not seen.starts_rise(Limits((Window(gap=10),), every), clock)
    assert seen.starts_rise(Limits((Window(gap=100),), every), clock)
    assert seen.starts_rise(Limits((Window(rows=1),), every), clock)


def test_values_in_sight_are_taken_back_where_a_start_falls() -> None:
    low, high = np.array([[2, 0, 1]]), np.array([2, 3, 3])
    out, status = np.zeros((1, 3), np.int64), np.zeros((1, 3), np.uint8)
    never = np.array([0, 0, 0])
    sliding_multiset(
        hw.CountDistinct, np.arange(3), np.array([0, -1, 1]), np.arange(3), never,
        np.array([1, 2, 3]), low, high, np.array([[0, 3, 0, 3]]), out, status,
    )  # fmt: skip
    counted = [
        n if s == VALUE else 0 for n, s in zip(out[0].tolist(), status[0].tolist(), strict=True)
    ]
    assert counted == [0, 2, 1]
    assert status[0].tolist()[1:] == [VALUE, VALUE]


def test_folds_of_the_same_rows_share_their_edges() -> None:
    frame = frame_of([1, 2, 3], x=[1, 2, 3], y=[1.0, 2.0, 4.0], n=[1, 2, 3])
    plan = planned(frame, hw.Sum("x").over_rows(2), hw.Sum("y").over_rows(2))
    rows = Rows(plan.source, frame)
    keys, as_of = pl.DataFrame({"k": ["a"]}), pl.Series([9])
    seen = Visibility(rows, arrange(plan, rows, keys, as_of), 1)
    one, other = folds(plan, seen)
    assert one.limits is other.limits
