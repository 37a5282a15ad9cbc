"""Pins: the versions of the features that a model learned from, held against the definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from headwater.errors import Place, closest
from headwater.plan.faults import Faults
from headwater.plan.feature_versions import FeatureVersion, differences, feature_versions
from headwater.plan.features import place_of
from headwater.plan.training_sets import TrainingSetPlan
from headwater.spec.model import Model

Pins = Mapping[str, Any]
"""As `pins` gives them: plain values, kept beside a model."""


def pins(plan: TrainingSetPlan) -> dict[str, Any]:
    """The version of each input of a model that learns from this, as plain values.

    Returns:
        `polars`, whose version is part of what digests of expressions are made of, and `features`:
        for each `version`, `facts` and `digests`.
    """
    found = feature_versions(plan)
    told = {column: version.to_dict() for column, version in found.items()}
    return {"polars": pl.__version__, "features": told}


def changes(pinned: Pins, plan: TrainingSetPlan) -> dict[str, str]:
    """What changed of each pinned feature, in words; features that are the same are left out.

    Args:
        pinned: What `pins` said when the model learned.
        plan: The training set as it is declared now; features that came since do not matter.
    """
    now = feature_versions(plan)
    words_only = pinned["polars"] != pl.__version__
    found = {}
    for column, kept in pinned["features"].items():
        before = FeatureVersion(kept["facts"], kept["digests"])
        if column not in now:
            new = {name: one for name, one in now.items() if name not in pinned["features"]}
            found[column] = "is not defined any more" + _renamed(before, new)
        elif said := differences(before, now[column], words_only=words_only):
            found[column] = "; ".join(said)
    return found


def check_pins(model: Model, plan: TrainingSetPlan, pinned: Pins, faults: Faults) -> None:
    """Add HW705 for each feature that is not what the model learned from.

    Args:
        model: The model.
        plan: Its training set as it is declared now.
        pinned: What `pins` said when it learned.
        faults: What they are added to.
    """
    places = _places(plan)
    for column, said in changes(pinned, plan).items():
        hint = "declare it as it was, or train the model again"
        if column not in places:
            hint = f"{hint}; {closest(column, places, 'inputs')}"
        faults.add(
            "HW705",
            f"feature {column!r} is not what model {model.name!r} learned from: {said}",
            place=places.get(column, model.training_set.place),
            hint=hint,
        )


def _renamed(before: FeatureVersion, new: Mapping[str, FeatureVersion]) -> str:
    """A word of the new feature that differs in one thing only, as where its window changed."""
    for column, version in new.items():
        said = differences(before, version)
        if len(said) == 1:
            return f"; of {column!r} {said[0]}"
    return ""


def _places(plan: TrainingSetPlan) -> dict[str, Place | None]:
    """Where each input is declared."""
    places: dict[str, Place | None] = {
        column.name: plan.spine.spine.place for column in plan.spine.kept
    }
    for view in plan.views:
        for feature in view.features:
            places[feature.column] = place_of(view.view, feature.aggregation)
    return places | {one.column: one.derived.place for one in plan.derived}
