"""Spines at regular moments: what they need, and the rows that they promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.findings import findings
from headwater.plan.identity import snapshots, sources_of, spine_identity
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set

AT = datetime(2024, 3, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {"customer": ["a"], "shop": [1], "amount": [1.0], "ordered_at": [AT], "paid_at": [AT]}
)
DAY = 86_400_000_000


def source(**changes: Any) -> hw.Source:
    given: dict[str, Any] = {"event_time": "ordered_at", "known_time": "paid_at"} | changes
    return hw.Source("orders", given.pop("reader", hw.Frame(ORDERS)), **given)


def every(period: Any = "7d", **changes: Any) -> hw.Spine:
    given: dict[str, Any] = {"source": source(), "entity": "customer", "active_within": "90d"}
    return hw.Spine.every(period, **(given | changes))


def planned(spine: hw.Spine, **changes: Any) -> tuple[TrainingSetPlan | None, list[SpecError]]:
    faults = Faults()
    churned = hw.Label("churned", pl.col("n") == 0, ahead={"n": hw.Count().ahead("30d")})
    given: dict[str, Any] = {
        "features": [],
        "label": churned,
        "split": hw.SplitByTime(train=1.0, validation=0, test=0),
    } | changes
    return plan_training_set(hw.TrainingSet("t", spine=spine, **given), faults), faults.found


def plan_of(spine: hw.Spine, **changes: Any) -> TrainingSetPlan:
    plan, faults = planned(spine, **changes)
    assert faults == []
    assert plan is not None
    return plan


def test_a_row_has_the_moment_and_the_entity_and_both_are_known() -> None:
    plan = plan_of(every(entity=("customer", "shop"), start="2024-01-01T00:00:00Z", end=AT))
    assert plan.spine.source.schema == {
        "as_of": pl.Datetime("us", "UTC"),
        "customer": pl.String(),
        "shop": pl.Int64(),
    }
    assert plan.spine.grid is not None
    assert plan.spine.grid.period == 7 * DAY
    assert plan.spine.grid.start == 19723 * DAY
    assert plan.spine.grid.end == 19783 * DAY
    (activity,) = plan.spine.grid.activity.features
    assert activity.window.length == 90 * DAY
    assert str(activity.mask) == "paid_at"


def test_a_label_looks_ahead_in_the_source_and_for_the_entity_of_the_grid() -> None:
    plan = plan_of(every())
    assert plan.label.ahead is not None
    assert plan.label.ahead.view.view.keys == ("customer",)
    assert plan.label.known == "as_of + 30d"


def test_views_attach_by_the_entity() -> None:
    view = hw.FeatureView(
        "v", source(), entity="customer", features=[hw.Mean("amount").within("7d")]
    )
    orders = view.source
    plan = plan_of(every(source=orders), features=[view])
    assert [(key.name, key.verdict) for key in plan.spine.keys] == [("customer", "proved")]
    other = hw.FeatureView("w", orders, entity="shop", features=[hw.Count().within("7d")])
    _, (fault,) = planned(every(source=orders), features=[other])
    assert fault.code == "HW208"
    assert "the spine has no column 'shop'" in fault.message


def test_a_filter_reads_moment_and_entity() -> None:
    weekdays = every(filter=pl.col("as_of").dt.weekday() < 6, source=source(delay="1d"))
    assert findings(plan_of(weekdays)) == []
    _, (fault,) = planned(every(filter=pl.col("amount") > 1))
    assert fault.code == "HW201"
    assert fault.message == "column 'amount' is not in the spine's grid"


def test_the_source_of_a_grid_is_read_and_its_assumed_clock_is_found() -> None:
    plan = plan_of(every(source=source(known_time=None)))
    assert list(sources_of(plan)) == ["orders"]
    assert [one["code"] for one in findings(plan)] == ["HW305"]


def test_what_decides_about_rows_is_part_of_their_identity() -> None:
    spines = [
        every(),
        every("8d"),
        every(active_within="91d"),
        every(start="2024-01-01T00:00:00Z"),
        every(end=AT),
        every(entity="shop"),
        every(source=source(reader=hw.Frame(ORDERS.with_columns(shop=2)))),
    ]
    plans = [plan_of(spine) for spine in spines]
    identities = [spine_identity(plan, snapshots(plan)) for plan in plans]
    assert len(set(identities)) == len(spines)
    assert identities[0] == spine_identity(plans[0], snapshots(plan_of(every())))


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"period": "0d"}, "HW202", "period '0d' is not longer than zero"),
        ({"period": 7}, "HW211", "period takes a duration, found int"),
        ({"period": None}, "HW211", "period takes a duration, found NoneType"),
        ({"active_within": "a while"}, "HW202", "'a while' is not a duration"),
        ({"active_within": timedelta(days=-1)}, "HW202", "is negative"),
        ({"active_within": None}, "HW211", "active_within= takes a duration"),
        ({"start": "lately"}, "HW211", "start= takes a datetime or ISO text"),
        ({"end": datetime(2024, 1, 1)}, "HW302", "end= 2024-01-01T00:00:00 has no zone"),
        ({"entity": 7}, "HW211", "entity= takes names of columns, found int"),
        ({"entity": "custmer"}, "HW201", "'custmer' is not in source 'orders'"),
        ({"entity": "amount"}, "HW211", "entity column 'amount' holds Float64"),
        ({"source": ORDERS}, "HW211", "source= of the spine is a DataFrame"),
        ({"keep": "amount"}, "HW211", "keep=['amount'] of a spine at regular moments"),
        (
            {"source": source(known_time=pl.col("ordered_at") + pl.duration(days=90))},
            "HW303",
            "90d",
        ),
        (
            {"source": source(known_time=hw.ALWAYS)},
            "HW305",
            "source 'orders' does not say how far it is complete",
        ),
        (
            {
                "source": source(reader=hw.Frame(ORDERS.rename({"customer": "as_of"}))),
                "entity": "as_of",
            },
            "HW203",
            "an entity's column is called 'as_of'",
        ),
    ],
)
def test_a_fault_of_a_grid_has_its_code(changes: Any, code: str, words: str) -> None:
    spine = every(**changes)
    _, (fault,) = planned(spine, label=hw.Label("large", pl.lit(1)))
    assert fault.code == code
    assert words in fault.message
    assert "test_grids.py" in str(fault.place)
    assert "feature view" not in str(fault)


def test_all_faults_of_a_grid_come_together() -> None:
    spine = every("0d", active_within="0d", start="x", end="y", entity="custmer")
    faults = planned(spine)[1]
    assert sorted(fault.code for fault in faults) == [
        "HW201", "HW202", "HW202", "HW211", "HW211",
    ]  # fmt: skip


def test_what_was_kept_is_shown_another_way() -> None:
    _, (fault,) = planned(every(keep=["amount"]))
    assert "hw.Attributes" in str(fault.hint)


def test_a_spine_over_a_static_table_is_refused() -> None:
    shops = hw.Source("shops", hw.Frame(ORDERS), static="never changes")
    _, (fault,) = planned(
        hw.Spine(shops, as_of="ordered_at"), label=hw.Label("large", pl.col("amount") > 1)
    )
    assert fault.code == "HW212"
