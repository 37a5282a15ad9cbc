"""The clocks table: what the same model would seem worth if the clocks were not minded."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError
from headwater.runtime.build import Session
from headwater.runtime.clocks import compare_clocks
from headwater.runtime.project import Project
from headwater.runtime.train import Trained, train_in
from headwater.stores import ledger

VARIANTS = ["no_history", "at_sending", "event_time", "known"]
WITHOUT_CLOCKS = {
    'known_time="arrived_at",': "",
    '"weight": "weighed_at",': "",
    '"weighed_at": "weighed_at",': "",
}


def session(project: Project, heard: list[str] | None = None) -> Session:
    return Session(project.home, project.seed, (lambda _: None) if heard is None else heard.append)


def compared(project: Project) -> tuple[Trained, dict[str, dict[str, Any]]]:
    trained = train_in(project.of(hw.Model)["late_model"], session(project))
    table = compare_clocks(project.of(hw.ClockComparison)["clocks"], trained, session(project))
    return trained, {row["variant"]: row for row in table.rows}


def test_each_variant_has_a_score_with_intervals_and_a_difference(ran: Any) -> None:
    rows = ran.clocks
    assert list(rows) == VARIANTS
    for row in rows.values():
        assert set(row) == {
            *("variant", "description", "roc_auc", "low", "high"),
            *("difference_to_known", "difference_low", "difference_high", "undefined"),
        }
        assert row["low"] <= row["roc_auc"] <= row["high"]
        assert row["difference_to_known"] == row["roc_auc"] - rows["known"]["roc_auc"]
        assert row["difference_low"] <= row["difference_to_known"] <= row["difference_high"]
    assert len({row["description"] for row in rows.values()}) == 4
    known = rows["known"]
    assert [known[f"difference_{end}"] for end in ("to_known", "low", "high")] == [0.0, 0.0, 0.0]


def test_on_validation_rows_of_one_class_no_variant_has_a_score_and_says_why(
    make_project: Any, parcels: pl.DataFrame
) -> None:
    late = pl.col("minutes_late").clip(20)  # null where the parcel was lost
    after_train = pl.col("sent_at") >= parcels["sent_at"].sort()[1_150]
    rows = parcels.with_columns(
        minutes_late=pl.when(after_train).then(late).otherwise("minutes_late")
    )
    _, table = compared(make_project(rows=rows))
    assert list(table) == VARIANTS
    for row in table.values():
        assert row["undefined"] == {"roc_auc": "every label is 1"}
        assert {row[name] for name in row.keys() - {"variant", "description", "undefined"}} == {
            None
        }


def test_known_is_the_trained_model_itself(ran: Any) -> None:
    assert ran.clocks["known"]["roc_auc"] == ran.result["metrics"]["validation"]["roc_auc"]


def test_late_knowledge_that_tells_something_shows_as_a_difference(ran: Any) -> None:
    rows = ran.clocks
    assert rows["event_time"]["difference_low"] > 0
    assert rows["at_sending"]["roc_auc"] > rows["event_time"]["roc_auc"]
    assert rows["event_time"]["roc_auc"] > rows["known"]["roc_auc"]


def test_without_clocks_what_is_known_is_event_time_exactly(ran: Any, make_project: Any) -> None:
    text = WITHOUT_CLOCKS | {
        'keep=["distance", "weight", "depot"]': 'keep=["distance", "depot"]',
        'hw.Count("minutes_late").within("1d"),': 'hw.Change(hw.Mean("minutes_late")).within("1d")',
    }
    trained, rows = compared(make_project(replace=text))
    event_time = rows["event_time"]
    assert event_time["roc_auc"] == rows["known"]["roc_auc"]
    assert event_time["roc_auc"] == trained.result["metrics"]["validation"]["roc_auc"]
    assert [event_time[f"difference_{end}"] for end in ("to_known", "low", "high")] == [0, 0, 0]
    assert ran.clocks["event_time"]["difference_to_known"] > 0.05


def test_the_parts_of_a_composite_mind_no_clock_either(make_project: Any) -> None:
    text = {'hw.Mean("minutes_late").within("6h", "1d"),': (
        'hw.Ratio(hw.Mean("minutes_late"), hw.Count(), name="slow").within("6h", "1d"),'
    )}  # fmt: skip
    _, rows = compared(make_project("composite", replace=text))
    assert rows["event_time"]["difference_to_known"] > 0.05


def test_the_order_of_kept_columns_and_keys_does_not_part_the_variants(make_project: Any) -> None:
    text = WITHOUT_CLOCKS | {
        'keep=["distance", "weight", "depot"]': 'keep=["number", "distance", "depot", "courier"]',
        ESTIMATOR: '"sklearn.ensemble.RandomForestClassifier", params={"n_estimators": 7}',
    }
    _, rows = compared(make_project(replace=text))
    assert rows["event_time"]["roc_auc"] == rows["known"]["roc_auc"]


ESTIMATOR = '"sklearn.linear_model.LogisticRegression"'


def test_event_time_is_the_model_of_a_source_whose_rows_are_known_at_once(
    ran: Any, make_project: Any
) -> None:
    text = {
        'courier = hw.FeatureView(\n    "courier",\n    parcels,': (
            "import dataclasses\n"
            "sent_now = {name: 'sent_at' for name in ('minutes_late', 'arrived_at')}\n"
            "history = dataclasses.replace(parcels, name='history', known_times={\n"
            "    **parcels.known_times, **sent_now})\n"
            'courier = hw.FeatureView(\n    "courier",\n    history,'
        ),
        '"depot", parcels, entity="depot"': '"depot", history, entity="depot"',
    }
    project = make_project(replace=text)
    trained = train_in(project.of(hw.Model)["late_model"], session(project))
    found = trained.result["metrics"]["validation"]["roc_auc"]
    assert found == ran.clocks["event_time"]["roc_auc"]


def test_no_history_learns_from_the_row_alone(ran: Any, make_project: Any) -> None:
    text = {
        "features=[courier, depot]": "features=[]",
        'rule=pl.col("courier__late_share_6h").fill_null(0.3),': "",
    }
    trained, none = compared(make_project("alone", replace=text))
    assert none == {}
    alone = trained.result["metrics"]["validation"]["roc_auc"]
    assert ran.clocks["no_history"]["roc_auc"] == pytest.approx(alone, abs=0.01)


def test_derived_columns_alone_have_no_history_to_compare(make_project: Any) -> None:
    text = {
        "features=[courier, depot]": 'features=[hw.Derived("far", pl.col("distance") > 9)]',
        'rule=pl.col("courier__late_share_6h").fill_null(0.3),': "",
    }
    trained, none = compared(make_project("derived", replace=text))
    assert none == {}
    assert "far" in trained.artifact.manifest["columns"]["features"]


def test_derived_columns_are_computed_again_from_the_history_of_each_variant(
    make_project: Any,
) -> None:
    text = {
        "features=[courier, depot]": 'features=[courier, hw.Derived("again", '
        'pl.col("courier__minutes_late_mean_6h") * 2)]',
    }
    _, found = compared(make_project("derived", replace=text))
    assert found["event_time"]["roc_auc"] > found["known"]["roc_auc"]
    assert found["no_history"]["roc_auc"] < found["known"]["roc_auc"]


def test_differences_are_of_the_same_resamples(ran: Any) -> None:
    rows = ran.clocks
    row = rows["event_time"]
    paired = row["difference_high"] - row["difference_low"]
    apart = (row["high"] - row["low"]) + (rows["known"]["high"] - rows["known"]["low"])
    assert paired < apart


def test_a_kept_table_computes_nothing_and_no_table_looks_at_test(make_project: Any) -> None:
    project = make_project()
    _, first = compared(project)
    entries = ledger.read(project.home.ledger)
    heard: list[str] = []
    trained = train_in(project.of(hw.Model)["late_model"], session(project, heard))
    table = compare_clocks(
        project.of(hw.ClockComparison)["clocks"], trained, session(project, heard)
    )
    assert heard == []
    assert table.cached
    assert {row["variant"]: row for row in table.rows} == first
    assert ledger.read(project.home.ledger) == entries
    assert len(entries) == 1


def test_test_rows_change_no_number_of_the_table(
    ran: Any, make_project: Any, parcels: pl.DataFrame
) -> None:
    boundary = ran.artifact.manifest["boundaries"]["test"]
    begin = pl.Series([boundary]).str.to_datetime(time_zone="UTC")[0]
    later = pl.col("sent_at") - pl.duration(hours=1) >= begin
    changed = parcels.with_columns(
        distance=pl.when(later).then(pl.col("distance") * 9).otherwise("distance"),
        minutes_late=pl.when(later).then(-pl.col("minutes_late")).otherwise("minutes_late"),
    )
    _, others = compared(make_project("changed", rows=changed))
    assert others == ran.clocks


def test_a_source_that_changed_since_training_is_refused(
    make_project: Any, parcels: pl.DataFrame
) -> None:
    project = make_project()
    trained = train_in(project.of(hw.Model)["late_model"], session(project))
    data = project.folder / "data" / "parcels.parquet"
    parcels.with_columns(minutes_late=pl.col("minutes_late") + 1).write_parquet(data)
    comparison = project.of(hw.ClockComparison)["clocks"]
    for path in project.home.cache.glob("*/manifest.json"):
        path.unlink()
    with pytest.raises(DataError, match="HW409"):
        compare_clocks(comparison, trained, session(project))
    assert list(project.home.cache.glob("*.json")) == []


def test_without_a_validation_part_there_is_no_table(make_project: Any) -> None:
    text = {"train=0.6, validation=0.2, test=0.2": "train=0.7, validation=0.0, test=0.3"}
    assert compared(make_project(replace=text))[1] == {}


def test_rows_of_a_frame_have_no_event_of_their_own(make_project: Any) -> None:
    text = {
        "spine=hw.Spine(\n        parcels,": (
            "spine=hw.Spine(\n        pl.read_parquet(__file__.replace("
            "'definitions.py', 'data/parcels.parquet')).drop('weight'),"
        ),
        '"distance", "weight", "depot"': '"distance", "depot"',
        "> 15),\n    split": '> 15, known_time="arrived_at"),\n    split',
    }
    _, rows = compared(make_project(replace=text))
    assert list(rows) == ["no_history", "event_time", "known"]
    assert rows["event_time"]["difference_low"] > 0
