"""Values that a training set learns are those that were most frequent when training ended."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import headwater as hw
from headwater.errors import SpecError

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)


def orders(**changes: Any) -> hw.Source:
    """Thirty days with as many "a" as "b", then thirty with "late" only, of which there are most.

    Rows of "slow" are more than each of them, and known a year later.
    """
    rows = []
    for day in range(60):
        names = ["b", "a", None, "c"] if day < 30 else ["late"] * 3
        if day % 2:
            names = [name for name in names if name != "c"]
        for number, name in enumerate([*names, "slow", "slow"]):
            at = START + day * DAY + timedelta(minutes=number)
            known = at + 365 * DAY if name == "slow" else at
            rows.append(
                {"shop": day % 3, "at": at, "told": known, "amount": 1.0, "channel": name}
                | {"is_large": name == "b", "number": 100 * day + number}
            )
    frame = pl.DataFrame(rows, schema_overrides=changes.pop("types", {}))
    given: dict[str, Any] = {"event_time": "at", "known_time": "at"}
    given["known_times"] = {"channel": "told"}
    return hw.Source("orders", hw.Frame(frame), **(given | changes))


def training_set(source: hw.Source, *features: Any, train: float = 0.5) -> hw.TrainingSet:
    spine = hw.Spine(source, as_of="at", keep=["shop"])
    later = (1.0 - train) / 2
    return hw.TrainingSet(
        "large",
        spine=spine,
        features=[hw.FeatureView("s", source, entity="shop", features=list(features))],
        label=hw.Label("is_large", pl.col("is_large")),
        split=hw.SplitByTime(train=train, validation=later, test=later),
    )


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "headwater.toml").write_text("seed = 1\n")
    monkeypatch.chdir(tmp_path)


def learned(training: hw.TrainingSet) -> tuple[hw.Artifact, dict[str, Any]]:
    artifact = hw.build(training)
    text = (artifact.path / "states" / "top_values.json").read_text("utf-8")
    return artifact, json.loads(text)


def test_the_most_frequent_before_validation_are_learned_and_ties_go_to_the_smallest() -> None:
    count = hw.Count(by="channel", top=4).within("7d", "30d")
    artifact, values = learned(training_set(orders(), count))
    assert {name: value for name, value in values.items() if name.endswith("_7d")} == {
        "s__count_top_1_7d": "a",
        "s__count_top_2_7d": "b",
        "s__count_top_3_7d": "c",
        "s__count_top_4_7d": None,
    }
    stated = training_set(orders(), hw.Count(by="channel", values=["a", "b"]).within("7d"))
    for part in ("train", "test"):
        found, expected = artifact.to_polars(part), hw.build(stated).to_polars(part)
        assert found["s__count_top_1_7d"].to_list() == expected["s__count_a_7d"].to_list()
        assert found["s__count_top_2_7d"].to_list() == expected["s__count_b_7d"].to_list()
        assert set(found["s__count_top_4_7d"].to_list()) == {0}
    assert artifact.to_polars("train")["s__count_top_1_30d"].max() > 1
    assert "states/top_values.json" in artifact.manifest["files"]


def test_the_condition_of_the_feature_chooses_among_values() -> None:
    total = hw.Sum("amount", by="channel", top=1, where="is_large", name="large").over_all()
    _, values = learned(training_set(orders(), total))
    assert values == {"s__large_top_1_all": "b"}


def test_rows_of_a_learned_value_are_those_that_min_rows_counts() -> None:
    total = hw.Sum("amount", by="channel", top=1)
    training = training_set(orders(), total.within("7d", min_rows=2), total.within("7d"))
    artifact, values = learned(training)
    assert values == {"s__amount_sum_top_1_7d_min_2rows": "a", "s__amount_sum_top_1_7d": "a"}
    train = artifact.to_polars("train")
    few, every = (train[name] for name in values)
    assert few.to_list() == [one if (one or 0) >= 2 else None for one in every]
    assert 0 < few.null_count() < len(few)


def test_rows_of_later_parts_do_not_move_what_is_learned() -> None:
    whole = training_set(orders(), hw.Count(by="channel", top=3).over_all())
    artifact, before = learned(whole)
    moved = pl.col("channel").replace("late", "other")
    source = orders(derive={"renamed": moved}, known_times={"renamed": "told"})
    other, after = learned(training_set(source, hw.Count(by="renamed", top=3).over_all()))
    assert list(before.values()) == list(after.values())
    assert artifact.fingerprint != other.fingerprint


def test_categories_are_ordered_as_text() -> None:
    source = orders(types={"channel": pl.Enum(["slow", "late", "c", "b", "a"])})
    _, values = learned(training_set(source, hw.Count(by="channel", top=2).over_all()))
    assert list(values.values()) == ["a", "b"]


def test_a_training_set_without_later_parts_learns_from_all_its_rows() -> None:
    training = training_set(orders(), hw.Count(by="channel", top=1).over_all(), train=1.0)
    _, values = learned(training)
    assert list(values.values()) == ["late"]


def test_a_second_build_finds_what_the_first_learned() -> None:
    count = hw.Count(by="channel", top=2).over_all()
    first, values = learned(training_set(orders(), count))
    again = training_set(orders(), count, hw.Count().over_all())
    assert learned(again)[1] == values
    assert hw.build(training_set(orders(), count)).cached
    plain = hw.build(training_set(orders(), hw.Count().over_all()))
    assert not (plain.path / "states" / "top_values.json").exists()
    assert first.path != plain.path


def test_values_are_not_learned_where_there_are_no_training_rows() -> None:
    view = hw.FeatureView(
        "s", orders(), entity="shop", features=[hw.Count(by="channel", top=2).over_all()]
    )
    spine = pl.DataFrame({"shop": [1], "asked": [START + 40 * DAY]})
    with pytest.raises(SpecError, match=r"HW211.*top= learns its values from training rows") as one:
        hw.enrich(spine, [view], as_of="asked")
    assert "hw.build(...).views()" in str(one.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"top": 0}, r"HW211.*top= is a whole number from 1 on, found 0"),
        ({"top": True}, r"HW211.*top= is a whole number from 1 on, found True"),
        ({"top": 2, "values": ["a"]}, r"HW211.*by= takes values= or top=, not both"),
        ({"top": 2, "by": pl.col("channel")}, r"HW211.*top= needs by= to be a column's name"),
        ({"top": 5000}, r"HW214.*by= would make 5,000 columns: 5,000 values, 1 windows"),
    ],
)
def test_what_cannot_be_is_told_in_the_plan(given: dict[str, Any], said: str) -> None:
    count = hw.Count(**({"by": "channel"} | given)).over_all()
    with pytest.raises(SpecError, match=said):
        hw.build(training_set(orders(), count))


def taught(*, min_rows: int | None = None) -> hw.TrainingSet:
    """Sums over learned and stated values, and columns derived from them."""
    source = orders()
    large = hw.Sum("amount", by="channel", top=3, where=pl.col("number") % 3 < 2, name="sum")
    view = hw.FeatureView(
        "s",
        source,
        entity="shop",
        features=[
            hw.Count(by="channel", top=4).within("7d", "30d"),
            large.over_rows(5, min_rows=min_rows),
            hw.Mean("amount", by="channel", values=["a", "late"]).within("7d"),
            hw.Count().within("7d"),
        ],
    )
    last = hw.Attributes("last", source, entity="shop", columns=["amount"])
    twice = hw.Derived("twice", pl.col("s__count_top_1_7d") * 2)
    training = training_set(source)
    return replace(training, features=[view, twice, last])


@pytest.mark.parametrize("min_rows", [None, 2])
def test_views_of_an_artifact_give_other_rows_what_training_rows_got(min_rows: int | None) -> None:
    artifact = hw.build(taught(min_rows=min_rows))
    views = artifact.views()
    for part in ("train", "validation", "test"):
        built = artifact.to_polars(part)
        names = artifact.manifest["columns"]["features"]
        rows = built.select("as_of", "shop")
        found = hw.enrich(rows, views, as_of="as_of").select(names)
        assert_frame_equal(found, built.select(names), check_exact=True)
        for place in (0, rows.height - 1):
            alone = hw.enrich(rows[[place]], views, as_of="as_of").select(names)
            assert_frame_equal(alone, built.select(names)[[place]], check_exact=True)
    assert hw.build(taught(min_rows=min_rows)).cached
    again = hw.build(taught(min_rows=min_rows)).views()
    assert_frame_equal(hw.enrich(rows, again, as_of="as_of").select(names), found)


def test_a_value_that_training_did_not_see_is_in_no_column() -> None:
    artifact = hw.build(taught())
    frame = pl.DataFrame({"shop": [1], "asked": [START + 59 * DAY]})
    (row,) = hw.enrich(frame, artifact.views(), as_of="asked").to_dicts()
    assert row["s__count_7d"] > 0  # rows of "late" and "slow", which no training row could count
    assert [row[f"s__count_top_{rank}_7d"] for rank in (1, 2, 3, 4)] == [0, 0, 0, 0]
    assert row["s__amount_mean_late_7d"] == 1.0


def test_definitions_that_learn_nothing_are_given_back_as_they_are() -> None:
    training = training_set(orders(), hw.Count().over_all())
    assert hw.build(training).views() == list(training.features)
