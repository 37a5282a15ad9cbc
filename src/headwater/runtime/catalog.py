"""Catalog: every feature of a project, with what it is and when its rows count.

Nothing is read but what planning reads: names and types of columns.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation
from headwater.engines.set_aside import reason
from headwater.errors import SpecError, closest
from headwater.plan.derived import DerivedPlan
from headwater.plan.faults import Faults
from headwater.plan.lineage import feature_origins
from headwater.plan.proof import Proof, prove, prove_views
from headwater.plan.training_sets import TrainingSetPlan, plan_training_set
from headwater.plan.views import FeaturePlan, ViewPlan, plan_view
from headwater.runtime.feature_facts import feature_facts, text_of
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import Project
from headwater.runtime.temporal_context import temporal_context
from headwater.spec.attributes import Attributes
from headwater.spec.feature_view import FeatureView
from headwater.spec.model import Model
from headwater.spec.plain import fingerprint
from headwater.spec.training_set import TrainingSet
from headwater.spec.view import View

_OF_VALUES = ("value", "other", "where", "sequence")
"""The roles in which a feature reads columns besides those of its entity and its time."""
_SENTENCE = re.compile(r"(?<=\.)\s+(?=[A-Z])")
_NULL = re.compile(r"\bnulls?\b", re.IGNORECASE)


@dataclass(slots=True)
class _Used:
    """A view with the training sets that it is in."""

    plan: ViewPlan
    training_sets: list[str] = field(default_factory=list)


def catalog_project(
    project: Project, name: str | None = None, *, say: Say = silent
) -> dict[str, Any]:
    """The features of a project, or of one view, or one feature.

    Views count that a training set has or that the project's files name.

    Args:
        project: Loaded with `load_project`.
        name: A view, a feature or a derived column.
        say: Hears what is being done.

    Returns:
        `project`, and `views`, each with its `source`, `entity` and `features`; each of these with
        `reads`, `computed`, `window`, `boundary`, `lag`, `availability`, `empty`, `training_sets`
        and `models`. `derived` are the columns that training sets derive from features.

    Raises:
        SpecErrors: The faults of the definitions; HW104, there is no such view or feature.
        EngineError: HW505, a plan would let a value through before it is known.
    """
    say("what the definitions plan")
    plans, used = _planned(project)
    learners = project.of(Model).values()
    models = {
        one.name: [model.name for model in learners if model.training_set is one]
        for one in (plan.training_set for plan in plans)
    }
    views = [_view(one, models, plans) for one in used]
    derived = [_derived(plan, one, models) for plan in plans for one in plan.derived]
    return {"project": project.name, **_narrowed(views, derived, name)}


def _planned(project: Project) -> tuple[list[TrainingSetPlan], list[_Used]]:
    """The training sets, and all views once, in the order in which they are declared."""
    faults = Faults()
    planned = [plan_training_set(one, faults) for one in project.of(TrainingSet).values()]
    plans = [plan for plan in planned if plan is not None]
    used: dict[tuple[str, str], _Used] = {}
    for plan in plans:
        for view in plan.views:
            entry = used.setdefault(_identity(view.view), _Used(view))
            entry.training_sets.append(plan.training_set.name)
    declared: list[View] = [*project.of(FeatureView).values(), *project.of(Attributes).values()]
    lone = [plan_view(one, faults) for one in declared if _identity(one) not in used]
    faults.raise_all()
    for plan in plans:
        prove(plan)
    return plans, [*used.values(), *(_Used(view) for view in lone if view is not None)]


def _identity(view: View) -> tuple[str, str]:
    return view.name, fingerprint(view.definition())


def _narrowed(
    views: list[dict[str, Any]], derived: list[dict[str, Any]], name: str | None
) -> dict[str, Any]:
    """What is of this name; all of it where there is none.

    Raises:
        SpecError: HW104, nothing is.
    """
    if name is None:
        return {"views": views, "derived": derived}
    found = [
        {
            **view,
            "features": [one for one in view["features"] if name in (view["name"], one["name"])],
        }
        for view in views
    ]
    found = [view for view in found if view["features"]]
    columns = [one for one in derived if one["name"] == name]
    if not found and not columns:
        known = [view["name"] for view in views] + [one["name"] for one in derived]
        known += [one["name"] for view in views for one in view["features"]]
        raise SpecError(
            "HW104",
            f"no view or feature is named {name!r}",
            hint=closest(name, known, "views and features"),
        )
    return {"views": found, "derived": columns}


def _view(
    used: _Used, models: dict[str, list[str]], plans: Sequence[TrainingSetPlan]
) -> dict[str, Any]:
    view, source = used.plan.view, used.plan.source.source
    proofs = {proof.column: proof for proof in prove_views([used.plan])}
    learners = [name for training_set in used.training_sets for name in models[training_set]]
    derived = [one for plan in plans for one in plan.derived]
    return {
        "name": view.name,
        "kind": "attributes" if isinstance(view, Attributes) else "feature view",
        "entity": list(view.keys),
        "attaches_by": list(view.spine_keys),
        **_prose(view),
        "defined": str(view.place or ""),
        "source": {
            "name": source.name,
            "reader": source.reader.definition(),
            "event_time": source.event_time,
            "zone": source.zone,
            "static": source.static,
            "identity": list(source.identity),
            **_prose(source),
            "set_aside": [reason(check) for check in used.plan.source.sets_aside],
        },
        "features": [
            {
                **_feature(used.plan, one, proofs[one.column]),
                "training_sets": used.training_sets,
                "models": learners,
                "derived": sorted({d.column for d in derived if one.column in d.reads}),
            }
            for one in used.plan.features
        ],
    }


def _feature(view: ViewPlan, feature: FeaturePlan, proof: Proof) -> dict[str, Any]:
    facts = feature_facts(view, feature)
    return {
        "name": feature.column,
        "entity": list(view.view.keys),
        "type": str(feature.dtype),
        "aggregation": type(feature.aggregation).__name__,
        "what": _what(feature),
        "columns": _columns(view, feature),
        **facts,
        **temporal_context(view, feature, proof),
        "empty": _empty(feature),
        "nulls": about_nulls(type(feature.aggregation)),
        "means": meaning(type(feature.aggregation)),
        "defined": str(feature.aggregation.place or view.view.place or ""),
    }


def _prose(definition: Any) -> dict[str, Any]:
    said = {name: getattr(definition, name) for name in ("description", "owner", "version")}
    return {**said, "tags": list(definition.tags)}


def _what(feature: FeaturePlan) -> str:
    """An aggregation with what it folds, in words."""
    word, made_of = type(feature.aggregation).__name__, feature.aggregation.parts
    if made_of:
        parts = feature.parts[: len(made_of)]
        return f"{word} of {' and '.join(map(_what, parts))}"
    of = "rows" if feature.value is None else _column(feature.value)
    other = "" if feature.other is None else f" and {_column(feature.other)}"
    where = "" if feature.where is None else f" where {_column(feature.where)}"
    return f"{word} of {of}{other}{where}"


def _column(expression: Any) -> str | None:
    is_column = isinstance(expression, pl.Expr) and expression.meta.is_column()
    return expression.meta.output_name() if is_column else text_of(expression)


def _columns(view: ViewPlan, feature: FeaturePlan) -> list[str]:
    """The columns of sources that the value is made of; the entity and the time aside."""
    roles = feature_origins(view, feature)
    found = [one for role in _OF_VALUES for one in roles.get(role, ())]
    return sorted({f"{one.source}.{one.column}" for one in found})


def _empty(feature: FeaturePlan) -> dict[str, Any]:
    """What stands where no row counts, and where too few do."""
    value: Any = feature.aggregation.when_empty
    said = "null" if value is None else "an empty list" if value == () else str(value)
    words = f"{said} where no row counts"
    if feature.min_rows > 1:
        words = f"null where fewer than {feature.min_rows} rows count"
    elif feature.min_rows:
        words = "null where no row counts"
    return {
        "value": None if feature.min_rows else list(value) if value == () else value,
        "min_rows": feature.min_rows,
        "words": words,
    }


def meaning(word: type[Aggregation]) -> str:
    """What comes out of an aggregation: the first sentence of its docstring."""
    return _sentences(word)[0]


def _sentences(word: type[Aggregation]) -> list[str]:
    """What the docstring of a word says before its arguments and examples, sentence by sentence."""
    prose = re.split(r"\n(?:Args|Raises|Returns):|\n>>>", inspect.getdoc(word) or "")[0]
    return _SENTENCE.split(" ".join(prose.split()))


def about_nulls(word: type[Aggregation]) -> str:
    """What it says of nulls, as all words do; the first sentence says what comes out."""
    return " ".join(one for one in _sentences(word)[1:] if _NULL.search(one))


def _derived(
    plan: TrainingSetPlan, one: DerivedPlan, models: dict[str, list[str]]
) -> dict[str, Any]:
    name = plan.training_set.name
    proof = next(proof for proof in prove(plan) if proof.column == one.column)
    return {
        "name": one.column,
        "type": str(one.dtype),
        "reads": list(one.reads),
        "computed": text_of(one.derived.expression),
        "availability": {"verdict": proof.verdict, "because": proof.because},
        "description": one.derived.description,
        "training_sets": [name],
        "models": models[name],
        "defined": str(one.derived.place or ""),
    }
