"""Inspection: how far a model's probabilities can be trusted, and what it lives on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.preparation_state import load
from headwater.models.calibration import calibration
from headwater.models.importance import importance
from headwater.models.metrics import Floats
from headwater.plan.training_sets import TrainingSetPlan
from headwater.stores.artifacts import Artifact

PART = "validation"
"""Where importance is measured: asking test more often would make its figures less honest."""

MOST_INPUTS = 200
"""Beyond it only whole views are shuffled, so that the time this takes stays bounded."""

Score = Callable[[pl.DataFrame], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A part as it was measured.

    Args:
        raw: Its rows, before preparation.
        label: Zeros and ones, one a row.
        score: The model's.
        groups: What is drawn when intervals are made; None for rows.
    """

    raw: pl.DataFrame
    label: Any
    score: Floats
    groups: Any


def calibrations(parts: Mapping[str, Measured]) -> dict[str, dict[str, Any]]:
    """The calibration of each part, as plain values."""
    return {
        name: calibration(part.label, part.score, groups=part.groups)
        for name, part in parts.items()
    }


def importances(
    score: Score,
    parts: Mapping[str, Measured],
    *,
    artifact: Artifact,
    plan: TrainingSetPlan,
    seed: int,
) -> dict[str, Any]:
    """What shuffling each view and each input costs on validation, the most costly first.

    Returns:
        `part`, `rows`, `roc_auc` and `drops`: for each its `kind` (`view` or `input`), `name`,
        `columns`, `drop`, `low`, `high`; and `left_out`, how many inputs were not asked. Or
        `undefined`, the reason why there is none.
    """
    if PART not in parts:
        return {"undefined": f"there is no {PART} part"}
    part = parts[PART]
    state = artifact.path / "states" / "recipe.json"
    preparation = load(state.read_text("utf-8"), name=state.name)
    sets, left_out = _shuffled_sets(artifact, plan)
    found = importance(
        lambda rows: score(preparation.apply(rows)),
        part.raw,
        label=part.label,
        inputs=sets,
        groups=part.groups,
        generator=np.random.default_rng(seed),
    )
    if "undefined" in found:
        return found
    drops = [
        {"kind": kind, "name": name, "columns": len(sets[kind, name]), **drop}
        for (kind, name), drop in found["drops"].items()
    ]
    drops.sort(key=lambda one: -one["drop"])
    return {"part": PART, **found, "drops": drops, "left_out": left_out}


def _shuffled_sets(
    artifact: Artifact, plan: TrainingSetPlan
) -> tuple[dict[Hashable, Sequence[str]], int]:
    """The columns of each view and of each input, by kind and name."""
    views = {view.view.name: [one.column for one in view.features] for view in plan.views}
    sets: dict[Hashable, Sequence[str]] = {("view", name): found for name, found in views.items()}
    columns = artifact.manifest["columns"]
    inputs = [*columns["kept"], *columns["features"]]
    if len(inputs) > MOST_INPUTS:
        return sets, len(inputs)
    return sets | {("input", name): [name] for name in inputs}, 0
