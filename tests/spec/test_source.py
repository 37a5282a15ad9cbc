"""Source: what it computes, without prose, place or machine."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.spec.plain import fingerprint


def source(**changes: Any) -> hw.Source:
    given: dict[str, Any] = {"event_time": "at", "known_time": "known_at"} | changes
    return hw.Source("orders", hw.Parquet("data/orders.parquet"), **given)


def test_the_definition_is_plain_and_says_what_is_computed() -> None:
    made = source(
        known_times={"amount": pl.col("at") + pl.duration(hours=1), "user": hw.ALWAYS},
        derive={"large": pl.col("amount") > 9},
        identity="number",
        sequence="number",
        zone="Europe/Zurich",
        null_known_time="never",
    )
    found = made.definition()
    assert json.loads(json.dumps(found)) == found
    assert found["reader"] == {"is": "Parquet", "path": "orders.parquet"}
    assert found["identity"] == ["number"]
    assert list(found["known_times"]) == ["amount", "user"]
    assert set(found) == {
        *("name", "reader", "event_time", "known_time", "known_times", "null_known_time"),
        *("derive", "zone", "sequence", "identity", "deleted", "static", "delay"),
        *("complete_through", "views"),
    }


@pytest.mark.parametrize(
    "prose",
    [{"description": "x"}, {"owner": "x"}, {"tags": ["x"]}, {"version": "2"}, {"place": None}],
)
def test_prose_and_place_are_no_part_of_it(prose: Any) -> None:
    assert fingerprint(source(**prose)) == fingerprint(source())


@pytest.mark.parametrize(
    "change",
    [
        {"event_time": "known_at"},
        {"known_time": None},
        {"known_time": hw.ALWAYS},
        {"known_times": {"amount": "at"}},
        {"derive": {"large": pl.col("amount") > 9}},
        {"zone": "UTC"},
        {"sequence": "number"},
        {"identity": ("number",)},
        {"null_known_time": "never"},
        {"deleted": "gone"},
        {"delay": "2h"},
        {"complete_through": "2024-06-01T00:00:00+00:00"},
        {"event_time": None, "static": "a list of countries"},
    ],
)
def test_every_field_that_changes_a_value_is(change: Any) -> None:
    assert fingerprint(source(**change)) != fingerprint(source())


def test_an_identity_may_be_one_column_by_its_name() -> None:
    assert source(identity="number").identity == ("number",)
    assert fingerprint(source(identity="number")) == fingerprint(source(identity=["number"]))


def test_a_moment_and_a_length_may_be_values_or_text() -> None:
    moment, length = datetime(2024, 6, 1, tzinfo=UTC), timedelta(hours=2)
    as_values = source(complete_through=moment, delay=length).definition()
    as_text = source(complete_through="2024-06-01T00:00:00+00:00", delay="2h").definition()
    assert as_values == as_text
    assert as_values["delay"] == "2h"


def test_a_source_is_a_value_and_knows_its_line() -> None:
    made = source()
    with pytest.raises(FrozenInstanceError):
        made.name = "other"
    assert "test_source.py" in str(made.place)
    assert replace(made, name="other").definition()["name"] == "other"


def test_constructing_a_source_reads_nothing() -> None:
    assert source().reader == hw.Parquet("data/orders.parquet")
