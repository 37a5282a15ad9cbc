"""What a plan has not proved to be known is masked in it, and the proof sees to that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.plan.proof import prove
from headwater.plan.training_sets import TrainingSetPlan
from headwater.runtime.build import planned

DAY = datetime(2024, 1, 1, tzinfo=UTC)
TRIPS = pl.DataFrame(
    {
        "car": ["a", "b"],
        "left": [DAY, DAY],
        "arrived": [DAY, DAY],
        "late": [1.0, 2.0],
        "ended": [False, True],
    }
)


def trips(rows: pl.DataFrame = TRIPS, **declared: Any) -> TrainingSetPlan:
    source = hw.Source(
        "trips",
        hw.Frame(rows),
        event_time="left",
        known_time="arrived",
        known_times={"car": "left", "left": "left"},
        **declared,
    )
    window = hw.FeatureView(
        "w", source, entity="car", features=[hw.Mean("late").within("1d"), hw.Count().within("1d")]
    )
    latest = hw.Attributes("a", source, entity="car", columns="late")
    return planned(
        hw.TrainingSet(
            "t",
            spine=hw.Spine(source, as_of="left", keep="ended"),
            features=[window, latest],
            label=hw.Label("y", pl.col("late") > 1),
            split=hw.SplitByTime(train=1.0, validation=0.0, test=0.0),
        )
    )


@pytest.mark.parametrize("declared", [{}, {"identity": "car", "deleted": "ended"}])
def test_what_is_not_known_at_as_of_is_masked_in_the_plan(declared: dict[str, Any]) -> None:
    proofs = {proof.column: proof.verdict for proof in prove(trips(**declared))}
    assert proofs == {
        "car": "proved",
        "ended": "masked",
        "w__late_mean_1d": "masked",
        "w__count_1d": "proved",
        "a__late": "masked",
    }


def test_a_value_that_came_late_is_in_no_artifact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a plan without its mask would let through, had no proof been asked for."""
    monkeypatch.chdir(tmp_path)
    hours = [DAY + timedelta(hours=hour) for hour in (0, 1, 2, 3)]
    known = [DAY + timedelta(hours=hour) for hour in (1, 9, 3, 9)]
    rows = pl.DataFrame(
        {"car": ["a"] * 4, "left": hours, "arrived": known, "late": [1.0, 2.0, 4.0, 8.0]}
    )
    plan = trips(rows.with_columns(ended=False)).training_set
    built = hw.build(plan).to_polars("train")
    assert built["w__late_mean_1d"].to_list() == [None, 1.0, 1.0, 2.5]
    assert built["w__count_1d"].to_list() == [0, 1, 2, 3]
    assert built["a__late"].to_list() == [None, 1.0, 1.0, 4.0]
