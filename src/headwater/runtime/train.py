"""Train: an estimator on a training set, measured beside no model and a simple rule."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.computed import computed
from headwater.errors import DataError, caller
from headwater.models import estimators
from headwater.models.calibrators import calibrator
from headwater.models.import_paths import code_digest
from headwater.models.metrics import NAMES, metrics
from headwater.models.resampling import Bootstrap, bootstrap
from headwater.plan.faults import Faults
from headwater.plan.models import check_model
from headwater.plan.pins import pins
from headwater.plan.seeds import derived_seed
from headwater.plan.training_sets import TrainingSetPlan
from headwater.runtime.build import Session, build_in, resolved, session_at
from headwater.runtime.inspection import Measured, Score, calibrations, importances
from headwater.runtime.kept_models import kept_models, note_last
from headwater.runtime.progress import Say, about, silent
from headwater.runtime.resources import measured
from headwater.spec.model import Model
from headwater.spec.plain import fingerprint
from headwater.stores import ledger
from headwater.stores.artifacts import Artifact

RESAMPLES = 500
_COMPARED = tuple(name for name in NAMES if name != "prevalence")
_MEASURED = ("validation", "test")
_SHOWN = (
    "fingerprint",
    "rows",
    "spine_rows",
    "parts",
    "boundaries",
    "purged",
    "excluded",
    "masked",
    "set_aside",
)
_OWN = ("clocks.py", "inspection.py", "train.py")
_LEARNERS = ("scikit-learn", "lightgbm", "scipy")


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model as trained and measured.

    Args:
        artifact: What it learned from.
        result: Metrics by part for model, `baseline` and `rule`, with intervals, as plain values.
        scores: The model's score of each row, with its `part`, in the order of the parts.
        cached: Whether nothing was computed, so that no look was taken.
    """

    artifact: Artifact
    result: dict[str, Any]
    scores: pl.DataFrame
    cached: bool


def train(
    model: Model, *, seed: int | None = None, say: Say = silent, threads: int | None = None
) -> dict[str, Any]:
    """Build the model's training set, fit the estimator, and measure it on validation and test.

    Each computation of a metric of the test part is a look, and is entered in the project's ledger;
    asking again for what was computed before is not.

    Returns:
        `training_set`, `model`, `metrics`, `baseline` (the training prevalence for every row),
        `rule` (or None), `against` (the model's gain on both, paired), `calibration` by part,
        `uncalibrated` (what it was before `calibrate=`, or None), `importance`, `looks` so far,
        `pinned` (the version of each feature that was learned from), `cached`.

    Raises:
        SpecError: HW701, the estimator cannot be made; and the faults of the definitions.
        DataError: HW702, a part holds a single class.
        EngineError: HW501, scikit-learn is not installed.
    """
    faults = Faults()
    faults.is_a(model, Model, "what is to be trained", caller())
    faults.raise_all()
    trained = train_in(model, session_at(model.place, seed, say, threads))
    return {**trained.result, "cached": trained.cached}


def train_in(model: Model, session: Session) -> Trained:
    """`train` with a session that is there already."""
    faults = Faults()
    check_model(model, faults)
    faults.raise_all()
    known = resolved(model.training_set, session)
    identity = _identity(model, known.identity, session)
    models = kept_models(session.home, model)
    if models.load(identity) is None:
        fitted(model, session.seed)  # what cannot be made is refused before anything is built
    artifact = build_in(model.training_set, session, known=known)
    with session.home.locked(session.say), about(task="model", fingerprint=identity):
        kept = models.load(identity)
        is_cached = kept is not None and not _stands_in_no_longer(kept[1], model)
        if kept is None or not is_cached:
            session.say(f"model {model.name!r}: {model.estimator}")
            with measured():
                kept = _computed(model, artifact, known.plan, session)
            _enter_look(kept[1], model, artifact, session)
            models.keep(identity, *kept)
        note_last(session.home, model, identity)
    scores, result = kept
    looked = _with_looks(result, model, session)
    return Trained(artifact, looked, scores, cached=is_cached and artifact.cached)


def _identity(model: Model, artifact: str, session: Session) -> str:
    return fingerprint(
        {
            "task": "train",
            "artifact": artifact,
            "model": model.definition(),
            "code": code_digest(model.estimator),
            "seed": session.seed,
            "versions": learner_versions(),
        }
    )


def learner_versions() -> dict[str, str]:
    """Versions of what learns and measures, and a digest of Headwater's own part of it."""
    found = {}
    for name in _LEARNERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    code = hashlib.sha256()
    own = [Path(__file__).with_name(name) for name in _OWN]
    for path in sorted([*own, *Path(estimators.__file__).parent.glob("*.py")]):
        code.update(path.read_bytes())
    return {**found, "headwater.models": code.hexdigest()[:16]}


def model_versions(estimator: str) -> dict[str, str]:
    """Those of `learner_versions`, and a digest of an estimator's code where it has no version."""
    own = code_digest(estimator)
    return learner_versions() | ({estimator.partition(".")[0]: own[:16]} if own else {})


def labels(artifact: Artifact, part: str) -> Any:
    """The labels of a part as 0 and 1.

    Raises:
        DataError: HW703, there are other values.
    """
    return zeros_and_ones(artifact.to_polars(part)[artifact.manifest["columns"]["label"]])


def zeros_and_ones(label: pl.Series) -> Any:
    """A label as integers.

    Raises:
        DataError: HW703, there are other values; a cast would cut 0.7 down to 0.
    """
    if not label.cast(pl.Float64).is_in([0.0, 1.0]).all():
        raise DataError(
            "HW703",
            f"label {label.name!r} holds other values than 0 and 1",
            hint="declare a condition as the label, such as hw.Label(name, column > 15)",
        )
    return label.cast(pl.Int64).to_numpy()


def fitted(model: Model, seed: int) -> tuple[Any, str]:
    """A fresh estimator of the model, and a note where another one stands in."""
    made = derived_seed(seed, "train", model.name)
    return estimators.load(model.estimator, model.params or {}, seed=made, place=model.place)


def resampling_groups(model: Model, raw: pl.DataFrame) -> Any:
    """What is drawn when intervals are made, per row; None for the rows themselves."""
    if model.groups is None:
        return None
    groups = computed(raw, {"group": model.groups}, place=model.place)["group"]
    return groups.cast(pl.String).fill_null("").to_numpy()


def _stands_in_no_longer(kept: Mapping[str, Any], model: Model) -> bool:
    """Whether a result was made by a stand-in for a library that can be loaded by now."""
    return bool(kept["model"]["note"]) and not fitted(model, 0)[1]


def _computed(
    model: Model, artifact: Artifact, plan: TrainingSetPlan, session: Session
) -> tuple[pl.DataFrame, dict[str, Any]]:
    estimator, note = fitted(model, session.seed)
    score = estimators.scorer(
        estimator,
        artifact.prepared("train"),
        label=labels(artifact, "train"),
        place=model.place,
    )
    parts = {
        part: _scored(model, artifact, part, score) for part in _MEASURED if part in artifact.parts
    }
    plain = calibrations({"test": parts["test"]}) if _is_calibrated(model, parts) else None
    if plain is not None:
        learned = calibrator(
            str(model.calibrate), parts["validation"].label, parts["validation"].score
        )
        parts["test"] = replace(parts["test"], score=learned(parts["test"].score))
    prevalence = float(labels(artifact, "train").mean())
    measured: dict[str, dict[str, Any]] = {"metrics": {}, "baseline": {}, "rule": {}}
    against: dict[str, dict[str, Any]] = {}
    for part, rows in parts.items():
        found, against[part] = _measured(model, rows, prevalence, session)
        for name, scores in found.items():
            measured[name][part] = scores
    session.say(f"model {model.name!r}: what it lives on")
    seed = derived_seed(session.seed, "importance", model.name)
    kept = [
        pl.DataFrame({"score": rows.score}).with_columns(part=pl.lit(part))
        for part, rows in parts.items()
    ]
    return pl.concat(kept) if kept else pl.DataFrame(), {
        "training_set": _shown(artifact.manifest),
        "model": {"name": model.name, "estimator": type(estimator).__name__, "note": note}
        | {"calibrate": model.calibrate},
        "metrics": measured["metrics"],
        "baseline": measured["baseline"],
        "rule": measured["rule"] or None,
        "against": against,
        "calibration": calibrations(parts),
        "uncalibrated": plain,
        "importance": importances(score, parts, artifact=artifact, plan=plan, seed=seed),
        "pinned": pins(plan),
    }


def _is_calibrated(model: Model, parts: Mapping[str, Measured]) -> bool:
    """Whether there are scores to turn into probabilities, and rows to learn that from."""
    return model.calibrate is not None and {"validation", "test"} <= set(parts)


def _shown(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a result says of the training set."""
    return {name: manifest[name] for name in _SHOWN} | {"name": manifest["training_set"]}


def _scored(model: Model, artifact: Artifact, part: str, score: Score) -> Measured:
    raw = artifact.to_polars(part)
    scores = score(artifact.prepared(part))
    return Measured(raw, labels(artifact, part), scores, resampling_groups(model, raw))


def _measured(
    model: Model, part: Measured, prevalence: float, session: Session
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Metrics with intervals of model, baseline and rule, and the model's gain on the others.

    All are measured on the same resamples, so that differences are paired.
    """
    scores = {"metrics": part.score, "baseline": np.full(part.raw.height, prevalence)}
    if model.rule is not None:
        rule = computed(part.raw, {"rule": model.rule}, place=model.place)["rule"]
        scores["rule"] = rule.cast(pl.Float64).to_numpy()
    generator = np.random.default_rng(derived_seed(session.seed, "bootstrap", model.name))
    draws = bootstrap(
        part.label, scores, groups=part.groups, resamples=RESAMPLES, generator=generator
    )
    found = {
        name: metrics(part.label, score) | {"intervals": _listed(draws.intervals(name))}
        for name, score in scores.items()
    }
    others = [name for name in found if name != "metrics"]
    return found, {name: _gain(found["metrics"], found[name], name, draws) for name in others}


def _gain(
    own: Mapping[str, Any], other: Mapping[str, Any], name: str, draws: Bootstrap
) -> dict[str, dict[str, float | None]]:
    """Each metric of the model minus that of another score, with its paired interval."""
    gains = {}
    for metric in _COMPARED:
        is_defined = own[metric] is not None and other[metric] is not None
        low, high = draws.difference("metrics", name, metric=metric) or (None, None)
        gains[metric] = {
            "difference": own[metric] - other[metric] if is_defined else None,
            "low": low if is_defined else None,
            "high": high if is_defined else None,
        }
    return gains


def _listed(intervals: Mapping[str, Any]) -> dict[str, list[float] | None]:
    """As JSON has them, so that a kept answer equals the first."""
    return {name: None if ends is None else list(ends) for name, ends in intervals.items()}


def _enter_look(
    result: Mapping[str, Any], model: Model, artifact: Artifact, session: Session
) -> None:
    if "test" in result["metrics"]:
        numbers = {
            name: value
            for name, value in result["metrics"]["test"].items()
            if isinstance(value, float)
        }
        entry = {
            "training_set": model.training_set.name,
            "fingerprint": artifact.fingerprint,
            "model": model.name,
            "part": "test",
            "metrics": numbers,
            "undefined": result["metrics"]["test"]["undefined"],
        }
        ledger.append(session.home.ledger, entry)


def _with_looks(result: Mapping[str, Any], model: Model, session: Session) -> dict[str, Any]:
    return {**result, "looks": ledger.looks(session.home.ledger, model.training_set.name)}
