"""The manifest of an artifact: what it holds and what was left out, and nothing of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from headwater.engines.spines import IN_PART, SpineRows
from headwater.plan.findings import findings
from headwater.plan.identity import versions
from headwater.plan.training_sets import TrainingSetPlan
from headwater.spec.training_set import TrainingSet

_FACTS = ("spine_rows", "excluded", "masked", "boundaries", "purged")


def manifest(
    plan: TrainingSetPlan, spine: SpineRows, data: Mapping[str, str], *, identity: str, seed: int
) -> dict[str, Any]:
    """What an artifact says of itself; its books balance.

    `rows` and the counts of `excluded` add up to `spine_rows`, with a count for every reason.

    Args:
        plan: What was built.
        spine: Its rows.
        data: What each source's data was.
        identity: The artifact's fingerprint.
        seed: The root seed.
    """
    training_set = plan.training_set
    return {
        "training_set": training_set.name,
        "fingerprint": identity,
        "seed": seed,
        "versions": versions(),
        "sources": dict(data),
        "definition": training_set.definition(),
        "rows": spine.frame.height,
        **{fact: spine.facts[fact] for fact in _FACTS},
        "parts": _parts(spine.frame, training_set),
        "spine_order": _order(plan),
        "columns": _columns(plan),
        "findings": findings(plan),
    }


def _order(plan: TrainingSetPlan) -> str:
    """In which order the rows of each part stand."""
    if plan.spine.grid is not None:
        return "as_of, then the entity"
    return "the order of the source"


def _columns(plan: TrainingSetPlan) -> dict[str, Any]:
    """Which column of the artifact is what."""
    return {
        "as_of": "as_of",
        "keys": [key.name for key in plan.spine.keys],
        "kept": [column.name for column in plan.spine.kept],
        "features": list(plan.feature_columns),
        "label": plan.training_set.label.name,
        "label_known_time": "label_known_time",
    }


def _parts(frame: pl.DataFrame, training_set: TrainingSet) -> dict[str, Any]:
    facts = {}
    for part in training_set.split.fractions:
        rows = frame.filter(pl.col(IN_PART) == part)
        first, last = (_text(rows["as_of"], which) for which in ("min", "max"))
        facts[part] = {
            "rows": rows.height,
            "first_as_of": first,
            "last_as_of": last,
            "prevalence": rows[training_set.label.name].cast(pl.Float64).mean(),
        }
    return facts


def _text(times: pl.Series, which: str) -> str:
    moment: Any = getattr(times, which)()
    return str(moment.isoformat())
