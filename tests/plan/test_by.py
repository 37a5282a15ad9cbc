"""`by=` makes a feature for each stated value, and says beforehand where it cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.views import FeaturePlan, plan_view

AT = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ORDERS = pl.DataFrame(
    {
        "customer": ["a", "a", "a", "a", "b"],
        "at": [AT, AT, AT, AT, AT],
        "told": [AT + DAY] * 5,
        "amount": [1.0, 2.0, 4.0, 8.0, 16.0],
        "channel": ["web", "shop", None, "by phone", "web"],
        "store": [1, -1, 1, None, 300],
        "gift": [True, True, False, None, True],
        "size": pl.Series(["s", "m", "s", None, "m"], dtype=pl.Enum(["s", "m"])),
    }
)
SOURCE = hw.Source(
    "orders",
    hw.Frame(ORDERS),
    event_time="at",
    known_time="at",
    known_times={"channel": "told"},
)


def view(*features: Any) -> hw.FeatureView:
    return hw.FeatureView("v", SOURCE, entity="customer", features=list(features))


def values_of(*features: Any, after: timedelta = 2 * DAY) -> dict[str, list[Any]]:
    spine = pl.DataFrame({"customer": ["a", "b"], "asked_at": [AT + after] * 2})
    found = hw.enrich(spine, [view(*features)], as_of="asked_at")
    return {
        name.removeprefix("v__"): found[name].to_list() for name in found.columns if "__" in name
    }


def planned(*features: Any) -> tuple[FeaturePlan, ...]:
    faults = Faults()
    plan = plan_view(view(*features), faults)
    faults.raise_all()
    assert plan is not None
    return plan.features


def faults_of(*features: Any) -> list[str]:
    faults = Faults()
    plan_view(view(*features), faults)
    return [str(fault).replace("\n", " ") for fault in faults.found]


def training_set(views: list[Any], **changes: Any) -> hw.TrainingSet:
    given: dict[str, Any] = {"label": hw.Label("is_gift", pl.col("gift"))}
    return hw.TrainingSet(
        "churn",
        spine=hw.Spine(SOURCE, as_of="at", keep=["customer"]),
        features=views,
        split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
        **(given | changes),
    )


def test_there_is_a_column_for_each_stated_value_and_window() -> None:
    amount = hw.Sum("amount", by="channel", values=["web", "by phone", "post"])
    assert values_of(amount.within("7d", "30d")) == {
        "amount_sum_web_7d": [1.0, 16.0],
        "amount_sum_web_30d": [1.0, 16.0],
        "amount_sum_by_phone_7d": [8.0, None],
        "amount_sum_by_phone_30d": [8.0, None],
        "amount_sum_post_7d": [None, None],
        "amount_sum_post_30d": [None, None],
    }


def test_values_may_be_integers_booleans_and_categories() -> None:
    found = values_of(
        hw.Count(by="store", values=[1, -1, 300, 70_000]).over_all(),
        hw.Count(by="gift", values=[True, False], name="gifts").over_all(),
        hw.Count(by="size", values=["s", "xl"], name="size").over_all(),
        hw.Count(by=pl.col("amount") > 3, values=[True], name="large").over_all(),
    )
    assert found == {
        "count_1_all": [2, 0],
        "count_-1_all": [1, 0],
        "count_300_all": [0, 1],
        "count_70000_all": [0, 0],
        "gifts_true_all": [2, 1],
        "gifts_false_all": [1, 0],
        "size_s_all": [2, 0],
        "size_xl_all": [0, 0],
        "large_true_all": [2, 1],
    }


def test_a_condition_holds_beside_the_value() -> None:
    for where in ("gift", pl.col("gift")):
        features = hw.Count(by="store", values=[1], where=where, name="gifts").over_all()
        assert values_of(features) == {"gifts_1_all": [1, 0]}


def test_an_empty_text_is_named_so() -> None:
    (feature,) = planned(hw.Count(by="channel", values=[""]).over_all())
    assert feature.column == "v__count_empty_all"


def test_the_clock_of_the_column_counts() -> None:
    (plain,) = planned(hw.Count().within("7d"))
    (feature,) = planned(hw.Count(by="channel", values=["web"]).within("7d"))
    assert feature.clock != plain.clock
    assert {moment.column for moment in feature.clock.moments} == {"at", "told"}
    counted = hw.Count(by="channel", values=["web"]).within("7d")
    assert values_of(counted, after=DAY / 2) == {"count_web_7d": [0, 0]}


def test_too_many_columns_are_refused_with_their_number() -> None:
    values = [str(number) for number in range(1250)]
    feature = hw.Sum("amount", by="channel", values=values).within("1d", "7d", "14d", "30d")
    (fault,) = faults_of(feature)
    assert "[HW214] by= would make 5,000 columns: 1,250 values, 4 windows" in fault
    (fault,) = faults_of(hw.Count(by="channel", values=values).over_all())
    assert "[HW214] by= would make 1,250 columns" in fault


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"by": "channel"}, "[HW211] values= of by= is a list of its values, found None"),
        ({"by": "channel", "values": []}, "[HW211] values= of by= is a list of its values"),
        ({"by": "channel", "values": "web"}, "values= of by= is a list of its values, found 'web'"),
        ({"by": "channel", "values": [3]}, "values= has 3, and the column of by= holds string"),
        ({"by": "channel", "values": [None]}, "rows without a value are in no column"),
        (
            {"by": "store", "values": [True]},
            "values= has True, and the column of by= holds int",
        ),
        ({"by": "store", "values": [1, 1]}, "[HW211] values= has 1 twice"),
        ({"by": "chanel", "values": ["web"]}, "[HW201] column 'chanel' is not in source 'orders'"),
        ({"by": "amount", "values": [1]}, "[HW205] by= cannot take Float64"),
        ({"by": ["channel"], "values": [1]}, "[HW211] by= is a column's name or a Polars"),
        ({"values": ["web"]}, "[HW211] by= is a column's name or a Polars expression, found none"),
        ({"by": "channel", "values": ["a b", "a_b"]}, "[HW203] values 'a b' and 'a_b' of by="),
        ({"by": "channel", "values": ["web"], "where": "gift"}, "[HW204] Count of an expression"),
    ],
)
def test_what_cannot_be_is_told_in_the_plan(given: dict[str, Any], said: str) -> None:
    (fault,) = faults_of(hw.Count(**given).within("7d"))
    assert said in fault


def test_other_faults_are_told_too() -> None:
    found = faults_of(hw.Sum("channel", by="store", values=["x"]).within("0d"))
    assert [fault[:7] for fault in found] == ["[HW211]", "[HW205]", "[HW202]"]


def test_a_function_as_condition_cannot_be_joined() -> None:
    is_large = hw.PythonExpression(lambda amount: amount > 3, returns=pl.Boolean())
    feature = hw.Count(by="channel", values=["web"], where=is_large, name="n").over_all()
    (fault,) = faults_of(feature)
    assert "by= cannot be joined with a where= that is a Python function" in fault


def test_what_is_made_of_others_takes_none() -> None:
    by: Any = {"by": "channel", "values": ["web"]}
    whole = hw.Ratio(hw.Sum("amount"), hw.Count(), **by).over_all()
    assert any("[HW211] Ratio takes no by=" in fault for fault in faults_of(whole))
    part = hw.Ratio(hw.Sum("amount", **by), hw.Count()).over_all()
    assert any("a part of Ratio takes no by=" in fault for fault in faults_of(part))


def test_an_aggregation_without_a_window_is_told_so() -> None:
    (fault,) = faults_of(hw.Count(by="channel", values=["web"]))
    assert "[HW202] Count has no window" in fault


def test_a_label_that_looks_ahead_takes_none() -> None:
    count = hw.Count(by="channel", values=["web"]).ahead("7d")
    label = hw.Label("churned", pl.col("orders") == 0, ahead={"orders": count})
    training = training_set([view(hw.Count().within("7d"))], label=label)
    with pytest.raises((SpecError, ExceptionGroup)) as raised:
        hw.build(training)
    told = str(raised.value), *map(str, getattr(raised.value, "exceptions", ()))
    assert any("'orders' of ahead= takes no by=" in one for one in told)


def channels(number: int) -> list[str]:
    return [f"channel {one}" for one in range(number)]


def test_columns_of_several_aggregations_add_up() -> None:
    values = channels(300)
    sums = [hw.Sum("amount", name=f"s{i}", by="channel", values=values) for i in range(5)]
    (fault,) = faults_of(*(one.within("1d") for one in sums))
    assert "[HW214] by= would make 1,500 columns: 300 values, 1 windows of Sum; 300" in fault
    assert "of Sum; and 2 more" in fault
    assert len(planned(*(one.within("1d") for one in sums[:3]))) == 900


def test_columns_of_several_views_add_up() -> None:
    count = hw.Count(by="channel", values=channels(600)).over_all()
    views = [
        view(count),
        view(count).on({}, name="again"),
        hw.Attributes("last", SOURCE, entity="customer", columns=["amount"]),
    ]
    said = r"HW214.* 1,200 columns: 600 of view 'v'; 600 of view 'again'"
    spine = pl.DataFrame({"customer": ["a"], "asked_at": [AT]})
    with pytest.raises(SpecError, match=said):
        hw.enrich(spine, views, as_of="asked_at")
    with pytest.raises(SpecError, match=said):
        hw.build(training_set(views))
    with pytest.raises(SpecError, match=r"HW214.* 1,200 columns: 600 values, 2 windows"):
        hw.enrich(
            spine,
            [view(hw.Count(by="channel", values=channels(600)).within("1d", "2d"))],
            as_of="asked_at",
        )


def test_features_that_are_listed_one_by_one_are_not_counted() -> None:
    listed = [
        hw.Count(where=pl.col("channel") == one, name=f"n{i}").over_all()
        for i, one in enumerate(channels(1100))
    ]
    assert len(planned(*listed)) == 1100


def test_only_the_first_value_is_checked_and_all_are_alike() -> None:
    counted = hw.Sum("amount", by="channel", values=["web", "shop"], where=pl.col("gift"), name="n")
    first, _, second, last = planned(counted.within("7d", "30d", min_rows=2))
    assert [one.column for one in (first, second, last)] == [
        "v__n_web_7d_min_2rows",
        "v__n_shop_7d_min_2rows",
        "v__n_shop_30d_min_2rows",
    ]
    assert [part.column for part in last.parts] == [f"{last.column} part {i}" for i in range(2)]
    assert second.reads == first.reads
    assert second.clock == first.clock
    assert second.aggregation is last.aggregation
    given = hw.Sum("amount", by="channel", values=["web", "shop"]).over_all(min_rows=2)
    assert values_of(given) == {
        "amount_sum_web_all_min_2rows": [None, None],
        "amount_sum_shop_all_min_2rows": [None, None],
    }
    assert values_of(hw.Sum("amount", by="gift", values=[False, True]).over_all(min_rows=2)) == {
        "amount_sum_false_all_min_2rows": [None, None],
        "amount_sum_true_all_min_2rows": [3.0, None],
    }
