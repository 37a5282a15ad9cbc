"""A project with windows of every kind: built, explained, compared without its clocks."""

from __future__ import annotations

from typing import Any

import pytest

import headwater as hw
from headwater.runtime.build import Session
from headwater.runtime.clocks import compare_clocks
from headwater.runtime.explain import explain_project
from headwater.runtime.run import build_project
from headwater.runtime.train import train_in
from headwater.stores.artifacts import load_artifact

DEPOT = 'features=[hw.Mean("minutes_late").within("1d")]\n'
WINDOWS = {
    DEPOT: """features=[
            hw.Mean("minutes_late").within("1d", hop="1h"),
            hw.Mean("minutes_late").over_rows(5, within="3d"),
            hw.Mean("minutes_late", name="heavy", where=pl.col("weight") > 3).over_rows(2),
            hw.Mean("minutes_late").so_far("day", zone="Europe/Zurich"),
            hw.Mean("minutes_late").over_session("6h"),
        ],
        ttl="20d",
"""
}
MASK = " and arrived_at <= as_of and sent_at - 1d <= as_of"
SEES = {
    "minutes_late_mean_1d_hop_1h": (
        "1d in hops of 1h, ttl 20d",
        f"max(as_of - 1d rounded down to 1h, as_of - 20d) <= sent_at < as_of{MASK}",
    ),
    "minutes_late_mean_5rows_3d": (
        "5 rows, 3d, ttl 20d",
        f"of as_of - 3d <= sent_at < as_of{MASK}: the newest 5 rows",
    ),
    "heavy_2rows": (
        "2 rows, ttl 20d",
        f"of as_of - 20d <= sent_at < as_of{MASK} and weighed_at <= as_of and where= holds: the "
        "newest 2 rows",
    ),
    "minutes_late_mean_day_so_far": (
        "day so far in Europe/Zurich, ttl 20d",
        "max(as_of - 20d, the start of the day of as_of in Europe/Zurich) <= sent_at < as_of"
        f"{MASK}",
    ),
    "minutes_late_mean_session_6h": (
        "session with gaps up to 6h, ttl 20d",
        f"of as_of - 20d <= sent_at < as_of{MASK}: no gap over 6h until as_of",
    ),
}


@pytest.fixture
def project(make_project: Any) -> Any:
    return make_project(replace=WINDOWS)


def test_each_window_is_built_as_enrich_gives_it_and_explained(project: Any) -> None:
    built = build_project(project)
    (folder,) = (project.home.artifacts / "late_parcels").iterdir()
    train = load_artifact(folder).to_polars("train")
    (view,) = (one for one in project.of(hw.FeatureView).values() if one.name == "depot")
    found = hw.enrich(train.select("depot", "as_of"), [view], as_of="as_of")
    assert built["training_set"]["name"] == "late_parcels"
    for column, (window, sees) in SEES.items():
        assert train[f"depot__{column}"].equals(found[f"depot__{column}"])
        assert train[f"depot__{column}"].n_unique() > 50
        computed = explain_project(project, f"depot__{column}")["computed"]
        assert (computed["window"], computed["sees"]) == (window, sees)


def test_windows_that_ask_for_visible_rows_see_more_without_their_clocks(project: Any) -> None:
    session = Session(project.home, project.seed, lambda _: None)
    trained = train_in(project.of(hw.Model)["late_model"], session)
    table = compare_clocks(project.of(hw.ClockComparison)["clocks"], trained, session)
    areas = {row["variant"]: row["roc_auc"] for row in table.rows}
    assert areas["event_time"] > areas["known"] > areas["no_history"]
