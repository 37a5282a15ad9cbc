"""Every fault of the definitions is reported in one run, each at the user's own line."""

from __future__ import annotations

import inspect
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError, SpecErrors
from headwater.plan.faults import Faults
from headwater.plan.sources import plan_source
from headwater.plan.spines import plan_spine
from headwater.plan.training_sets import plan_training_set
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


def training_set(**changes: Any) -> hw.TrainingSet:
    orders = source(known_times={"customer": hw.ALWAYS})
    given: dict[str, Any] = {
        "spine": hw.Spine(orders, as_of="ordered_at"),
        "features": [view(source=orders)],
        "label": hw.Label("large", pl.col("amount") > 1),
        "split": hw.SplitByTime(train=0.8, validation=0.1, test=0.1),
    } | changes
    return hw.TrainingSet(given.pop("name", "sizes"), **given)


def faults_of(definition: Any) -> list[SpecError]:
    faults = Faults()
    if isinstance(definition, hw.Source):
        plan_source(definition, faults)
    elif isinstance(definition, hw.FeatureView):
        plan_view(definition, faults)
    elif isinstance(definition, hw.Spine):
        plan_spine(definition, ("customer",), faults)
    else:
        plan_training_set(definition, faults)
    return faults.found


def codes(definition: Any) -> list[str]:
    return [fault.code for fault in faults_of(definition)]


def test_definitions_without_a_fault_have_none() -> None:
    assert faults_of(training_set()) == []


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


# a training set


def test_all_faults_of_a_training_set_come_together() -> None:
    orders = source(known_times={"customer": hw.ALWAYS})
    made = training_set(
        spine=hw.Spine(orders, as_of="orderd_at", keep=["nte"]),
        features=[
            view(source=orders, features=[hw.Mean("amuont").within("7d")]),
            view(source=orders, name="other", features=[hw.Mean("note").within("7d")]),
        ],
        label=hw.Label("large", pl.col("amont") > 1),
        split=hw.SplitByTime(train=0.5, validation=0.1, test=0.1),
    )
    with pytest.raises(SpecErrors) as caught:
        Faults(faults_of(made)).raise_all()
    found = caught.value
    assert sorted(fault.code for fault in found.faults) == [
        "HW201", "HW201", "HW201", "HW201", "HW205", "HW209",
    ]  # fmt: skip
    assert found.exit_code == 2
    assert str(found).count("\n  at test_faults_together.py:") == 6
    for word in ("'orderd_at'", "'nte'", "'amuont'", "'amont'", "String", "add up to 1"):
        assert word in str(found)


def test_the_same_fault_seen_from_two_views_is_told_once() -> None:
    wrong = source(known_time="payed_at", known_times={"customer": hw.ALWAYS})
    made = training_set(
        spine=hw.Spine(wrong, as_of="ordered_at"),
        features=[view(source=wrong), view(source=wrong, name="other")],
    )
    assert codes(made) == ["HW201"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"spine": ORDERS}, "spine= of training set 'sizes' is a DataFrame, not a Spine"),
        ({"features": view()}, "features= of training set 'sizes' is a FeatureView, not a list"),
        ({"features": [source()]}, "a feature view of training set 'sizes' is a Source"),
        ({"label": pl.col("amount") > 1}, "label= of training set 'sizes' is a Expr, not a Label"),
        ({"split": 0.7}, "split= of training set 'sizes' is a float, not a SplitByTime"),
        ({"recipe": []}, "recipe= of training set 'sizes' is a list, not a Recipe"),
        (
            {"recipe": hw.Recipe().fit(pl.DataFrame({"x": [1.0]}))},
            "recipe= of training set 'sizes' is fitted already",
        ),
        ({"name": "a/b"}, "'a/b' cannot name a folder"),
        ({"name": ".."}, "'..' cannot name a folder"),
        ({"name": ""}, "'' cannot name a folder"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_a_fault(changes: Any, words: str) -> None:
    found = faults_of(training_set(**changes))
    assert [fault.code for fault in found] == ["HW211"]
    assert words in found[0].message


def test_two_sources_of_one_name_are_refused() -> None:
    spine = hw.Spine(source(known_times={"customer": hw.ALWAYS}), as_of="ordered_at")
    other = source(reader=hw.Frame(ORDERS.head(1)))
    (fault,) = faults_of(training_set(spine=spine, features=[view(source=other)]))
    assert fault.code == "HW105"
    assert "two sources are named 'orders'" in fault.message


def test_a_source_named_like_the_rows_of_a_frame_is_refused() -> None:
    made = training_set(
        spine=hw.Spine(ORDERS, as_of="ordered_at"), features=[view(source=source(name="spine"))]
    )
    assert codes(made) == ["HW105"]


def test_a_source_that_was_written_twice_alike_is_one(tmp_path: Any) -> None:
    path = tmp_path / "orders.parquet"
    ORDERS.write_parquet(path)

    def orders() -> hw.Source:
        return source(reader=hw.Parquet(str(path)), known_times={"customer": hw.ALWAYS})

    made = training_set(
        spine=hw.Spine(orders(), as_of="ordered_at"), features=[view(source=orders())]
    )
    assert codes(made) == []


def test_two_views_of_one_name_are_refused() -> None:
    orders = source(known_times={"customer": hw.ALWAYS})
    other = view(source=orders, features=[hw.Count().within("7d")])
    made = training_set(
        spine=hw.Spine(orders, as_of="ordered_at"), features=[view(source=orders), other]
    )
    assert codes(made) == ["HW105"]


# the label


def test_a_label_that_reads_a_kept_column_is_refused() -> None:
    orders = source(known_times={"customer": hw.ALWAYS, "amount": hw.ALWAYS})
    made = training_set(
        spine=hw.Spine(orders, as_of="ordered_at", keep=["amount"]), features=[view(source=orders)]
    )
    (fault,) = faults_of(made)
    assert fault.code == "HW207"
    assert fault.message == "column 'amount' is read by the label and kept as an input"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("customer", "HW207"),
        ("spend__amount_mean_7d", "HW207"),
        ("as_of", "HW207"),
        ("label_known_time", "HW207"),
        ("note", "HW207"),
    ],
)
def test_a_label_is_not_named_like_another_column(name: str, code: str) -> None:
    orders = source(known_times={"customer": hw.ALWAYS, "note": hw.ALWAYS})
    made = training_set(
        spine=hw.Spine(orders, as_of="ordered_at", keep=["note"]),
        features=[view(source=orders)],
        label=hw.Label(name, pl.col("amount") > 1),
    )
    assert codes(made) == [code]


def test_a_kept_column_may_be_a_key_and_not_be_kept_twice() -> None:
    orders = source(known_times={"customer": hw.ALWAYS})

    def made(*keep: str) -> hw.TrainingSet:
        spine = hw.Spine(orders, as_of="ordered_at", keep=keep)
        recipe = hw.Recipe(hw.EncodeTarget(hw.strings()))
        return training_set(spine=spine, features=[view(source=orders)], recipe=recipe)

    assert codes(made("customer")) == []
    assert codes(made("customer", "customer")) == ["HW203"]


@pytest.mark.parametrize("taken", ["as_of", "label_known_time"])
def test_a_kept_column_is_not_named_like_one_of_the_training_set(taken: str) -> None:
    orders = source(reader=hw.Frame(ORDERS.with_columns(pl.lit(1).alias(taken))))
    spine = hw.Spine(orders, as_of=pl.col("paid_at"), keep=[taken])
    assert codes(training_set(spine=spine, features=[view(source=orders)])) == ["HW203"]


def test_a_label_is_a_boolean_or_a_number() -> None:
    (fault,) = faults_of(training_set(label=hw.Label("note", pl.col("note") + "!")))
    assert fault.code == "HW211"
    assert "gives String, not a boolean or number" in fault.message


@pytest.mark.parametrize(
    ("known_time", "code"), [("payed", "HW201"), ("note", "HW301"), ("naive", "HW302")]
)
def test_the_clock_of_a_frames_label_is_a_time_column(known_time: str, code: str) -> None:
    made = training_set(
        spine=hw.Spine(ORDERS, as_of="ordered_at"),
        label=hw.Label("large", pl.col("amount") > 1, known_time=known_time),
    )
    assert codes(made) == [code]


# the split


@pytest.mark.parametrize(
    ("fractions", "words"),
    [
        ((0.5, 0.3, 0.3), "fractions must add up to 1, found 1.1"),
        ((0.5, 0.1, 0.1), "fractions must add up to 1, found 0.7"),
        ((0.0, 0.5, 0.5), "train be above 0"),
        ((1.2, -0.1, -0.1), r"must lie in [0, 1]"),
        ((float("nan"), 0.5, 0.5), r"must lie in [0, 1]"),
        (("0.7", 0.15, 0.15), "must be numbers"),
    ],
)
def test_a_split_that_is_none_is_refused(fractions: tuple[Any, Any, Any], words: str) -> None:
    train, validation, test = fractions
    split = hw.SplitByTime(train=train, validation=validation, test=test)
    wrong = line() - 1
    (fault,) = faults_of(training_set(split=split))
    assert fault.code == "HW209"
    assert words in fault.message
    assert f"test_faults_together.py:{wrong}, training set 'sizes'" in str(fault.place)


# keys


@pytest.mark.parametrize(
    "key",
    [
        pl.Series("customer", [1, 2]),
        pl.Series("customer", [date(2024, 3, 1), date(2024, 3, 2)]),
    ],
    ids=["integer", "date"],
)
def test_keys_of_other_types_do_not_attach(key: pl.Series) -> None:
    made = training_set(spine=hw.Spine(ORDERS.with_columns(key), as_of="ordered_at"))
    (fault,) = faults_of(made)
    assert fault.code == "HW208"
    assert "key 'customer'" in fault.message


def test_a_date_does_not_attach_to_a_time() -> None:
    orders = source(known_times={"day": hw.ALWAYS})
    spine = hw.Spine(ORDERS.with_columns(day="ordered_at"), as_of="ordered_at")
    assert codes(training_set(spine=spine, features=[view(source=orders, entity="day")])) == [
        "HW208"
    ]


# the recipe


def with_recipe(*steps: Any, keep: Any = ("note",), **changes: Any) -> hw.TrainingSet:
    orders = source(known_times=dict.fromkeys(("customer", "note", "day"), hw.ALWAYS))
    spine = hw.Spine(orders, as_of="ordered_at", keep=keep)
    recipe = hw.Recipe(*steps)
    return training_set(spine=spine, features=[view(source=orders)], recipe=recipe, **changes)


TARGET, FILL = hw.EncodeTarget(hw.strings()), hw.ImputeMedian(hw.numeric())


@pytest.mark.parametrize(
    "steps",
    [
        (TARGET,),
        (FILL, hw.EncodeOneHot(hw.columns("note")), hw.ScaleStandard(hw.columns("note=x"))),
        (TARGET, hw.ScaleStandard(hw.columns("note", "spend__amount_mean_7d"))),
    ],
)
def test_a_recipe_that_fits_its_columns_has_no_fault(steps: Any) -> None:
    assert codes(with_recipe(*steps)) == []


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((hw.EncodeTarget(hw.columns("note", "nte")),), ["column 'nte' does not exist"]),
        ((FILL, hw.EncodeTarget(hw.columns("nte"))), ["column 'nte' does not exist"]),
        ((hw.ImputeMedian(hw.columns("note")), TARGET), ["column 'note' is a category"]),
        (
            (hw.ImputeMedian(hw.columns("spend")), hw.EncodeOneHot(hw.columns("nte"))),
            ["column 'spend' does not exist", "column 'nte' does not exist"],
        ),
        ((FILL, hw.ScaleStandard(hw.columns("note"))), ["column 'note' is a category"]),
        ((FILL,), ["still categories: 'note'"]),
        ((), ["still categories: 'note'"]),
    ],
)
def test_faults_of_a_recipe_are_found_before_data_is_read(steps: Any, words: list[str]) -> None:
    found = faults_of(with_recipe(*steps))
    assert {fault.code for fault in found} == {"HW601"}
    assert len(found) == len(words)
    for fault, expected in zip(found, words, strict=True):
        assert expected in fault.message
        assert "test_faults_together.py" in str(fault.place)


def test_an_input_that_is_neither_a_number_nor_text_is_refused() -> None:
    (fault,) = faults_of(with_recipe(keep=["day"]))
    assert fault.code == "HW601"
    assert "column 'day' is a Date, neither a number nor text" in fault.message


def test_a_recipe_is_not_blamed_for_a_feature_that_is_at_fault_itself() -> None:
    orders = source(known_times={"customer": hw.ALWAYS})
    made = training_set(
        features=[view(source=orders, features=[hw.Mean("amuont").within("7d")])],
        spine=hw.Spine(orders, as_of="ordered_at"),
        recipe=hw.Recipe(hw.ImputeMedian(hw.columns("spend__amuont_mean_7d"))),
    )
    assert codes(made) == ["HW201"]
