"""Tests of arguments of the wrong kind: each is a coded fault at the user's line, never a crash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.enrichment import plan_enrichment
from headwater.plan.faults import Faults
from headwater.plan.sources import plan_source
from headwater.plan.training_sets import plan_training_set
from headwater.plan.views import plan_view
from headwater.spec.attributes import Attributes
from headwater.spec.feature_view import FeatureView
from headwater.spec.label import Label
from headwater.spec.source import Source
from headwater.spec.spine import Spine
from headwater.spec.training_set import TrainingSet

ORDERS = pl.DataFrame(
    {
        "at": [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day) for day in range(20)],
        "who": ["anna", "bo"] * 10,
        "price": [float(day) for day in range(20)],
    }
)
READER = hw.Frame(ORDERS)
WRONG: list[Any] = [3, b"at", [None], {1: 2}, {"at"}, pl.col("at"), lambda: None]


def kind(value: object) -> str:
    """A name for a case that is the same in every process: workers compare what they collected."""
    return type(value).__name__


def source(**given: Any) -> Source:
    default: dict[str, Any] = {"name": "orders", "reader": READER, "event_time": "at"}
    return Source(**default | given)


def view(**given: Any) -> FeatureView:
    features = [hw.Mean("price").within("7d")]
    default: dict[str, Any] = {"name": "spend", "source": source(), "entity": "who"}
    default["features"] = features
    return FeatureView(**default | given)


def training_set(**given: Any) -> TrainingSet:
    default: dict[str, Any] = {
        "name": "large",
        "spine": Spine(source(), as_of="at"),
        "features": [view()],
        "label": Label("large", pl.col("price") > 7),
        "split": hw.SplitByTime(train=0.7, validation=0.0, test=0.3),
    }
    return TrainingSet(**default | given)


def faults_of(made: Source | FeatureView | Attributes | TrainingSet) -> list[SpecError]:
    faults = Faults()
    if isinstance(made, Source):
        assert plan_source(made, faults) is None
    elif isinstance(made, TrainingSet):
        assert plan_training_set(made, faults) is None
    else:
        plan_view(made, faults)
    return faults.found


def is_refused(made: Any, word: str) -> bool:
    """Whether there is a fault of this argument, and all faults are coded and at this file."""
    found = faults_of(made)
    assert {fault.code for fault in found} <= {"HW211", "HW208"}
    assert all("test_arguments.py" in str(fault.place) for fault in found)
    return any(word in fault.message for fault in found)


@pytest.mark.parametrize("wrong", WRONG, ids=kind)
@pytest.mark.parametrize("argument", ["event_time", "known_times", "derive", "identity"])
def test_a_source_refuses_what_is_neither_name_nor_mapping(argument: str, wrong: Any) -> None:
    assert is_refused(source(**{argument: wrong}), f"{argument}=")


@pytest.mark.parametrize("wrong", [*WRONG, ""], ids=kind)
def test_names_are_text(wrong: Any) -> None:
    assert is_refused(source(name=wrong), "the name of a source is text")
    assert is_refused(view(name=wrong), "the name of feature view")
    assert is_refused(training_set(label=Label(wrong, pl.col("price"))), "the name of a label")
    named = [hw.Mean("price", name=wrong).within("7d")]
    assert is_refused(view(features=named), "name= is text")


@pytest.mark.parametrize("wrong", [*WRONG, None], ids=kind)
def test_an_entity_is_made_of_names(wrong: Any) -> None:
    assert is_refused(view(entity=wrong), "entity= takes names of columns")
    attributes = Attributes("last", source(), entity=wrong, columns=["price"])
    assert is_refused(attributes, "entity= takes names of columns")
    set_of = training_set(features=[view(entity=wrong)])
    assert is_refused(set_of, "entity= takes names of columns")


@pytest.mark.parametrize("wrong", [*WRONG, None], ids=kind)
def test_kept_columns_are_names(wrong: Any) -> None:
    spine = Spine(source(), as_of="at", keep=wrong)
    assert is_refused(training_set(spine=spine), "keep= takes names of columns")


@pytest.mark.parametrize("wrong", WRONG, ids=kind)
def test_the_clock_of_a_label_is_a_name(wrong: Any) -> None:
    label = Label("large", pl.col("price"), known_time=wrong)
    assert is_refused(training_set(label=label), "known_time= takes a column's name")


@pytest.mark.parametrize("wrong", WRONG, ids=kind)
def test_on_maps_to_names(wrong: Any) -> None:
    attached = view().on({"who": wrong}, name="again")
    assert attached.spine_keys == ("who",)
    assert is_refused(attached, "on() maps 'who' to")


@pytest.mark.parametrize("wrong", [*WRONG, None], ids=kind)
def test_what_null_known_time_means_is_one_of_two_words(wrong: Any) -> None:
    faults = Faults()
    plan_source(source(null_known_time=wrong), faults)
    assert [fault.code for fault in faults.found] == ["HW211"]


@pytest.mark.parametrize("wrong", [3, pl.col("at"), timedelta(0), []], ids=kind)
def test_a_reason_without_a_label_filter_is_refused_whatever_it_is(wrong: Any) -> None:
    faults = Faults()
    spine = Spine(source(), as_of="at", label_filter_reason=wrong)
    plan_training_set(training_set(spine=spine), faults)
    assert "label_filter_reason= without" in faults.found[0].message


def test_an_identity_names_each_column_once() -> None:
    assert is_refused(source(identity=("who", "who")), "names a column twice")


def test_what_is_derived_over_a_column_that_is_there_is_one_fault() -> None:
    faults = Faults()
    plan_source(source(derive={"price": "who"}), faults)
    assert [fault.code for fault in faults.found] == ["HW211", "HW203"]


@pytest.mark.parametrize(
    ("as_of", "expression", "refused"),
    [
        ("asked_at", pl.col("as_of") - pl.col("at"), True),
        (
            pl.col("asked_at"),
            hw.PythonExpression(lambda as_of: as_of, returns=pl.Datetime("us", "UTC")),
            True,
        ),
        ("as_of", pl.col("as_of") - pl.col("at"), False),
        ("asked_at", pl.col("price"), False),
        ("asked_at", 3, False),
    ],
    ids=["another", "another, in Python", "the same", "not read", "no expression"],
)
def test_as_of_of_a_derived_column_is_the_moment_and_nothing_else(
    as_of: Any, expression: Any, refused: bool
) -> None:
    faults, at = Faults(), pl.col("at")
    rows = ORDERS.with_columns(as_of=at, asked_at=at + pl.duration(days=1))
    plan_enrichment(Spine(rows, as_of=as_of), [hw.Derived("age", expression)], None, faults)
    assert ("HW203" in {fault.code for fault in faults.found}) == refused
