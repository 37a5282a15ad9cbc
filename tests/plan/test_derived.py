"""Derived columns: over features and kept columns, in order, never the label."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set

AT = datetime(2024, 3, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {
        "customer": ["a", "b"],
        "amount": [1.0, 2.0],
        "distance": [3, 4],
        "note": ["x", "y"],
        "ordered_at": [AT, AT],
        "paid_at": [AT + timedelta(hours=1), AT + timedelta(hours=1)],
    }
)
MEAN, OTHER = "spend__amount_mean_7d", "spend__amount_mean_30d"
SOURCE = hw.Source(
    "orders",
    hw.Frame(ORDERS),
    event_time="ordered_at",
    known_time="paid_at",
    known_times=dict.fromkeys(("customer", "distance", "note"), hw.ALWAYS),
)
SPEND = hw.FeatureView(
    "spend", SOURCE, entity="customer", features=[hw.Mean("amount").within("7d", "30d")]
)


def planned(
    *features: Any, keep: Any = "distance", **changes: Any
) -> tuple[TrainingSetPlan | None, list[SpecError]]:
    faults = Faults()
    given: dict[str, Any] = {
        "spine": hw.Spine(SOURCE, as_of="ordered_at", keep=keep),
        "label": hw.Label("large", pl.col("amount") > 1),
        "split": hw.SplitByTime(train=1.0, validation=0, test=0),
    } | changes
    plan = plan_training_set(hw.TrainingSet("sizes", features=features, **given), faults)
    return plan, faults.found


def fault_of(*features: Any, **changes: Any) -> SpecError:
    _, (fault,) = planned(*features, **changes)
    return fault


TREND = hw.Derived("trend", pl.col(MEAN) - pl.col(OTHER))


def test_a_derived_column_is_a_feature_after_all_views_and_an_input() -> None:
    far = hw.Derived("far", pl.col("distance") > 3)
    plan, faults = planned(SPEND, TREND, far)
    assert faults == []
    assert plan is not None
    assert plan.feature_columns == (MEAN, OTHER, "trend", "far")
    assert plan.inputs == {
        "distance": pl.Int64(),
        MEAN: pl.Float64(),
        OTHER: pl.Float64(),
        "trend": pl.Float64(),
        "far": pl.Boolean(),
    }
    assert [derived.reads for derived in plan.derived] == [(OTHER, MEAN), ("distance",)]


def test_it_reads_what_was_derived_before_it_and_the_moment() -> None:
    hour = hw.Derived("hour", pl.col("as_of").dt.hour())
    late = hw.Derived("night", pl.col("hour") < 6)
    plan, faults = planned(SPEND, hour, late)
    assert faults == []
    assert plan is not None
    assert [derived.dtype for derived in plan.derived] == [pl.Int8(), pl.Boolean()]


def test_a_function_of_python_may_derive() -> None:
    twice = hw.PythonExpression(lambda distance: distance * 2, returns=pl.Int64())
    plan, faults = planned(SPEND, hw.Derived("twice", twice))
    assert faults == []
    assert plan is not None
    assert plan.derived[0].reads == ("distance",)


def test_a_derived_column_without_any_view_is_enough() -> None:
    plan, faults = planned(hw.Derived("double", pl.col("distance") * 2))
    assert faults == []
    assert plan is not None
    assert plan.feature_columns == ("double",)


@pytest.mark.parametrize(
    ("features", "name", "hint"),
    [
        ([TREND, SPEND], MEAN, "a derived column stands after what it reads"),
        ([SPEND, hw.Derived("x", pl.col("y")), hw.Derived("y", pl.lit(1))], "y", "comes later"),
        ([SPEND, hw.Derived("x", pl.col("x") + 1)], "x", "comes later"),
        ([SPEND, hw.Derived("x", pl.col("paid_at"))], "paid_at", "add it to keep="),
        ([SPEND, hw.Derived("x", pl.col("customer"))], "customer", "add it to keep="),
        ([SPEND, hw.Derived("x", pl.col("distnce"))], "distnce", "did you mean 'distance'?"),
        (
            [SPEND, hw.Derived("x", pl.col("spend__amount_mean_8d"))],
            "spend__amount_mean_8d",
            "did you mean 'spend__amount_mean_7d'?",
        ),
    ],
)
def test_what_is_not_there_yet_is_refused_with_the_way_out(
    features: Any, name: str, hint: str
) -> None:
    found = [
        fault for fault in planned(*features)[1] if name in fault.message and fault.code == "HW201"
    ]
    assert len(found) == 1
    assert hint in str(found[0].hint)
    assert "test_derived.py" in str(found[0].place)
    assert "derived column" in str(found[0].place)


@pytest.mark.parametrize("name", ["large", "label_known_time"])
def test_the_label_is_refused(name: str) -> None:
    fault = fault_of(SPEND, hw.Derived("leak", pl.col(name).is_null()))
    assert fault.code == "HW207"
    assert fault.message == f"derived column 'leak' reads {name!r}, which belongs to the label"


def test_an_expression_over_other_rows_is_refused() -> None:
    fault = fault_of(SPEND, hw.Derived("x", pl.col(MEAN) - pl.col(MEAN).mean()))
    assert fault.code == "HW206"


@pytest.mark.parametrize(
    ("expression", "code"), [("distance", "HW211"), (pl.col("note") + 1, "HW210")]
)
def test_what_is_no_expression_of_the_row_is_refused(expression: Any, code: str) -> None:
    recipe = hw.Recipe(hw.EncodeTarget(hw.strings()))
    fault = fault_of(SPEND, hw.Derived("x", expression), keep=["note"], recipe=recipe)
    assert fault.code == code


@pytest.mark.parametrize("taken", [MEAN, "distance", "customer", "as_of"])
def test_a_name_that_is_taken_is_refused(taken: str) -> None:
    assert fault_of(SPEND, hw.Derived(taken, pl.lit(1))).code == "HW203"


def test_arguments_in_the_wrong_order_are_refused() -> None:
    swapped: Any = (pl.col("distance") * 2, "double")
    fault = fault_of(SPEND, hw.Derived(*swapped))
    assert fault.code == "HW211"
    assert "its name is text, found Expr" in fault.message


def test_two_derived_columns_of_one_name_are_refused() -> None:
    one, other = hw.Derived("x", pl.lit(1)), hw.Derived("x", pl.lit(2))
    assert fault_of(SPEND, one, other).code == "HW203"


def test_a_derived_column_is_not_named_like_the_label() -> None:
    assert fault_of(SPEND, hw.Derived("large", pl.lit(1))).code == "HW207"


def test_a_column_that_is_at_fault_itself_causes_no_second_fault() -> None:
    wrong = hw.FeatureView(
        "spend", SOURCE, entity="customer", features=[hw.Mean("amuont").within("7d")]
    )
    missing = hw.Derived("x", pl.col("spend__amuont_mean_7d") + 1)
    of_missing = hw.Derived("y", pl.col("x") + 1)
    _, (fault,) = planned(wrong, missing, of_missing)
    assert "'amuont' is not in source" in fault.message


def test_a_kept_column_that_is_missing_is_told_once() -> None:
    _, (fault,) = planned(SPEND, hw.Derived("x", pl.col("far") + 1), keep="far")
    assert fault.message == "column 'far' is not in source 'orders'"


def test_a_recipe_meets_derived_columns_by_name() -> None:
    scaled = hw.Recipe(hw.ScaleStandard(hw.columns("trend")))
    assert planned(SPEND, TREND, recipe=scaled)[1] == []
    text = hw.Derived("text", pl.col("distance").cast(pl.String))
    fault = fault_of(SPEND, text)
    assert fault.code == "HW601"
    assert "still categories: 'text'" in fault.message


def test_other_arithmetic_has_another_identity() -> None:
    definitions = {
        str(hw.Derived("x", expression).definition())
        for expression in (pl.col("a") + 1, pl.col("a") + 2)
    }
    assert len(definitions) == 2
