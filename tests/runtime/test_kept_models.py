"""Kept models: the features that a model learned from are pinned, and a change is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

import headwater as hw
from headwater.errors import SpecError, SpecErrors
from headwater.plan.pins import pins
from headwater.runtime.build import planned
from headwater.runtime.check import check
from headwater.runtime.kept_models import last_trained
from headwater.runtime.project import load_project
from headwater.runtime.run import train_project

WITHOUT_CLOCKS = {'clocks = hw.ClockComparison("clocks", model, at_event="at_sending")': ""}
OTHER = {
    **WITHOUT_CLOCKS,
    'hw.Count("minutes_late").within("1d")': (
        'hw.Count(where=pl.col("distance") > 5, name="minutes_late_count").within("1d")'
    ),
}


@pytest.fixture
def trained(make_project: Any) -> Any:
    project = make_project(replace=WITHOUT_CLOCKS)
    train_project(project)
    return project


def test_a_kept_model_pins_each_feature_that_it_learned_from(trained: Any) -> None:
    model = trained.of(hw.Model)["late_model"]
    kept = last_trained(trained.home, model)
    assert kept is not None
    assert kept["pinned"] == json.loads(json.dumps(pins(planned(model.training_set))))
    facts = kept["pinned"]["features"]["courier__late_share_6h"]["facts"]
    assert facts["window"] == "6h"
    assert facts["preparation"] == "ImputeMedian(), then ScaleStandard()"
    assert check(trained, pinned=True)["pinned"] == {"late_model": 8}
    assert "pinned" not in check(trained)


def test_a_changed_feature_is_refused_until_the_model_learns_from_it(
    trained: Any, make_project: Any
) -> None:
    project = make_project(replace=OTHER)
    assert check(project)["project"] == "parcels"  # the definitions themselves are right
    with pytest.raises(SpecError, match="HW705") as caught:
        check(project, pinned=True)
    assert not isinstance(caught.value, SpecErrors)  # and no other feature is refused
    assert caught.value.message.startswith(
        "feature 'courier__minutes_late_count_1d' is not what model 'late_model' learned from: "
    )
    assert 'where was nothing, is [(col("distance")) > (dyn int: 5)]' in caught.value.message
    assert str(caught.value.place).startswith("definitions.py:")
    train_project(project)
    assert check(project, pinned=True)["pinned"] == {"late_model": 8}
    with pytest.raises(SpecError, match="HW705"):
        check(make_project(replace=WITHOUT_CLOCKS), pinned=True)


def test_the_last_training_counts_also_where_it_was_kept_already(
    trained: Any, make_project: Any
) -> None:
    train_project(make_project(replace=OTHER))
    first = make_project(replace=WITHOUT_CLOCKS)
    assert train_project(first)["cached"] is True
    assert check(first, pinned=True)["pinned"] == {"late_model": 8}


def test_what_is_not_trained_or_damaged_pins_nothing(make_project: Any, trained: Any) -> None:
    fresh = make_project("fresh", replace=WITHOUT_CLOCKS)
    assert check(fresh, pinned=True)["pinned"] == {"late_model": None}
    (last,) = trained.home.models.rglob("last.json")
    for text in ("{", "[]", "{}", '{"fingerprint": "none"}'):
        last.write_text(text, "utf-8")
        assert check(load_project(trained.folder), pinned=True)["pinned"] == {"late_model": None}
