"""Explain: where a column is from, how it is computed, when it is known, of which data and code."""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path
from typing import Any

from headwater.engines.preparation import Preparation
from headwater.engines.preparation_state import load
from headwater.errors import SpecError, closest
from headwater.plan.derived import DerivedPlan
from headwater.plan.feature_versions import feature_versions
from headwater.plan.identity import sources_of, versions
from headwater.plan.lineage import (
    label_origins,
    own_origins,
    prepared_inputs,
    steps_of,
)
from headwater.plan.proof import prove
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.runtime.build import Resolved, Session, resolved
from headwater.runtime.feature_facts import feature_facts, text_of, written
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import Project
from headwater.runtime.records import code_state
from headwater.spec.model import Model
from headwater.spec.recipe import Recipe
from headwater.spec.training_set import TrainingSet


def explain_project(
    project: Project, column: str, name: str | None = None, *, say: Say = silent
) -> dict[str, Any]:
    """One column of a training set: a feature, a column of the row, the label, a prepared input.

    Args:
        project: Loaded with `load_project`.
        column: Its name; a prepared one is known once the training set was built.
        name: The training set; the only one where no name is given.
        say: Hears what is being done.

    Returns:
        `name`, `kind`, `training_set`, `reads` (by role, each from source to value), `computed`,
        `known`, `prepared` (what a recipe makes of it), `data` (what each source is now), `code`,
        `used_by` (models).

    Raises:
        SpecErrors: The faults of the definitions; HW104, there is no such column.
    """
    training_set = project.only(TrainingSet, name, "training set")
    say(f"what the data of {training_set.name!r} is now")
    session = Session(project.home, project.seed, say)
    known = resolved(training_set, session)
    prepared = _prepared(known, session)
    parts = _parts(known.plan, prepared, column)
    learners = project.of(Model).values()
    version = feature_versions(known.plan).get(column)
    told = {} if version is None else {"feature_version": version.identity}
    return {
        "name": column,
        "training_set": training_set.name,
        **parts,
        "prepared": sorted(name for name, inputs in _made_of(prepared).items() if column in inputs),
        "data": _data(known),
        "code": {**parts["code"], **told, **versions(), **code_state(project.folder)},
        "used_by": [one.name for one in learners if one.training_set is training_set],
    }


def _parts(plan: TrainingSetPlan, prepared: Preparation | None, column: str) -> dict[str, Any]:
    """What a column is, by the kind of column that it is."""
    for view in plan.views:
        for feature in view.features:
            if feature.column == column:
                return _feature(plan, view, feature)
    own = {one.name: one for one in (*plan.spine.keys, *plan.spine.kept)}
    if column in own:
        return _own(plan, column)
    if column == plan.training_set.label.name:
        return _label(plan)
    for derived in plan.derived:
        if derived.column == column:
            return _derived(plan, derived)
    if prepared is not None and column in prepared.columns:
        return _made(plan, column, prepared)
    made = () if prepared is None else prepared.columns
    names = [*plan.feature_columns, *own, plan.training_set.label.name, *made]
    raise SpecError(
        "HW104",
        f"training set {plan.training_set.name!r} has no column {column!r}",
        hint=closest(column, names),
    )


def _feature(plan: TrainingSetPlan, view: ViewPlan, feature: FeaturePlan) -> dict[str, Any]:
    aggregation = type(feature.aggregation)
    return {
        "kind": "feature",
        **feature_facts(view, feature),
        "known": _known(plan, feature.column),
        "code": {
            "defined": str(feature.aggregation.place or view.view.place or ""),
            aggregation.__name__: _digest(aggregation),
        },
    }


def _own(plan: TrainingSetPlan, column: str) -> dict[str, Any]:
    is_kept = any(one.name == column for one in plan.spine.kept)
    return {
        "kind": "kept column" if is_kept else "key",
        "reads": written(own_origins(plan.spine, column)),
        "computed": {"value": "the row's own", "type": str(plan.spine.source.schema[column])},
        "known": _known(plan, column),
        "code": {"defined": str(plan.spine.spine.place or "")},
    }


def _derived(plan: TrainingSetPlan, one: DerivedPlan) -> dict[str, Any]:
    return {
        "kind": "derived column",
        "reads": {"value": [f"{name} of the training set" for name in one.reads]},
        "computed": {"value": text_of(one.derived.expression), "type": str(one.dtype)},
        "known": _known(plan, one.column),
        "code": {"defined": str(one.derived.place or "")},
    }


def _label(plan: TrainingSetPlan) -> dict[str, Any]:
    label = plan.training_set.label
    return {
        "kind": "label",
        "reads": written(label_origins(plan.spine, plan.label)),
        "computed": {"value": text_of(label.expression), "type": str(plan.label_dtype)},
        "known": {
            "clock": plan.label.known,
            "verdict": "never an input",
            "because": "a row is in a part only where the label came before the next part began",
        },
        "code": {"defined": str(label.place or "")},
    }


def _made(plan: TrainingSetPlan, column: str, prepared: Preparation) -> dict[str, Any]:
    recipe, made_of = plan.training_set.recipe or Recipe(), _made_of(prepared)
    steps = steps_of(recipe, column, inputs=prepared.inputs, made_of=made_of)
    inputs = made_of[column]
    return {
        "kind": "prepared input",
        "reads": {"value": [f"{name} of the training set" for name in inputs]},
        "computed": {
            "value": f"prepared from {', '.join(inputs)}",
            "steps": [type(step).__name__ for step in steps],
        },
        "known": {
            "clock": "as_of",
            "verdict": "proved",
            "because": "it reads these inputs of its own row, and statistics of training rows",
        },
        "code": {"defined": str(recipe.place or "")},
    }


def _known(plan: TrainingSetPlan, column: str) -> dict[str, str]:
    proof = next(proof for proof in prove(plan) if proof.column == column)
    return {"clock": str(proof.clock), "verdict": proof.verdict, "because": proof.because}


def _prepared(known: Resolved, session: Session) -> Preparation | None:
    """What the training set's recipe has learned; None where it was not built yet."""
    folder = session.home.artifacts / known.plan.training_set.name / known.identity
    state = folder / "states" / "recipe.json"
    return load(state.read_text("utf-8"), name=state.name) if state.is_file() else None


def _made_of(prepared: Preparation | None) -> dict[str, tuple[str, ...]]:
    return {} if prepared is None else prepared_inputs(prepared.program)


def _data(known: Resolved) -> dict[str, Any]:
    return {
        name: {**source.reader.definition(), "snapshot": known.data[name]}
        for name, source in sources_of(known.plan).items()
    }


def _digest(word: type) -> str:
    return hashlib.sha256(Path(inspect.getfile(word)).read_bytes()).hexdigest()
