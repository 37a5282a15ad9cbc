"""Attributes, static tables and where views attach, as the plan resolves or refuses them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.aggregations.latest import Latest
from headwater.errors import SpecError
from headwater.plan.enrichment import plan_enrichment
from headwater.plan.faults import Faults
from headwater.plan.sources import SourcePlan, plan_source
from headwater.plan.views import ViewPlan, plan_view
from headwater.plan.windows import Window
from headwater.schema.clocks import ALWAYS, Clock, Moment
from headwater.spec.spine import Spine

AT = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = 3_600_000_000
WEATHER = pl.DataFrame(
    {
        "airport": ["JFK"],
        "runway": [1],
        "wind": [3.0],
        "rain": [None],
        "number": [1],
        "gone": [False],
        "at": [AT],
        "told": [AT],
        "naive": [datetime(2024, 3, 1)],
    },
    schema_overrides={"rain": pl.Float64},
)
PLANES = hw.Source("planes", hw.Frame(WEATHER), static="the register is complete")
SPINE = pl.DataFrame({"origin": ["JFK"], "runway": [1], "asked_at": [AT], "speed": [1.5]})


def source(**changes: Any) -> hw.Source:
    given: dict[str, Any] = {"event_time": "at", "known_time": "told", "sequence": "number"}
    return hw.Source("weather", hw.Frame(WEATHER), **(given | changes))


def attributes(**changes: Any) -> hw.Attributes:
    given: dict[str, Any] = {"entity": "airport", "columns": ["wind", "rain"]} | changes
    return hw.Attributes(given.pop("name", "seen"), given.pop("source", source()), **given)


def planned(view: Any) -> ViewPlan:
    faults = Faults()
    plan = plan_view(view, faults)
    faults.raise_all()
    assert plan is not None
    return plan


def resolved(made: hw.Source) -> SourcePlan:
    faults = Faults()
    plan = plan_source(made, faults)
    faults.raise_all()
    assert plan is not None
    return plan


def faults_of(definition: Any) -> list[SpecError]:
    faults = Faults()
    if isinstance(definition, hw.Source):
        plan_source(definition, faults)
    else:
        plan_view(definition, faults)
    return faults.found


# attributes


def test_attributes_are_the_latest_value_of_each_column() -> None:
    known = {"rain": pl.col("told") + pl.duration(hours=1)}
    plan = planned(attributes(source=source(known_times=known), ttl="3h"))
    wind, rain = plan.features
    assert [one.column for one in plan.features] == ["seen__wind", "seen__rain"]
    assert isinstance(wind.aggregation, Latest)
    assert (wind.window, wind.dtype) == (Window(ttl=3 * HOUR), pl.Float64())
    assert wind.reads == ("airport", "at", "number", "wind")
    assert wind.clock == wind.mask == Clock((Moment("told"),))
    assert rain.clock == rain.mask == Clock((Moment("told", HOUR),))
    assert plan.columns == ("airport", "at", "number", "rain", "told", "wind")


def test_without_a_ttl_a_row_counts_for_ever_and_one_column_needs_no_list() -> None:
    (wind,) = planned(attributes(columns="wind")).features
    assert wind.window == Window()


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"columns": ["wnid"]}, "HW201", "column 'wnid' is not in source 'weather'"),
        ({"columns": []}, "HW211", "attributes 'seen' have no columns"),
        ({"columns": 3}, "HW211", "columns= takes a list, found int"),
        ({"columns": [pl.col("wind") * 2]}, "HW211", "columns= takes names of columns, found Expr"),
        ({"columns": ["wind", "wind"]}, "HW203", "two features are named 'seen__wind'"),
        ({"entity": "airprt"}, "HW201", "column 'airprt' is not in source 'weather'"),
        ({"entity": ()}, "HW211", "attributes 'seen' has no entity"),
        ({"ttl": "3 hours"}, "HW202", "ttl '3 hours' is not a duration"),
        ({"ttl": "0s"}, "HW202", "ttl '0s' is not longer than zero"),
        ({"ttl": "99999999999d"}, "HW202", "ttl '99999999999d' is longer than"),
        ({"ttl": 3}, "HW211", "ttl takes a duration, found int"),
        ({"source": WEATHER}, "HW211", "source= of attributes 'seen' is a DataFrame"),
    ],
)
def test_a_fault_of_attributes_has_its_code(changes: Any, code: str, words: str) -> None:
    (fault,) = faults_of(attributes(**changes))
    assert code != "HW203" or fault.hint == "name each column once"
    assert fault.code == code
    assert words in fault.message
    assert "attributes 'seen'" in str(fault.place)


def test_a_ttl_that_ends_before_a_row_is_known_is_refused() -> None:
    late = source(known_time=pl.col("at") + pl.duration(hours=3))
    (fault,) = faults_of(attributes(source=late, columns="wind", ttl="3h"))
    assert fault.code == "HW303"
    assert faults_of(attributes(source=late, columns="wind", ttl=timedelta(hours=4))) == []


def test_a_column_that_could_not_be_derived_causes_no_second_fault() -> None:
    broken = source(derive={"gust": pl.col("wnid") * 2})
    assert [fault.code for fault in faults_of(attributes(source=broken, columns="gust"))] == [
        "HW201"
    ]


# where a view attaches


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"origin": "airprt"}, "on() maps 'origin' to 'airprt', which is no key of attributes"),
        ({3: "airport"}, "on() maps 3 to 'airport'"),
        ({"origin": ["airport"]}, "which is no key"),
        ([("origin", "airport")], "on() takes a mapping from the spine's columns, found list"),
        ("origin", "found str"),
    ],
)
def test_a_mapping_that_names_no_key_is_refused(mapping: Any, words: str) -> None:
    (fault,) = faults_of(attributes().on(mapping, name="there"))
    assert fault.code == "HW208"
    assert words in fault.message


def test_a_key_that_two_columns_map_to_is_refused() -> None:
    (fault,) = faults_of(attributes().on({"a": "airport", "b": "airport"}, name="there"))
    assert (fault.code, fault.message) == ("HW208", "on() maps two columns to key 'airport'")


def faults_of_enriching(*views: Any, frame: pl.DataFrame = SPINE, **given: Any) -> list[SpecError]:
    faults = Faults()
    through = given.pop("complete_through", None)
    plan_enrichment(Spine(frame, as_of="asked_at", **given), views, through, faults)
    return faults.found


def test_a_column_that_the_spine_has_not_or_in_another_type_is_refused() -> None:
    missing = attributes().on({"orign": "airport"}, name="there")
    (fault,) = faults_of_enriching(missing)
    assert fault.code == "HW208"
    assert "no column 'orign'" in fault.message
    assert "did you mean 'origin'" in str(fault.hint)
    unlike = attributes().on({"speed": "airport"}, name="there")
    (fault,) = faults_of_enriching(unlike)
    assert fault.code == "HW208"
    assert "key 'speed' is Float64 in the spine and String in source 'weather'" in fault.message


# what enrich is asked


def test_views_and_derived_columns_are_added_in_their_order() -> None:
    there = attributes().on({"origin": "airport"}, name="there")
    faster = hw.Derived("faster", pl.col("there__wind") > pl.col("speed"))
    faults = Faults()
    spine = Spine(SPINE, as_of="asked_at")
    here = attributes(entity="runway", columns="rain")
    plan = plan_enrichment(spine, [there, faster, here], pl.col("asked_at"), faults)
    assert faults.found == []
    assert plan is not None
    assert plan.columns == ("there__wind", "there__rain", "faster", "seen__rain")
    assert plan.complete_through is not None


@pytest.mark.parametrize(
    ("views", "given", "code", "words"),
    [
        ([hw.Count()], {}, "HW211", "one of views= is a Count, not a View"),
        (["airport"], {}, "HW211", "one of views= is a str"),
        ([hw.Derived("speed", pl.lit(1))], {}, "HW203", "a column named 'speed' is there already"),
        ([hw.Derived("as_of", pl.lit(1))], {}, "HW203", "named 'as_of'"),
        ([hw.Derived("x", pl.lit(1))] * 2, {}, "HW203", "a column named 'x' is there already"),
        ([hw.Derived("x", pl.col("sped"))], {}, "HW201", "reads 'sped', which is not there"),
        ([], {"complete_through": "complete"}, "HW201", "column 'complete' is not in"),
        ([], {"complete_through": "speed"}, "HW301", "holds Float64, not times"),
        ([], {"complete_through": "naive"}, "HW302", "times without a zone"),
        ([], {"complete_through": 7}, "HW211", "expected a row expression, found int"),
    ],
)
def test_a_fault_of_what_is_asked_has_its_code(
    views: Any, given: Any, code: str, words: str
) -> None:
    frame = SPINE.with_columns(naive=pl.lit(datetime(2024, 3, 1)))
    (fault,) = faults_of_enriching(*views, frame=frame, **given)
    assert fault.code == code
    assert words in fault.message
    assert "in the source" not in str(fault.hint)


def test_views_are_a_list() -> None:
    faults = Faults()
    assert plan_enrichment(Spine(SPINE, as_of="asked_at"), attributes(), None, faults) is None
    assert [fault.code for fault in faults.found] == ["HW211"]


def test_a_spine_without_columns_is_not_resolved() -> None:
    faults = Faults()
    spine = Spine(hw.Source("orders", WEATHER, event_time="at"), as_of="at")
    assert plan_enrichment(spine, [attributes()], None, faults) is None
    assert [fault.code for fault in faults.found] == ["HW211"]


def test_a_view_without_a_reader_adds_no_second_fault() -> None:
    broken = hw.Source("weather", WEATHER, event_time="at")
    made = attributes(source=broken).on({"origin": "airport"}, name="there")
    warmer = hw.Derived("warmer", pl.col("there__wind") > 3)
    assert [fault.code for fault in faults_of_enriching(made, warmer)] == ["HW211"]


# a static table, and what a source says of times


def test_a_static_table_is_always_known_and_assumes_nothing() -> None:
    plan = resolved(PLANES)
    assert set(plan.clocks.values()) == {ALWAYS}
    assert plan.clock == ALWAYS
    assert not plan.is_assumed
    (wind,) = planned(attributes(source=PLANES, columns="wind")).features
    assert wind.clock == ALWAYS
    assert wind.reads == ("airport", "wind")


def test_a_static_table_has_no_time_from_which_a_ttl_counts() -> None:
    (fault,) = faults_of(attributes(source=PLANES, columns=["wind"], ttl="3d"))
    assert fault.code == "HW212"
    assert "ttl= of attributes 'seen' counts from event times" in fault.message


def test_an_empty_zone_is_none() -> None:
    (fault,) = faults_of(source(zone=""))
    assert (fault.code, fault.message) == ("HW211", "zone '' is not known")


def test_only_attributes_read_a_static_table() -> None:
    view = hw.FeatureView("v", PLANES, entity="airport", features=[hw.Count().over_all()])
    (fault,) = faults_of(view)
    assert fault.code == "HW212"
    assert "feature view 'v' reads source 'planes', which is static" in fault.message


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"event_time": "at"}, "declares event_time="),
        ({"known_time": pl.col("told")}, "declares known_time="),
        ({"known_times": {"wind": "told"}}, "declares known_times="),
        ({"sequence": "number"}, "declares sequence="),
        ({"identity": "number"}, "declares identity="),
        ({"delay": "2h", "complete_through": AT}, "declares delay=, complete_through="),
    ],
)
def test_a_static_table_declares_nothing_of_time(declared: Any, words: str) -> None:
    made = hw.Source("planes", hw.Frame(WEATHER), static="complete", **declared)
    (fault,) = faults_of(made)
    assert fault.code == "HW211"
    assert words in fault.message


@pytest.mark.parametrize("reason", ["", "  ", True])
def test_a_static_table_says_why_it_is_one(reason: Any) -> None:
    (fault,) = faults_of(hw.Source("planes", hw.Frame(WEATHER), static=reason))
    assert fault.code == "HW211"
    assert "the reason why" in fault.message


def test_a_table_with_neither_times_nor_a_reason_is_refused() -> None:
    (fault,) = faults_of(hw.Source("planes", hw.Frame(WEATHER)))
    assert (fault.code, fault.message) == ("HW211", "source 'planes' has no event_time=")
    assert "static=" in str(fault.hint)


def test_a_delay_is_the_clock_where_there_is_no_other() -> None:
    plan = resolved(source(known_time=None, delay="2h"))
    assert plan.clocks["wind"] == plan.clock == Clock((Moment("at", 2 * HOUR),))
    assert plan.delay == 2 * HOUR
    assert not plan.is_assumed
    declared = resolved(source(delay="2h"))
    assert declared.clocks["wind"] == Clock((Moment("told"),))
    assert declared.delay == 2 * HOUR
    assert resolved(source(known_time=None)).is_assumed


def test_how_far_a_source_is_complete_is_a_moment() -> None:
    assert resolved(source()).complete_through is None
    made = source(complete_through="1970-01-01T00:00:01Z")
    assert resolved(made).complete_through == 1_000_000


@pytest.mark.parametrize(
    ("declared", "code", "words"),
    [
        ({"deleted": "gone"}, "HW211", "deleted= of source 'weather' needs identity="),
        ({"deleted": "gon", "identity": "number"}, "HW201", "column 'gon' is not in"),
        ({"deleted": "wind", "identity": "number"}, "HW211", "holds Float64, not true or false"),
        ({"deleted": True, "identity": "number"}, "HW211", "deleted= takes a column's name"),
        ({"delay": "2 hours"}, "HW202", "delay= '2 hours' is not a duration"),
        ({"complete_through": "noon"}, "HW211", "complete_through= takes a datetime"),
        ({"complete_through": "2024-06-01"}, "HW302", "complete_through= 2024-06-01T00:00:00"),
    ],
)
def test_a_fault_of_what_a_source_says_has_its_code(declared: Any, code: str, words: str) -> None:
    (fault,) = faults_of(source(**declared))
    assert fault.code == code
    assert words in fault.message
    assert "source 'weather'" in str(fault.place)


def test_times_that_could_not_be_derived_cause_no_second_fault() -> None:
    broken = source(derive={"then": pl.col("att")}, event_time="then", known_time="then")
    assert [fault.message for fault in faults_of(broken)] == [
        "column 'att' is not in source 'weather'"
    ]


def test_a_derived_column_may_say_that_a_row_is_deleted() -> None:
    made = source(derive={"is_gone": pl.col("wind") > 9}, deleted="is_gone", identity="number")
    assert faults_of(made) == []
    broken = source(derive={"is_gone": pl.col("wnid") > 9}, deleted="is_gone", identity="number")
    assert [fault.code for fault in faults_of(broken)] == ["HW201"]
