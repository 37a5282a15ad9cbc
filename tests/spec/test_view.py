"""View: what feature views and attributes share; where they attach."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

import headwater as hw
from headwater.spec.plain import fingerprint
from headwater.spec.view import View

WEATHER = hw.Source("weather", hw.Parquet("weather.parquet"), event_time="at", known_time="at")


def seen(**changes: Any) -> hw.Attributes:
    given: dict[str, Any] = {"entity": "airport", "columns": ["wind", "rain"]} | changes
    return hw.Attributes(given.pop("name", "weather"), given.pop("source", WEATHER), **given)


def test_a_view_attaches_by_its_keys_where_nothing_else_is_said() -> None:
    assert seen().spine_keys == ("airport",)
    assert seen(entity=("airport", "runway")).spine_keys == ("airport", "runway")


def test_a_copy_attaches_by_other_columns_under_another_name() -> None:
    first = seen(entity=("airport", "runway"))
    copy = first.on({"origin": "airport"}, name="origin_weather")
    assert (copy.name, copy.keys) == ("origin_weather", ("airport", "runway"))
    assert copy.spine_keys == ("origin", "runway")
    assert (first.name, first.spine_keys) == ("weather", ("airport", "runway"))
    assert isinstance(copy, hw.Attributes)
    assert copy.columns == ["wind", "rain"]


def test_a_feature_view_is_copied_alike() -> None:
    view = hw.FeatureView("w", WEATHER, entity="airport", features=[hw.Count().within("1d")])
    copy = view.on({"destination": "airport"}, name="there")
    assert isinstance(copy, hw.FeatureView)
    assert (copy.spine_keys, copy.features) == (("destination",), view.features)
    assert isinstance(view, View)


def test_a_copy_knows_its_own_line() -> None:
    first = hw.Attributes("weather", WEATHER, entity="airport", columns="wind")
    copy = first.on({"origin": "airport"}, name="o")
    assert copy.place is not None
    assert first.place is not None
    assert copy.place.file == first.place.file == __file__
    assert copy.place.line == first.place.line + 1


def test_where_a_view_attaches_is_part_of_its_definition() -> None:
    assert fingerprint(seen()) == fingerprint(seen(attached={"airport": "airport"}))
    assert fingerprint(seen()) != fingerprint(seen().on({"o": "airport"}, name="weather"))


@pytest.mark.parametrize("attached", [None, "airport", {3: "airport"}, {"origin": "runway"}])
def test_what_maps_nothing_leaves_the_keys_as_they_are(attached: Any) -> None:
    assert seen(attached=attached).spine_keys == ("airport",)


def test_the_definition_of_attributes_is_plain() -> None:
    found = seen(ttl="3h").definition()
    assert json.loads(json.dumps(found)) == found
    assert found["columns"] == ["wind", "rain"]
    assert found["ttl"] == "3h"
    assert found["entity"] == found["spine_keys"] == ["airport"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"entity": "runway"},
        {"columns": ["wind"]},
        {"columns": ["rain", "wind"]},
        {"ttl": "3h"},
        {"source": hw.Source("weather", hw.Parquet("weather.parquet"), event_time="at")},
    ],
)
def test_every_field_of_attributes_that_changes_a_value_is_part_of_it(change: Any) -> None:
    assert fingerprint(seen(**change)) != fingerprint(seen())


@pytest.mark.parametrize(
    "prose",
    [{"description": "x"}, {"owner": "x"}, {"tags": ["x"]}, {"version": "2"}, {"place": None}],
)
def test_prose_and_place_are_no_part_of_it(prose: Any) -> None:
    assert fingerprint(seen(**prose)) == fingerprint(seen())


def test_a_ttl_may_be_a_timedelta() -> None:
    assert fingerprint(seen(ttl=timedelta(hours=3))) == fingerprint(seen(ttl="3h"))
