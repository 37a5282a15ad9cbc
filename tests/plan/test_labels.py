"""A label that looks ahead: what it needs, when it is known, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.base import Ahead
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.findings import findings
from headwater.plan.identity import artifact_identity, snapshots, sources_of, spine_identity
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set

AT = datetime(2024, 3, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {
        "customer": ["a", "b"],
        "amount": [1.0, 2.0],
        "note": ["x", "y"],
        "ordered_at": [AT, AT],
        "paid_at": [AT + timedelta(hours=1), AT + timedelta(hours=1)],
    }
)
WHOLE = hw.SplitByTime(train=1.0, validation=0, test=0)


def source(name: str = "orders", **changes: Any) -> hw.Source:
    given: dict[str, Any] = {"event_time": "ordered_at", "known_time": "paid_at"} | changes
    reader = given.pop("reader", hw.Frame(ORDERS))
    return hw.Source(name, reader, **given)


ORDERED = source(known_times={"customer": hw.ALWAYS})


def label(expression: Any = None, **changes: Any) -> hw.Label:
    given: dict[str, Any] = {"ahead": {"orders": hw.Count().ahead("30d")}, "entity": "customer"}
    given |= changes
    return hw.Label("churned", pl.col("orders") == 0 if expression is None else expression, **given)


def planned(asked: hw.Label, **changes: Any) -> tuple[TrainingSetPlan | None, list[SpecError]]:
    faults = Faults()
    given: dict[str, Any] = {"spine": hw.Spine(ORDERED, as_of="ordered_at"), "features": []}
    made = hw.TrainingSet("churn", label=asked, split=WHOLE, **(given | changes))
    plan = plan_training_set(made, faults)
    return plan, faults.found


def plan_of(asked: hw.Label, **changes: Any) -> TrainingSetPlan:
    plan, faults = planned(asked, **changes)
    assert faults == []
    assert plan is not None
    return plan


def fault_of(asked: hw.Label, **changes: Any) -> SpecError:
    _, (fault,) = planned(asked, **changes)
    return fault


def test_an_aggregation_looks_ahead_over_a_horizon() -> None:
    assert hw.Count().ahead("30d") == Ahead(hw.Count(), "30d")


def test_a_label_reads_ahead_names_and_own_columns() -> None:
    plan = plan_of(
        label(
            (pl.col("orders") > 1) & (pl.col("spent") > pl.col("amount")),
            ahead={
                "orders": hw.Count().ahead("30d"),
                "spent": hw.Sum(pl.col("amount") * 2).ahead(timedelta(days=7)),
            },
        )
    )
    assert plan.label.ahead is not None
    assert plan.label.ahead.names == ("orders", "spent")
    assert plan.label.ahead.types == {"orders": pl.Int64(), "spent": pl.Float64()}
    assert plan.label.reads == plan.label_reads == ("amount", "customer")
    assert plan.label.known == "as_of + 30d and paid_at"
    assert plan.label_dtype == pl.Boolean()


def test_a_label_that_looks_ahead_only_is_known_when_the_horizon_has_passed() -> None:
    late = source(delay="2h", known_times={"customer": hw.ALWAYS})
    assert plan_of(label(), spine=hw.Spine(late, as_of="ordered_at")).label.known == (
        "as_of + 30d + 2h"
    )


def test_the_clock_of_the_entity_counts_where_it_has_one() -> None:
    plan = plan_of(label(), spine=hw.Spine(source(), as_of="paid_at"))
    assert plan.label.known == "as_of + 30d and paid_at"


def test_a_label_of_the_own_row_is_known_at_its_clock() -> None:
    plan = plan_of(hw.Label("large", pl.col("amount") > 1))
    assert plan.label.ahead is None
    assert plan.label.known == "paid_at"


def test_a_declared_clock_does_not_hide_when_what_a_label_reads_is_known() -> None:
    asked = hw.Label("big", pl.col("amount") > 1, known_time="ordered_at")
    assert str(plan_of(asked).label_clock) == "ordered_at and paid_at"


def test_clocks_are_compared_a_delay_earlier_and_the_row_clock_stays() -> None:
    late = source(known_time=None, delay="2h")
    plan = plan_of(label(ahead={"orders": hw.Count().ahead("1h")}), features=[],
                   spine=hw.Spine(late, as_of="ordered_at"))  # fmt: skip
    assert plan.label.ahead is not None
    (feature,) = plan.label.ahead.view.features
    assert str(feature.mask) == str(feature.clock) == "ordered_at"
    assert str(plan.label.ahead.source.clock) == "ordered_at + 2h"


def test_a_part_of_what_is_ahead_is_the_same_view_with_fewer_features() -> None:
    both = {"orders": hw.Count().ahead("30d"), "spent": hw.Sum("amount").ahead("7d")}
    ahead = plan_of(label(pl.col("orders") * pl.col("spent") > 1, ahead=both)).label.ahead
    assert ahead is not None
    _, spent = ahead.view.features
    part = ahead.only(spent)
    assert part.features == (spent,)
    assert (part.source, part.columns) == (ahead.source, ahead.view.columns)


@pytest.mark.parametrize(
    ("ahead", "code", "words"),
    [
        ({"orders": hw.Count().within("30d")}, "HW211", "'orders' of ahead= looks back"),
        ({"orders": hw.Count()}, "HW211", "'orders' of ahead= has no horizon"),
        ({"orders": "30d"}, "HW211", "'orders' of ahead= is a str"),
        ({"orders": Ahead(cast(Any, "count"), "1d")}, "HW211", "'orders' of ahead= is a Ahead"),
        ({"orders": hw.Count().ahead("0d")}, "HW202", "horizon '0d' is not longer than zero"),
        ({"orders": hw.Count().ahead(timedelta(days=-1))}, "HW202", "is negative"),
        ({"orders": hw.Count().ahead("30 days")}, "HW202", "'30 days' is not a duration"),
        ({"orders": hw.Count().ahead(30)}, "HW211", "horizon takes a duration, found int"),
        ({"orders": hw.Count().ahead(None)}, "HW202", "for a time that ends"),
        ({"orders": hw.Sum("amuont").ahead("1d")}, "HW201", "'amuont' is not in source"),
        ({"orders": hw.Sum("note").ahead("1d")}, "HW205", "Sum cannot take String"),
        ({"orders": hw.ValueCounts("amount").ahead("1d")}, "HW205", "is a statistic for fits"),
        ({"amount": hw.Count().ahead("1d")}, "HW203", "is a column of the spine's row already"),
        ({3: hw.Count().ahead("1d")}, "HW211", "ahead= takes names as text, found 3"),
    ],
)
def test_what_does_not_look_ahead_is_refused(ahead: Any, code: str, words: str) -> None:
    name = next(iter(ahead))
    fault = fault_of(label(pl.col(str(name)) == 0, ahead=ahead))
    assert fault.code == code
    assert words in fault.message
    assert "test_labels.py" in str(fault.place)
    assert "feature view" not in str(fault.place)


def test_a_fault_of_an_aggregation_ahead_is_told_of_the_label() -> None:
    fault = fault_of(label(ahead={"orders": hw.Sum("amuont").ahead("1d")}))
    assert str(fault.place).endswith("label 'churned', Sum")


@pytest.mark.parametrize(
    ("changes", "spine", "code", "words"),
    [
        ({"entity": None}, ORDERED, "HW211", "looks ahead for no entity"),
        ({"source": None}, ORDERS, "HW211", "looks ahead in no source"),
        ({"ahead": [hw.Count().ahead("1d")]}, ORDERED, "HW211", "is a list, not a Mapping"),
        ({"source": ORDERS}, ORDERED, "HW211", "source= of label 'churned' is a DataFrame"),
        ({"entity": 7}, ORDERED, "HW211", "entity= takes names of columns, found int"),
        ({"entity": ["customer", 7]}, ORDERED, "HW211", "names of columns, found list"),
        ({"entity": "custmer"}, ORDERED, "HW201", "'custmer' is not in source 'orders'"),
        ({"entity": "note"}, ORDERS.drop("note"), "HW208", "no column 'note', by which its label"),
        ({"entity": "note"}, ORDERS.with_columns(note=1), "HW208", "'note' is Int32 in the spine"),
    ],
)  # fmt: skip
def test_a_future_that_cannot_be_found_is_refused(
    changes: Any, spine: Any, code: str, words: str
) -> None:
    if isinstance(spine, pl.DataFrame):
        changes = {"source": ORDERED} | changes
    faults = planned(label(**changes), spine=hw.Spine(spine, as_of="ordered_at"))[1]
    found = [fault for fault in faults if fault.code == code]
    assert any(words in fault.message for fault in found), faults


@pytest.mark.parametrize("given", [{"source": ORDERED}, {"entity": "customer"}])
def test_a_source_or_an_entity_without_ahead_is_refused(given: Any) -> None:
    fault = fault_of(hw.Label("large", pl.col("amount") > 1, **given))
    assert fault.code == "HW211"
    assert "belongs to ahead=, and there is none" in fault.message


def test_a_name_of_ahead_that_is_not_read_is_refused() -> None:
    fault = fault_of(label(pl.col("amount") > 1))
    assert fault.code == "HW211"
    assert fault.message == "label 'churned' does not read 'orders' of its ahead="


def test_a_label_without_a_place_has_its_faults_told_all_the_same() -> None:
    nowhere = hw.Sum("amuont", place=None).ahead("1d")
    fault = fault_of(label(ahead={"orders": nowhere}, place=None))
    assert fault.code == "HW201"
    assert fault.place is None


def test_a_label_ahead_with_a_fault_in_its_expression_is_told() -> None:
    assert fault_of(label(pl.col("ordrs") == 0)).code == "HW201"
    assert fault_of(label(pl.col("orders").mean() == 0)).code == "HW206"


def test_rows_that_are_known_only_after_the_horizon_are_refused() -> None:
    late = source(known_time=pl.col("ordered_at") + pl.duration(days=3))
    spine = hw.Spine(late, as_of=pl.col("ordered_at") + pl.duration(days=4))
    short = label(ahead={"orders": hw.Count().ahead("3d")})
    fault = fault_of(short, spine=spine)
    assert fault.code == "HW303"
    assert fault.message == "no row of 3d ahead is known when they have passed"
    assert "declare delay=" in str(fault.hint)
    assert planned(label(ahead={"orders": hw.Count().ahead("4d")}), spine=spine)[1] == []


def test_a_source_that_is_always_known_has_to_say_how_far_it_is_complete() -> None:
    always = source(known_time=hw.ALWAYS)
    spine = hw.Spine(always, as_of="ordered_at")
    fault = fault_of(label(), spine=spine)
    assert fault.code == "HW305"
    assert "does not say how far it is complete" in fault.message
    told = source(known_time=hw.ALWAYS, complete_through="2024-06-01T00:00:00Z")
    assert planned(label(), spine=hw.Spine(told, as_of="ordered_at"))[1] == []


def test_an_aggregation_ahead_is_no_feature() -> None:
    view = hw.FeatureView(
        "v", ORDERED, entity="customer", features=[hw.Count().ahead("30d")]
    )  # fmt: skip
    _, faults = planned(label(), features=[view])
    assert [fault.code for fault in faults] == ["HW303"]
    assert "Count looks ahead, which is not known at as_of" in faults[0].message


def test_a_column_that_the_label_reads_beside_the_future_is_no_input() -> None:
    known = source(known_times={"customer": hw.ALWAYS, "amount": hw.ALWAYS})
    fault = fault_of(
        label(pl.col("orders") > pl.col("amount")),
        spine=hw.Spine(known, as_of="ordered_at", keep="amount"),
    )
    assert fault.code == "HW207"


def test_two_sources_of_one_name_are_refused_for_a_label_too() -> None:
    other = source(reader=hw.Frame(ORDERS.head(1)))
    assert fault_of(label(source=other)).code == "HW105"


def test_the_source_of_a_label_is_read_named_and_part_of_the_identity() -> None:
    def identities(frame: pl.DataFrame) -> tuple[str, str]:
        returns = source("returns", reader=hw.Frame(frame), known_time=None)
        plan = plan_of(label(source=returns))
        assert list(sources_of(plan)) == ["orders", "returns"]
        data = snapshots(plan)
        assert set(data) == {"orders", "returns"}
        assert [one["message"] for one in findings(plan)] == [
            "source 'returns' declares no clock: rows count as known at event time"
        ]
        return spine_identity(plan, data), artifact_identity(plan, data, 0)

    one, other = identities(ORDERS), identities(ORDERS.head(1))
    assert one[0] != other[0]
    assert one[1] != other[1]
    assert identities(ORDERS) == one


def late_findings(source: hw.Source, **changes: Any) -> list[str]:
    found = findings(plan_of(label(**changes), spine=hw.Spine(source, as_of="ordered_at")))
    return [one["message"] for one in found if one["code"] == "HW308"]


def test_rows_that_may_be_known_after_the_horizon_without_a_delay_are_a_finding() -> None:
    assert late_findings(ORDERED) == [
        "label 'churned' counts what is known when its horizon has passed, by paid_at, and source "
        "'orders' declares no delay: rows that are known later do not count"
    ]
    fixed = source(known_time=pl.col("ordered_at") + pl.duration(hours=2))
    assert "by ordered_at + 2h, and source" in late_findings(fixed)[0]


@pytest.mark.parametrize(
    "changes",
    [{"delay": "0s"}, {"delay": "2h"}, {"known_time": None}, {"known_time": "ordered_at"}],
)
def test_a_source_that_says_how_late_its_rows_are_has_no_such_finding(changes: Any) -> None:
    assert late_findings(source(**changes)) == []


def test_the_horizon_is_part_of_the_identity() -> None:
    plans = [plan_of(label(ahead={"orders": hw.Count().ahead(days)})) for days in ("30d", "31d")]
    assert len({spine_identity(plan, snapshots(plan)) for plan in plans}) == 2


# rows chosen by what is known later (R10)


def chosen(**given: Any) -> hw.Spine:
    return hw.Spine(ORDERED, as_of="ordered_at", **given)


def test_a_label_filter_has_a_finding_with_its_reason() -> None:
    spine = chosen(label_filter=pl.col("amount") > 0, label_filter_reason="gifts are no orders")
    plan = plan_of(label(), spine=spine)
    assert findings(plan)[1:] == [
        {
            "code": "HW306",
            "certainty": "suspected",
            "message": "rows are chosen by what is known at paid_at, which a served row cannot be "
            "asked: gifts are no orders",
        }
    ]


@pytest.mark.parametrize("reason", ["", "  ", 7])
def test_a_label_filter_needs_a_reason(reason: Any) -> None:
    spine = chosen(label_filter=pl.col("amount") > 0, label_filter_reason=reason)
    fault = fault_of(label(), spine=spine)
    assert fault.code == "HW211"
    assert fault.message == "label_filter= has no label_filter_reason="


def test_a_reason_without_a_label_filter_is_refused() -> None:
    assert fault_of(label(), spine=chosen(label_filter_reason="none")).code == "HW211"


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (pl.col("amuont") > 0, "HW201"),
        (pl.col("amount"), "HW211"),
        ("amount", "HW211"),
        (pl.col("amount") > pl.col("amount").mean(), "HW206"),
    ],
)
def test_a_label_filter_is_a_condition_of_the_row(condition: Any, code: str) -> None:
    spine = chosen(label_filter=condition, label_filter_reason="why not")
    assert fault_of(label(), spine=spine).code == code


def test_a_filter_that_is_known_too_late_is_shown_the_label_filter() -> None:
    known = source(known_time=pl.col("ordered_at") + pl.duration(hours=1),
                   known_times={"customer": hw.ALWAYS})  # fmt: skip
    spine = hw.Spine(known, as_of="ordered_at", filter=pl.col("amount") > 0)
    fault = fault_of(label(), spine=spine)
    assert fault.code == "HW303"
    assert "label_filter=" in str(fault.hint)
