"""Features of a second column, of others, and of lists: built, explained, or refused by a model."""

from __future__ import annotations

from typing import Any

import pytest

import headwater as hw
from headwater.errors import SpecErrors
from headwater.runtime.explain import explain_project
from headwater.runtime.run import build_project
from headwater.stores.artifacts import load_artifact

DEPOT = 'features=[hw.Mean("minutes_late").within("1d")]\n'
NUMBERS = """features=[
            hw.Correlation("minutes_late", "weight").within("7d", min_rows=5),
            hw.Change(hw.Sum("minutes_late")).within("1d", min_rows=2),
        ]
"""
OTHERS = """features=[
            hw.LastK("minutes_late", k=3).within("1d"),
            hw.TopK("minutes_late", k=2).within("1d"),
            hw.TimeSince().within("7d"),
        ]
"""


def test_features_of_two_columns_and_of_others_are_built_and_explained(make_project: Any) -> None:
    project = make_project(replace={DEPOT: NUMBERS})
    build_project(project)
    (folder,) = (project.home.artifacts / "late_parcels").iterdir()
    train = load_artifact(folder).to_polars("train")
    (view,) = (one for one in project.of(hw.FeatureView).values() if one.name == "depot")
    found = hw.enrich(train.select("depot", "as_of"), [view], as_of="as_of")
    of_two, of_others = (column for column in found.columns if column.startswith("depot__"))
    for column in (of_two, of_others):
        assert train[column].equals(found[column])
        assert train[column].n_unique() > 50
    two, others = explain_project(project, of_two), explain_project(project, of_others)
    computed = two["computed"]
    assert (computed["value"], computed["other"]) == ('col("minutes_late")', 'col("weight")')
    assert computed["min_rows"] == 5
    assert "made_of" not in computed
    late = ["parcels.minutes_late, known at arrived_at (known_time)"]
    assert two["reads"]["value"] == late
    assert two["reads"]["other"] == [
        "parcels.weight, known at weighed_at (known_times of 'weight')"
    ]
    assert others["reads"]["value"] == late
    assert others["computed"]["made_of"] == [
        'Sum of col("minutes_late") over 1d',
        'Sum of col("minutes_late") over before 1d',
    ]
    assert others["computed"]["min_rows"] == 2


def test_a_model_takes_durations_and_no_lists(make_project: Any) -> None:
    with pytest.raises(SpecErrors) as refused:
        build_project(make_project(replace={DEPOT: OTHERS}))
    assert [fault.code for fault in refused.value.faults] == ["HW601"] * 2
    assert all("List" in str(fault) for fault in refused.value.faults)
