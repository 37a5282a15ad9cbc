"""Findings carry the user's line, and nothing of it reaches a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import Place
from headwater.plan.faults import Faults
from headwater.plan.findings import Finding, findings, placed_findings
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set

ORDERS = pl.DataFrame(
    {"at": [datetime(2024, 3, 1, tzinfo=UTC)], "paid_at": [datetime(2024, 3, 2, tzinfo=UTC)],
     "customer": ["a"], "price": [1.0]},
)  # fmt: skip
LINE = Place("definitions.py", 7)


def source(**changes: Any) -> hw.Source:
    given: dict[str, Any] = {"event_time": "at", "known_time": "paid_at", "place": LINE} | changes
    known = {"customer": "at", "at": "at"}
    return hw.Source("orders", hw.Frame(ORDERS), known_times=known, **given)


def planned(
    orders: hw.Source,
    *,
    label: hw.Label | None = None,
    spine: hw.Spine | None = None,
    features: Sequence[Any] = (),
) -> TrainingSetPlan:
    faults = Faults()
    view = hw.FeatureView("v", orders, entity="customer", features=[hw.Count().within("7d")])
    plan = plan_training_set(
        hw.TrainingSet(
            "orders",
            spine=spine or hw.Spine(orders, as_of="at"),
            features=features or [view],
            label=label or hw.Label("dear", pl.col("price") > 1),
            split=hw.SplitByTime(train=0.5, validation=0.25, test=0.25),
        ),
        faults,
    )
    faults.raise_all()
    assert plan is not None
    return plan


ORDERED = source()


def chosen(**given: Any) -> hw.Spine:
    return hw.Spine(ORDERED, as_of="at", place=LINE, **given)


PAID = pl.col("price") > 0
AHEAD = hw.Label(
    "quiet", pl.col("n") == 0, ahead={"n": hw.Count("price").ahead("7d")}, entity="customer",
    place=LINE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "code", "what"),
    [
        (planned(source(known_time=None)), "HW305", "source 'orders'"),
        (
            planned(
                source(),
                spine=hw.Spine(ORDERS, as_of="paid_at"),
                label=hw.Label("dear", pl.col("price") > 1, place=LINE),
            ),
            "HW305",
            "label 'dear'",
        ),
        (planned(source(), label=AHEAD), "HW308", "label 'quiet'"),
        (planned(ORDERED, spine=chosen(filter=PAID)), "HW303", "spine"),
        (
            planned(ORDERED, spine=chosen(label_filter=PAID, label_filter_reason="no gifts")),
            "HW306",
            "spine",
        ),
    ],
)
def test_a_finding_names_the_line_of_what_it_is_about(
    plan: TrainingSetPlan, code: str, what: str
) -> None:
    (found,) = placed_findings(plan)
    assert (found.code, str(found.place)) == (code, f"definitions.py:7, {what}")
    error = found.to_error()
    assert (error.code, error.message, error.place) == (code, found.message, found.place)


def test_a_table_without_times_is_a_finding_with_its_reason_and_line() -> None:
    planes = hw.Source(
        "planes", hw.Frame(ORDERS.select("customer", "price")), static="never changes", place=LINE
    )
    seen = hw.Attributes("plane", planes, entity="customer", columns=["price"])
    (found,) = placed_findings(planned(ORDERED, features=[seen]))
    assert (found.code, str(found.place)) == ("HW307", "definitions.py:7, source 'planes'")
    assert found.message.endswith("counts as always known: never changes")


def test_a_finding_of_a_definition_that_was_made_nowhere_has_no_place() -> None:
    (found,) = placed_findings(planned(source(known_time=None, place=None)))
    assert found.place is None
    assert "\n  at " not in str(found.to_error())


def test_what_a_manifest_holds_does_not_move_with_the_lines_of_definitions() -> None:
    here, there = (
        findings(planned(source(known_time=None, place=Place("definitions.py", line))))
        for line in (7, 8)
    )
    assert here == there
    assert set(here[0]) == {"code", "certainty", "message"}


def test_a_strict_refusal_says_what_would_settle_it() -> None:
    (found,) = placed_findings(planned(source(known_time=None)))
    assert str(found.to_error()) == (
        "[HW305] source 'orders' declares no clock: rows count as known at event time\n"
        "  at definitions.py:7, source 'orders'\n"
        "  hint: say with known_time= when a row could be known, or with delay= how late"
    )
    assert found == Finding(found.code, found.message, found.place, found.hint)
