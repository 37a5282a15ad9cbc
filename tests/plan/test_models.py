"""What the plan asks of a model beyond its training set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.plan.faults import Faults
from headwater.plan.models import check_model


def model(validation: float, calibrate: Any) -> hw.Model:
    moments = [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 11)]
    rows = hw.Source(
        "rows",
        hw.Frame(pl.DataFrame({"at": moments, "x": range(10), "y": range(10)})),
        event_time="at",
        known_time="at",
    )
    training_set = hw.TrainingSet(
        "ten",
        spine=hw.Spine(rows, as_of=pl.col("at"), keep=["x"]),
        features=[],
        label=hw.Label("odd", pl.col("y") % 2 == 1),
        split=hw.SplitByTime(train=0.5, validation=validation, test=0.5 - validation),
    )
    return hw.Model("guess", training_set, calibrate=calibrate)


@pytest.mark.parametrize(
    ("validation", "calibrate", "codes"),
    [(0.0, "platt", ["HW211"]), (0.2, "platt", []), (0.0, None, [])],
)
def test_a_calibrator_needs_rows_to_learn_from(
    validation: float, calibrate: Any, codes: list[str]
) -> None:
    faults = Faults()
    check_model(model(validation, calibrate), faults)
    assert [fault.code for fault in faults.found] == codes
    for fault in faults.found:
        assert "the split has none" in fault.message
        assert "model 'guess'" in str(fault.place)
