"""Versions of events, whose entity may change, are composed and split with the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.engines.out_of_core import Questions, Room, answers_by_partition
from headwater.engines.partitions import Scratch
from headwater.engines.views import histories_of, view_features
from headwater.errors import DataError
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view

TIME = pl.Datetime("us", "UTC")
MINUTE = 60_000_000
SPAN = 5_000


def told(size: int, *, events: int, seed: int = 3) -> pl.DataFrame:
    """Versions of events that change their entity, their time and what is known of them."""
    rng = np.random.default_rng(seed)
    at = rng.integers(0, SPAN, size)
    frame = pl.DataFrame(
        {
            "order": [f"no. {one}" for one in rng.integers(0, events, size)],
            "user": rng.integers(0, 6, size),
            "shop": rng.choice(["a", "b", "ü"], size),
            "event_at": at * MINUTE,
            "told": (at + rng.integers(0, 900, size)) * MINUTE,
            "paid_at": (at + rng.integers(0, 2_000, size)) * MINUTE,
            "number": rng.permutation(size),
            "amount": rng.lognormal(0, 9, size),
            "gone": rng.random(size) < 0.15,
        }
    )
    times = pl.col("event_at", "told", "paid_at").cast(TIME)
    is_null = pl.Series(rng.random(size) < 0.1)
    return frame.with_columns(times).with_columns(
        pl.when(~is_null).then("user").alias("user"),
        pl.when(~is_null.shuffle(1)).then("paid_at").alias("paid_at"),
    )


def planned(frame: pl.DataFrame, folder: Path, entity: Any, **given: Any) -> ViewPlan:
    frame.write_parquet(folder / "told.parquet", row_group_size=7)
    declared: dict[str, Any] = {
        "event_time": "event_at",
        "known_time": "told",
        "known_times": {"amount": "paid_at", "gone": "told"},
        "null_known_time": "never",
        "identity": "order",
        "sequence": "number",
        "deleted": "gone",
        "derive": {"late": pl.col("shop") + pl.col("user").cast(pl.String)},
    }
    reader = hw.Parquet(str(folder / "told.parquet"))
    source = hw.Source("orders", reader, **(declared | given))
    features = [
        hw.Count().within("2d"),
        hw.Sum("amount").within("1d", "3d"),
        hw.Last("amount").over_all(),
        hw.Last("shop").over_all(),
        hw.Mean(pl.col("amount").log1p(), name="logs").within("2d"),
        hw.Kurtosis("amount").over_all(),
        hw.ExponentialMean("amount", "3h").over_all(),
    ]
    view = hw.FeatureView("v", source, entity=entity, features=features)
    faults = Faults()
    plan = plan_view(view, faults)
    faults.raise_all()
    assert plan is not None
    return plan


def asked(plan: ViewPlan) -> tuple[pl.DataFrame, pl.Series]:
    """Every entity, that of nobody and a stranger too, at many moments."""
    values = {
        "user": pl.Series([*range(6), None, 77]),
        "shop": pl.Series(["a", "b", "ü", None, "zz"]),
        "late": pl.Series([f"{shop}{user}" for shop in "abü" for user in range(6)]),
    }
    keys = pl.DataFrame()
    for key in plan.view.keys:
        one = values[key].alias(key).to_frame()
        keys = one if keys.is_empty() else keys.join(one, how="cross")
    moments = pl.DataFrame({"as_of": [None, *range(0, SPAN + 3_000, 311)]}) * MINUTE
    spine = keys.join(moments, how="cross").sample(fraction=1.0, shuffle=True, seed=2)
    return spine, spine["as_of"]


def split(plan: ViewPlan, partitions: int, work: Any = None) -> pl.DataFrame:
    spine, moments = asked(plan)
    questions = Questions(spine.select(plan.view.keys), moments, None)
    return answers_by_partition(plan, questions, Room(work=work), partitions=partitions).frame()


def whole(plan: ViewPlan) -> pl.DataFrame:
    spine, moments = asked(plan)
    return view_features(plan, spine, as_of=moments)


def rows(frame: pl.DataFrame) -> list[str]:
    return [repr(row) for row in frame.rows()]


@pytest.mark.parametrize("entity", ["user", ("shop", "user"), "late"])
@pytest.mark.parametrize("partitions", [2, 5])
def test_versions_that_change_their_entity_are_seen_as_in_memory(
    tmp_path: Path, entity: Any, partitions: int
) -> None:
    plan = planned(told(400, events=90), tmp_path, entity)
    assert len(histories_of(plan)) > 1
    expected = whole(plan)
    assert expected["v__count_2d"].sum() > 100
    assert rows(split(plan, partitions)) == rows(expected)


@pytest.mark.parametrize("deleted", ["gone", None])
def test_events_that_are_told_once_are_not_composed(tmp_path: Path, deleted: str | None) -> None:
    frame = told(200, events=90).with_columns(order=pl.int_range(200), gone=pl.lit(False))
    plan, work = planned(frame, tmp_path, "user", deleted=deleted), Scratch()
    assert rows(split(plan, 3, work)) == rows(whole(plan))
    (history,) = (work.path(name) for name in work.names() if name.startswith("split"))
    assert {path.name for path in history.iterdir()} == {f"part={part}" for part in range(3)}


def test_pieces_and_partitions_without_rows_are_none_to_mind(tmp_path: Path) -> None:
    frame = told(9, events=2).with_columns(user=pl.lit(3, pl.Int64))
    plan = planned(frame, tmp_path, "user")
    assert rows(split(plan, 8)) == rows(whole(plan))
    nothing = planned(frame.with_columns(gone=pl.lit(True)), tmp_path, "user")
    assert rows(split(nothing, 3)) == rows(whole(nothing))


BROKEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an identity that repeats is null": ({"order": pl.lit(None, pl.String)}, {}),
    "versions that are known together differ": (
        {"told": pl.lit(SPAN * MINUTE).cast(TIME)},
        {"sequence": None},
    ),
    "a clock is null": ({}, {"null_known_time": "error"}),
    "an event time is null": (
        {"event_at": pl.when(pl.int_range(pl.len()) % 50 != 0).then("event_at")},
        {},
    ),
    "rows tie": ({"event_at": pl.lit(0).cast(TIME)}, {"sequence": None}),
}


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("partitions", [2, 5])
def test_versions_are_refused_in_the_same_words(
    tmp_path: Path, fault: str, partitions: int
) -> None:
    changed, declared = BROKEN[fault]
    frame = told(400, events=90).with_columns(**changed)
    if fault == "rows tie":
        frame = frame.with_columns(told=pl.int_range(400).cast(TIME))
    plan = planned(frame, tmp_path, "user", **declared)
    with pytest.raises(DataError) as expected:
        whole(plan)
    with pytest.raises(DataError) as found:
        split(plan, partitions)
    assert str(found.value) == str(expected.value)
