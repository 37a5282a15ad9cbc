"""The clock of each column and feature, and what the plan proves about the row itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import SpecError
from headwater.plan.faults import Faults
from headwater.plan.findings import findings
from headwater.plan.sources import SourcePlan, plan_source
from headwater.plan.spines import SpinePlan, plan_spine
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set
from headwater.plan.views import plan_view

AT = datetime(2024, 3, 1, tzinfo=UTC)
TRIPS = pl.DataFrame(
    {
        "driver": ["a"],
        "price": [1.0],
        "tip": [1.0],
        "number": [1],
        "starts_at": [AT],
        "ends_at": [AT + timedelta(hours=1)],
        "tipped_at": [AT + timedelta(hours=2)],
    }
)
STARTS = pl.col("starts_at")
CLOCKS: dict[str, Any] = {
    "driver": STARTS - pl.duration(days=1),
    "number": hw.ALWAYS,
    "starts_at": STARTS - pl.duration(days=2),
    "tip": "tipped_at",
}


def source(**changes: Any) -> hw.Source:
    given = {"event_time": "starts_at", "known_time": "ends_at", "known_times": CLOCKS} | changes
    return hw.Source("trips", hw.Frame(TRIPS), **given)


def resolved(**changes: Any) -> SourcePlan:
    faults = Faults()
    plan = plan_source(source(**changes), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def clocks(**changes: Any) -> dict[str, str]:
    return {column: str(clock) for column, clock in resolved(**changes).clocks.items()}


def test_a_column_without_a_clock_of_its_own_has_the_sources() -> None:
    assert clocks() == {
        "driver": "starts_at - 1d",
        "price": "ends_at",
        "tip": "tipped_at",
        "number": "always",
        "starts_at": "starts_at - 2d",
        "ends_at": "ends_at",
        "tipped_at": "ends_at",
    }


def test_without_any_clock_everything_is_known_at_its_event_time() -> None:
    plan = resolved(known_time=None, known_times={})
    assert {str(clock) for clock in plan.clocks.values()} == {"starts_at"}
    assert plan.is_assumed
    assert resolved(known_time=None).is_assumed, "columns without a clock of their own"
    assert not resolved(known_times={}).is_assumed


def test_a_derived_column_is_known_when_all_that_it_reads_is() -> None:
    derived = {
        "share": pl.col("tip") / pl.col("price"),
        "again": pl.col("share") * pl.col("number"),
        "one": pl.lit(1),
    }
    found = clocks(derive=derived)
    assert found["share"] == "ends_at and tipped_at"
    assert found["again"] == "ends_at and tipped_at"
    assert found["one"] == "always"


def test_a_derived_column_may_be_given_a_clock_and_be_one() -> None:
    derived = {"settled_at": pl.max_horizontal("ends_at", "tipped_at"), "rich": pl.col("tip") > 5}
    found = clocks(derive=derived, known_time="settled_at", known_times={"rich": "ends_at"})
    assert found["price"] == "settled_at"
    assert found["rich"] == "ends_at"


def test_a_feature_is_known_when_all_that_it_reads_is() -> None:
    features = [
        hw.Count().within("1d"),
        hw.Mean("price").within("1d"),
        hw.Mean("price", name="generous", where=pl.col("tip") > 1).within("1d"),
        hw.Last("tip").over_all(),
        hw.Mean(pl.col("tip") + pl.col("price"), name="both").within("90m"),
    ]
    faults = Faults()
    view = plan_view(
        hw.FeatureView("driver", source(sequence="ends_at"), entity="driver", features=features),
        faults,
    )
    faults.raise_all()
    assert view is not None
    assert {feature.column: str(feature.clock) for feature in view.features} == {
        "driver__count_1d": "starts_at - 1d",
        "driver__price_mean_1d": "ends_at and starts_at - 1d",
        "driver__generous_1d": "ends_at and starts_at - 1d and tipped_at",
        "driver__tip_last_all": "ends_at and starts_at - 1d and tipped_at",
        "driver__both_90m": "ends_at and starts_at - 1d and tipped_at",
    }
    assert view.columns == ("driver", "ends_at", "price", "starts_at", "tip", "tipped_at")


def spine(as_of: Any, keep: Any = (), **changes: Any) -> SpinePlan:
    faults = Faults()
    rows = source(**changes)
    plan = plan_spine(hw.Spine(rows, as_of=as_of, keep=keep), ("driver",), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def verdicts(plan: SpinePlan) -> dict[str, str]:
    return {column.name: column.verdict for column in (*plan.keys, *plan.kept)}


def test_what_shares_the_base_of_as_of_and_is_not_later_is_proved() -> None:
    plan = spine(STARTS - pl.duration(days=1), ["number", "starts_at"])
    assert verdicts(plan) == {"driver": "proved", "number": "proved", "starts_at": "proved"}


def test_what_has_another_base_is_masked() -> None:
    assert verdicts(spine(STARTS, ["price", "tip"])) == {
        "driver": "proved",
        "price": "masked",
        "tip": "masked",
    }


def test_a_moment_that_is_no_column_plus_constant_proves_nothing() -> None:
    plan = spine(pl.max_horizontal("starts_at", "ends_at"), ["number", "price"])
    assert verdicts(plan) == {"driver": "masked", "number": "proved", "price": "masked"}


def test_a_kept_column_that_is_known_later_is_refused_with_both_moments() -> None:
    with pytest.raises(SpecError) as caught:
        spine(STARTS - pl.duration(days=1), ["price"], known_times=CLOCKS | {"price": STARTS})
    assert caught.value.code == "HW303"
    assert caught.value.message == (
        "column 'price' is known at starts_at, which is after as_of = starts_at - 1d; "
        "trips.price, known at starts_at (known_times of 'price')"
    )
    assert "test_clock_resolution.py" in str(caught.value.place)


def test_a_key_that_is_known_later_is_refused_by_a_microsecond() -> None:
    at = STARTS - pl.duration(days=1)
    assert verdicts(spine(at)) == {"driver": "proved"}
    with pytest.raises(SpecError, match="column 'driver' is known at starts_at - 1d") as caught:
        spine(at - pl.duration(microseconds=1))
    assert caught.value.code == "HW303"


def test_one_refused_part_of_a_clock_is_enough() -> None:
    derived = {"sum": pl.col("tip") + pl.col("price")}
    known = CLOCKS | {"price": STARTS + pl.duration(hours=1)}
    with pytest.raises(
        SpecError, match="'sum' is known at starts_at \\+ 1h and tipped_at"
    ) as caught:
        spine(STARTS, ["sum"], derive=derived, known_times=known)
    assert caught.value.message.endswith(
        "; sum <- trips.price, known at starts_at + 1h (known_times of 'price')"
    )


def test_the_columns_of_a_frame_count_as_known() -> None:
    faults = Faults()
    plan = plan_spine(hw.Spine(TRIPS, as_of="starts_at", keep=["price"]), ("driver",), faults)
    assert faults.found == []
    assert plan is not None
    assert verdicts(plan) == {"driver": "proved", "price": "proved"}


def planned(**changes: Any) -> TrainingSetPlan:
    trips = changes.pop("source", source())
    label = changes.pop("label", hw.Label("tipped", pl.col("tip") > 0))
    training_set = hw.TrainingSet(
        "tips",
        spine=hw.Spine(changes.pop("rows", trips), **({"as_of": "starts_at"} | changes)),
        features=[hw.FeatureView("v", trips, entity="driver", features=[hw.Count().within("1d")])],
        label=label,
        split=hw.SplitByTime(train=1.0, validation=0.0, test=0.0),
    )
    faults = Faults()
    plan = plan_training_set(training_set, faults)
    faults.raise_all()
    assert plan is not None
    return plan


def test_a_label_is_known_when_all_that_it_reads_is() -> None:
    both = hw.Label("tipped", pl.col("tip") / pl.col("price") > 0.1)
    assert str(planned(label=both).label_clock) == "ends_at and tipped_at"
    assert planned(label=both).label_reads == ("price", "tip")


def test_a_clock_of_a_label_replaces_that_of_its_columns() -> None:
    label = hw.Label("tipped", pl.col("tip") > 0, known_time="tipped_at")
    assert str(planned(rows=TRIPS, label=label).label_clock) == "tipped_at"


def test_nothing_is_found_where_all_is_declared() -> None:
    assert findings(planned()) == []


def test_an_assumed_clock_is_a_finding_of_its_source() -> None:
    (found,) = findings(planned(source=source(known_time=None, known_times={})))
    assert found == {
        "code": "HW305",
        "certainty": "suspected",
        "message": "source 'trips' declares no clock: rows count as known at event time",
    }


def test_a_frames_label_without_a_clock_is_a_finding() -> None:
    (found,) = findings(planned(rows=TRIPS))
    assert (found["code"], found["certainty"]) == ("HW305", "suspected")
    label = hw.Label("tipped", pl.col("tip") > 0, known_time="tipped_at")
    assert findings(planned(rows=TRIPS, label=label)) == []


def test_a_filter_that_need_not_be_known_is_a_finding() -> None:
    (found,) = findings(planned(filter=pl.col("price") > 0))
    assert (found["code"], found["certainty"]) == ("HW303", "suspected")
    assert "filtered by what is known at ends_at" in found["message"]


def test_a_filter_that_is_proved_to_be_known_is_none() -> None:
    assert findings(planned(filter=pl.col("driver") == "a")) == []
    assert findings(planned(filter=pl.col("number") > 0)) == []
    assert findings(planned(rows=TRIPS, filter=pl.col("price") > 0))[1:] == []


def test_a_filter_that_is_provably_known_too_late_is_refused() -> None:
    with pytest.raises(SpecError, match="the filter is known at starts_at - 1d") as caught:
        planned(filter=pl.col("driver") == "a", as_of=STARTS - pl.duration(days=2))
    assert "HW303" in str(caught.value)
