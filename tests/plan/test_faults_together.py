"""Every fault of the definitions is reported in one run, each at the user's own line."""

from __future__ import annotations

import inspect
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.sources import plan_source
from headwater.plan.spines import plan_spine
from headwater.plan.views import plan_view

AT = datetime(2024, 3, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {
        "customer": ["a", "b"],
        "amount": [1.0, 2.0],
        "note": ["x", "y"],
        "ordered_at": [AT, AT],
        "paid_at": [AT + timedelta(hours=1), AT + timedelta(hours=1)],
        "day": [date(2024, 3, 1), date(2024, 3, 2)],
        "naive": [datetime(2024, 3, 1), datetime(2024, 3, 1)],
    }
)


def line() -> int:
    """The line of the caller."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def source(**changes: Any) -> hw.Source:
    given: dict[str, Any] = {"event_time": "ordered_at", "known_time": "paid_at"} | changes
    reader = given.pop("reader", hw.Frame(ORDERS))
    return hw.Source(given.pop("name", "orders"), reader, **given)


def view(**changes: Any) -> hw.FeatureView:
    given: dict[str, Any] = {"entity": "customer"} | changes
    given.setdefault("features", [hw.Mean("amount").within("7d")])
    return hw.FeatureView(given.pop("name", "spend"), given.pop("source", source()), **given)


def faults_of(definition: Any) -> list[SpecError]:
    faults = Faults()
    if isinstance(definition, hw.Source):
        plan_source(definition, faults)
    elif isinstance(definition, hw.FeatureView):
        plan_view(definition, faults)
    else:
        plan_spine(definition, ("customer",), faults)
    return faults.found


def codes(definition: Any) -> list[str]:
    return [fault.code for fault in faults_of(definition)]


def test_definitions_without_a_fault_have_none() -> None:
    spine = hw.Spine(source(known_times={"customer": hw.ALWAYS}), as_of="ordered_at")
    assert [faults_of(one) for one in (source(), view(), spine)] == [[], [], []]


# a source


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"event_time": "ordered"}, "HW201", "column 'ordered' is not in source 'orders'"),
        ({"event_time": "amount"}, "HW301", "column 'amount' holds Float64, not times"),
        ({"event_time": "naive"}, "HW302", "column 'naive' holds times without a zone"),
        ({"event_time": "day"}, "HW302", "column 'day' holds times without a zone"),
        ({"event_time": pl.col("ordered_at")}, "HW211", "event_time= takes a column's name"),
        ({"sequence": 3}, "HW211", "sequence= takes a column's name"),
        ({"known_time": "payed_at"}, "HW201", "column 'payed_at' is not in source 'orders'"),
        ({"known_time": "note"}, "HW304", "holds String, not times"),
        ({"known_time": "naive"}, "HW302", "column 'naive' holds times without a zone"),
        ({"known_time": pl.max_horizontal("paid_at", "ordered_at")}, "HW304", "clock is not"),
        ({"known_time": 5}, "HW211", "a clock is a column, an expression or hw.ALWAYS, found int"),
        ({"known_times": {"amuont": "paid_at"}}, "HW201", "column 'amuont' is not in"),
        ({"known_times": {"amount": "paid"}}, "HW201", "column 'paid' is not in source"),
        ({"null_known_time": "nevr"}, "HW211", "null_known_time= takes 'error' or 'never'"),
        ({"zone": "Europe/Zurch"}, "HW211", "zone 'Europe/Zurch' is not known"),
        ({"identity": ("customer", "no")}, "HW201", "column 'no' is not in source 'orders'"),
        ({"sequence": "no"}, "HW201", "column 'no' is not in source 'orders'"),
        ({"derive": {"x": pl.col("amuont")}}, "HW201", "column 'amuont' is not in"),
        ({"derive": {"x": pl.col("amount").mean()}}, "HW206", "mean"),
        ({"derive": {"x": pl.col("note") + 1}}, "HW210", "arithmetic"),
        ({"derive": {"x": "amount"}}, "HW211", "expected a row expression, found str"),
        ({"derive": {"amount": pl.col("amount") * 2}}, "HW203", "'amount' is there already"),
        ({"reader": "orders.parquet"}, "HW211", "reader of source 'orders' is a str"),
        ({"reader": ORDERS}, "HW211", "reader of source 'orders' is a DataFrame"),
    ],
)
def test_a_fault_of_a_source_has_its_code(changes: Any, code: str, words: str) -> None:
    found = faults_of(source(**changes))
    assert [fault.code for fault in found] == [code]
    assert words in found[0].message
    assert "source 'orders'" in str(found[0].place)


def test_all_faults_of_a_source_come_together() -> None:
    made = source(
        event_time="ordered",
        known_time="payed_at",
        known_times={"note": "amount", "amuont": "paid_at"},
        derive={"x": pl.col("amuont"), "y": pl.col("note") + 1},
        identity="custmer",
        null_known_time="no",
    )
    found = sorted(codes(made))
    assert found == ["HW201"] * 5 + ["HW210", "HW211", "HW304"]


def test_a_column_that_could_not_be_derived_causes_no_second_fault() -> None:
    made = source(derive={"x": pl.col("amuont") * 2, "y": pl.col("x") + 1}, sequence="x")
    features = [
        hw.Mean("x").within("7d"),
        hw.Mean("y", name="z", where=pl.col("x") > 1).within("7d"),
        hw.Mean("note").within("7d"),
    ]
    assert codes(view(source=made, features=features, entity="x")) == ["HW201", "HW205"]


def test_a_zone_makes_naive_times_and_dates_usable() -> None:
    assert codes(source(event_time="naive", known_time="day", zone="Europe/Zurich")) == []


# a view


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"entity": "custmer"}, "HW201", "column 'custmer' is not in source 'orders'"),
        ({"entity": "amount"}, "HW211", "entity column 'amount' holds Float64"),
        ({"entity": ()}, "HW211", "has no entity"),
        ({"entity": ("customer", "customer")}, "HW211", "names a column twice"),
        ({"features": []}, "HW211", "has no features"),
        ({"features": [hw.Mean("amount")]}, "HW202", "Mean has no window"),
        ({"features": [hw.Mean("amount").within()]}, "HW202", "Mean has no window"),
        ({"features": ["amount"]}, "HW211", "'amount' is not an aggregation"),
        ({"features": hw.Mean("amount").within("7d")}, "HW211", "features= takes a list"),
        ({"features": [hw.Mean("amount").within("7 days")]}, "HW202", "'7 days' is not a duration"),
        ({"features": [hw.Mean("amount").within("0s")]}, "HW202", "is not longer than zero"),
        ({"features": [hw.Mean("amount").within("99999999999d")]}, "HW202", "is longer than"),
        ({"features": [hw.Mean("note").within("7d")]}, "HW205", "Mean cannot take String"),
        ({"features": [hw.Mean().within("7d")]}, "HW211", "Mean needs a column"),
        ({"features": [hw.Mean("amuont").within("7d")]}, "HW201", "column 'amuont' is not in"),
        ({"features": [hw.Mean(pl.col("amount") * 2).within("7d")]}, "HW204", "needs a name"),
        ({"features": [hw.Mean(7).within("7d")]}, "HW211", "expected a row expression, found int"),
        ({"features": [hw.Count(name="n", where="amount").within("7d")]}, "HW211", "gives Float64"),
        (
            {"features": [hw.Mean("amount").within("7d"), hw.Mean("amount").within("7d")]},
            "HW203",
            "two features are named 'spend__amount_mean_7d'",
        ),
        (
            {"features": [hw.Mean(pl.col("amount").shift(1), name="x").within("7d")]},
            "HW206",
            "shift",
        ),
        ({"source": ORDERS}, "HW211", "source= of feature view 'spend' is a DataFrame"),
    ],
)  # fmt: skip
def test_a_fault_of_a_view_has_its_code(changes: Any, code: str, words: str) -> None:
    found = faults_of(view(**changes))
    assert [fault.code for fault in found] == [code]
    assert words in found[0].message
    assert "feature view 'spend'" in str(found[0].place)


FILLS = {
    "forward_fill": pl.col("amount").forward_fill(),
    "backward_fill": pl.col("amount").backward_fill(),
    "a strategy": pl.col("amount").fill_null(strategy="backward"),
    "interpolate": pl.col("amount").interpolate(),
    "interpolate_by": pl.col("amount").interpolate_by("ordered_at"),
}


@pytest.mark.parametrize("fill", FILLS)
def test_a_fill_from_other_rows_is_refused_with_what_sees_the_past_only(fill: str) -> None:
    (in_a_view,) = faults_of(view(features=[hw.Mean(FILLS[fill], name="filled").within("7d")]))
    (in_a_source,) = faults_of(source(derive={"filled": FILLS[fill]}))
    for fault in (in_a_view, in_a_source):
        assert fault.code == "HW206"
        assert "hw.Last" in str(fault.hint)


def test_a_feature_names_its_own_line_and_aggregation() -> None:
    features = [
        hw.Mean("amount").within("7d"),
        hw.Mean("amuont").within("7d"),
    ]
    wrong = line() - 2
    (fault,) = faults_of(view(features=features))
    assert str(fault) == (
        "[HW201] column 'amuont' is not in source 'orders'\n"
        f"  at test_faults_together.py:{wrong}, feature view 'spend', Mean\n"
        "  hint: did you mean 'amount'? columns: amount, customer, day, naive, note, ordered_at, "
        "paid_at"
    )


def test_a_missing_entity_does_not_hide_the_faults_of_features() -> None:
    features = [hw.Mean("amuont").within("7d"), hw.Mean("note").within("1 d")]
    assert codes(view(entity="custmer", features=features)) == ["HW201", "HW201", "HW205", "HW202"]


def test_a_fault_of_a_source_does_not_hide_those_of_its_views() -> None:
    made = view(source=source(event_time="ordered"), features=[hw.Mean("amuont").within("7d")])
    assert codes(made) == ["HW201", "HW201"]


# a spine


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"as_of": "orderd_at"}, "HW201", "column 'orderd_at' is not in source 'orders'"),
        ({"as_of": "amount"}, "HW301", "holds Float64, not times"),
        ({"as_of": "naive"}, "HW302", "without a zone"),
        ({"as_of": 7}, "HW211", "expected a row expression, found int"),
        ({"as_of": pl.col("ordered_at").max()}, "HW206", "max"),
        ({"keep": ["amuont"]}, "HW201", "column 'amuont' is not in source 'orders'"),
        ({"keep": "amuont"}, "HW201", "column 'amuont' is not in source 'orders'"),
        ({"filter": pl.col("amuont") > 1}, "HW201", "column 'amuont' is not in"),
        ({"filter": pl.col("amount")}, "HW211", "filter= gives Float64, not true or false"),
        ({"filter": "amount"}, "HW211", "expected a row expression, found str"),
        ({"filter": pl.col("amount") > pl.col("amount").mean()}, "HW206", "mean"),
    ],
)
def test_a_fault_of_a_spine_has_its_code(changes: Any, code: str, words: str) -> None:
    given = {"as_of": "ordered_at"} | changes
    found = faults_of(hw.Spine(source(known_times={"customer": hw.ALWAYS}), **given))
    assert [fault.code for fault in found] == [code]
    assert words in found[0].message
    assert "test_faults_together.py" in str(found[0].place)


@pytest.mark.parametrize(
    ("as_of", "given"),
    [("naive", '.dt.replace_time_zone("UTC")'), ("day", '.cast(pl.Datetime("us", "UTC"))')],
)
def test_where_a_zone_can_be_declared_the_hint_says_so(as_of: str, given: str) -> None:
    known = {"customer": hw.ALWAYS}
    (of_source,) = faults_of(hw.Spine(source(known_times=known), as_of=as_of))
    assert "in the source" in str(of_source.hint)
    (of_frame,) = faults_of(hw.Spine(ORDERS, as_of=as_of))
    assert "source" not in str(of_frame.hint)
    for fault in (of_source, of_frame):
        assert fault.code == "HW302"
        assert given in str(fault.hint)
    assert ("tz_localize" in str(of_frame.hint)) == (as_of == "naive")


def test_all_faults_of_a_spine_come_together() -> None:
    spine = hw.Spine(
        hw.Source("orders", hw.Frame(ORDERS.drop("customer")), event_time="ordered_at"),
        as_of="orderd_at",
        keep=["amuont"],
        filter=pl.col("note"),
    )
    assert sorted(codes(spine)) == ["HW201", "HW201", "HW208", "HW211"]


def test_a_missing_key_is_named_with_the_nearest_column() -> None:
    frame = ORDERS.rename({"customer": "custmer"})
    (fault,) = faults_of(hw.Spine(frame, as_of="ordered_at"))
    assert fault.code == "HW208"
    assert fault.message == "the spine has no column 'customer', which a view's entity needs"
    assert str(fault.hint).startswith("did you mean 'custmer'?")
