"""The clocks table: what a model would seem worth if the clocks were not minded.

The rows, labels, parts, recipe and estimator stay; only the history that a feature may see changes:

- `no_history`: no feature of any view, only what the row itself holds;
- `at_event` (named by the comparison): everything that happened before the row's own event;
- `event_time`: everything that happened before `as_of`, known then or not, which is what a
  point-in-time join on event time gives;
- `known`: what was known at `as_of`, as declared.

All are measured on validation, on the same resamples; the test part is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.derived import with_derived
from headwater.engines.preparation import fit
from headwater.engines.spines import EVENT_TIME, IN_PART, SpineRows
from headwater.engines.top_values import with_top_values
from headwater.engines.views import view_features
from headwater.models import estimators
from headwater.models.import_paths import code_digest
from headwater.models.metrics import metrics
from headwater.models.resampling import Bootstrap, bootstrap
from headwater.plan.seeds import derived_seed
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.runtime.build import (
    LEARNED,
    Session,
    check_unchanged,
    input_columns,
    planned,
    spine_and_views,
)
from headwater.runtime.train import (
    RESAMPLES,
    Trained,
    fitted,
    labels,
    learner_versions,
    resampling_groups,
)
from headwater.schema.clocks import ALWAYS, Clock, Moment
from headwater.spec.model import ClockComparison, Model
from headwater.spec.plain import fingerprint
from headwater.spec.recipe import Recipe
from headwater.spec.view import View

PART = "validation"
AREA = "roc_auc"
"""The metric that variants are compared by."""


@dataclass(frozen=True, slots=True, eq=False)
class ClocksTable:
    """What a comparison found.

    Args:
        rows: One per variant: `roc_auc` with interval, its difference to `known` with interval, and
            under `undefined` why it has none. Empty where the split has no validation part, or
            there is no history to compare.
        cached: Whether nothing was computed.
    """

    rows: list[dict[str, Any]]
    cached: bool


def compare_clocks(comparison: ClockComparison, trained: Trained, session: Session) -> ClocksTable:
    """The clocks table of a trained model.

    Raises:
        DataError: HW409, a source is not what the model learned from any more.
    """
    listed = comparison.model.training_set.features
    has_history = any(isinstance(one, View) for one in listed)
    if PART not in trained.artifact.parts or not has_history:
        return ClocksTable([], cached=True)
    identity = fingerprint(
        {
            "task": "clocks",
            "comparison": comparison.definition(),
            "model": comparison.model.definition(),
            "code": code_digest(comparison.model.estimator),
            "artifact": trained.artifact.fingerprint,
            "seed": session.seed,
            "versions": learner_versions(),
            "note": trained.result["model"]["note"],
        }
    )
    with session.home.locked(session.say):
        kept = session.cache.load_json(identity)
        if kept is not None:
            return ClocksTable(kept["rows"], cached=True)
        rows = _computed(comparison, trained, session)
        session.cache.keep_json(identity, {"rows": rows})
    return ClocksTable(rows, cached=False)


def _computed(
    comparison: ClockComparison, trained: Trained, session: Session
) -> list[dict[str, Any]]:
    model = comparison.model
    plan = planned(model.training_set)
    data = trained.artifact.manifest["sources"]
    spine, known = spine_and_views(plan, data, session)
    seen = spine.frame[IN_PART].is_in(["train", PART])
    rows = SpineRows(spine.frame.filter(seen), spine.facts)
    declared = pl.concat([view.filter(seen) for view in known], how="horizontal")
    features = {"no_history": _emptied(declared)}  # what is known is scored by the model itself
    if model.training_set.spine.source is not None:
        session.say("clocks: everything that happened before the row's own event")
        features[comparison.at_event] = _features(plan, rows, EVENT_TIME, session)
    session.say("clocks: everything that happened before as_of, known then or not")
    features["event_time"] = _features(plan, rows, "as_of", session)
    check_unchanged(plan, data)
    scores = {
        name: _scores(model, plan, rows.frame, found, session) for name, found in features.items()
    }
    own = trained.scores.filter(pl.col("part") == PART)["score"]
    scores["known"] = own.to_numpy()
    label = labels(trained.artifact, PART)
    raw = trained.artifact.to_polars(PART)
    draws = bootstrap(
        label,
        scores,
        groups=resampling_groups(model, raw),
        resamples=RESAMPLES,
        generator=np.random.default_rng(derived_seed(session.seed, "clocks", comparison.name)),
    )
    return _table(label, scores, draws, comparison)


def _features(
    plan: TrainingSetPlan, rows: SpineRows, moment: str, session: Session
) -> pl.DataFrame:
    """The features of all views without their clocks, as of another column of the spine."""
    as_of = rows.frame[moment].cast(pl.Int64)
    found = [
        view_features(
            with_top_values(_without_clocks(view), rows.facts[LEARNED]),
            rows.frame,
            as_of=as_of,
            threads=session.threads,
        )
        for view in plan.views
    ]
    return pl.concat(found, how="horizontal")


def _without_clocks(view: ViewPlan) -> ViewPlan:
    event_time = view.source.source.event_time
    clock = ALWAYS if event_time is None else Clock((Moment(event_time),))
    return replace(view, features=tuple(_known_at(one, clock) for one in view.features))


def _known_at(feature: FeaturePlan, clock: Clock) -> FeaturePlan:
    parts = tuple(_known_at(part, clock) for part in feature.parts)
    return replace(feature, clock=clock, mask=clock, parts=parts)


def _emptied(features: pl.DataFrame) -> pl.DataFrame:
    """The same columns with one value for every row, from which nothing can be learned."""
    columns = [
        pl.Series(name, [_constant(dtype)], dtype=dtype).new_from_index(0, features.height)
        for name, dtype in features.schema.items()
    ]
    return pl.DataFrame(columns)


def _constant(dtype: pl.DataType) -> Any:
    if dtype.is_numeric() or dtype == pl.Duration:
        return 0
    return "" if dtype == pl.String else False if dtype == pl.Boolean else None


def _scores(
    model: Model,
    plan: TrainingSetPlan,
    rows: pl.DataFrame,
    features: pl.DataFrame,
    session: Session,
) -> Any:
    """Prepare, fit on training rows and score validation rows with these features."""
    whole = with_derived(pl.concat([rows, features], how="horizontal"), plan.derived)
    train, asked = (whole.filter(pl.col(IN_PART) == part) for part in ("train", PART))
    label = train[model.training_set.label.name]
    recipe = model.training_set.recipe or Recipe()
    prepared = fit(recipe, train, columns=input_columns(plan), label=label, seed=session.seed)
    estimator, _ = fitted(model, session.seed)
    parts = {PART: prepared.apply(asked)}
    scores = estimators.fit_predict(
        estimator,
        prepared.training_output,
        label=label.cast(pl.Int64).to_numpy(),
        parts=parts,
        place=model.place,
    )
    return scores[PART]


def _table(
    label: Any, scores: Mapping[str, Any], draws: Bootstrap, comparison: ClockComparison
) -> list[dict[str, Any]]:
    measured = {name: metrics(label, score) for name, score in scores.items()}
    known = measured["known"][AREA]
    rows = []
    for name, found in measured.items():
        area = found[AREA]
        low, high = draws.interval(name) or (None, None)
        first, last = draws.difference(name, "known") or (None, None)
        rows.append(
            {
                "variant": name,
                "description": _DESCRIPTIONS.get(name, _AT_EVENT),
                AREA: area,
                "low": low,
                "high": high,
                "difference_to_known": None if area is None or known is None else area - known,
                "difference_low": first,
                "difference_high": last,
                "undefined": {
                    metric: why for metric, why in found["undefined"].items() if metric == AREA
                },
            }
        )
    return rows


_AT_EVENT = "all that happened before the row's own event"
_DESCRIPTIONS = {
    "no_history": "only what the row itself holds",
    "event_time": "all that happened before as_of, known then or not",
    "known": "only what was known at as_of",
}
