"""Every fault of a training set is reported in one run, each at the user's own line."""

from __future__ import annotations

import inspect
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError, SpecErrors
from headwater.plan.faults import Faults
from headwater.plan.training_sets import plan_training_set

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


def faults_of(definition: hw.TrainingSet) -> list[SpecError]:
    faults = Faults()
    plan_training_set(definition, faults)
    return faults.found


def codes(definition: hw.TrainingSet) -> list[str]:
    return [fault.code for fault in faults_of(definition)]


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
    assert str(found).count("\n  at test_training_set_faults.py:") == 6
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


def test_a_name_that_two_features_of_a_view_share_is_told_once() -> None:
    orders = source(known_times={"customer": hw.ALWAYS})
    twice = view(source=orders, features=[hw.Mean("amount").within("7d", "7d")])
    spine = hw.Spine(orders, as_of="ordered_at")
    (fault,) = faults_of(training_set(spine=spine, features=[twice]))
    assert fault.message == "two features are named 'spend__amount_mean_7d'"
    assert "another name=, such as hw.Mean(" in str(fault.hint)
    with pytest.raises(SpecError) as caught:
        hw.enrich(ORDERS, [twice], as_of="paid_at")
    assert str(caught.value).count("HW203") == 1
    seen = source(name="seen", views=[twice])
    counted = view(source=seen, name="counted", features=[hw.Count().over_all()])
    assert codes(training_set(spine=spine, features=[counted])) == ["HW203"]


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
    assert f"test_training_set_faults.py:{wrong}, training set 'sizes'" in str(fault.place)


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
        assert "test_training_set_faults.py" in str(fault.place)


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
