"""A fault that is told causes no second one; what is no definition is said to be none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

import headwater as hw
from headwater.plan.enrichment import plan_enrichment
from headwater.plan.faults import Faults
from headwater.plan.models import check_model
from headwater.plan.sources import plan_source

AT = datetime(2024, 3, 1, tzinfo=UTC)
ORDERS = pl.DataFrame({"customer": ["a"], "amount": [1.0], "at": [AT], "paid": [AT]})


def source(**changes: Any) -> hw.Source:
    given: dict[str, Any] = {"event_time": "at", "known_time": "paid"} | changes
    return hw.Source("orders", hw.Frame(ORDERS), **given)


def messages(faults: Faults) -> list[str]:
    return [fault.message for fault in faults.found]


def test_times_derived_from_a_column_that_is_not_there_are_one_fault() -> None:
    faults = Faults()
    wrong = {"happened": pl.col("nowhere") + pl.duration(hours=1)}
    plan = plan_source(source(derive=wrong, event_time="happened", known_time="happened"), faults)
    assert messages(faults) == ["column 'nowhere' is not in source 'orders'"]
    assert plan is not None
    assert plan.clocks["amount"] == hw.ALWAYS


def test_a_model_of_something_else_than_a_training_set_is_told() -> None:
    faults = Faults()
    wrong: Any = "late"
    check_model(hw.Model("m", wrong, estimator="sklearn.linear_model.LogisticRegression"), faults)
    assert "data of model 'm' is a str, not a TrainingSet" in messages(faults)


def test_an_enrichment_whose_rows_are_no_frame_has_no_plan() -> None:
    faults = Faults()
    view = hw.FeatureView(
        "v", source(), entity="customer", features=[hw.Mean("amount").within("7d")]
    )
    rows = hw.Source("rows", "orders.parquet", event_time="at")
    assert plan_enrichment(hw.Spine(rows, as_of="at"), [view], None, faults) is None
    assert len(messages(faults)) == 1


def test_moments_from_a_python_function_are_asked_row_by_row() -> None:
    faults = Faults()
    later = hw.PythonExpression(lambda at: at, columns=["at"], returns=pl.Datetime("us", "UTC"))
    view = hw.FeatureView(
        "v", source(), entity="customer", features=[hw.Mean("amount").within("7d")]
    )
    rows = pl.DataFrame({"customer": ["a"], "at": [AT]})
    plan = plan_enrichment(hw.Spine(rows, as_of=later), [view], None, faults)
    assert messages(faults) == []
    assert plan is not None
    assert plan.columns == ("v__amount_mean_7d",)
