"""Fingerprints: what determines a result, and nothing else."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headwater.plan.checks import code_of, contract_of
from headwater.plan.features import owner_of
from headwater.plan.sources import SourcePlan
from headwater.plan.views import ViewPlan
from headwater.spec.plain import fingerprint
from headwater.spec.source import Source

if TYPE_CHECKING:
    from headwater.plan.training_sets import TrainingSetPlan

TOUCH_VALUES = ("polars", "numpy", "numba", "pyarrow")
"""Libraries whose version can change a bit of a result."""
_PACKAGE = Path(__file__).parent.parent
_CODE = (
    *("aggregations", "engines", "kernel", "plan", "schema", "sources", "spec", "steps", "stores"),
    "runtime/build.py",
    "runtime/contracts.py",
    "runtime/manifest.py",
)


def code_files(package: Path) -> list[Path]:
    """The files of Headwater's own that decide what an artifact holds, sorted."""
    found = {path for part in _CODE for path in (package / part).rglob("*.py")}
    return sorted(found | {package / part for part in _CODE if part.endswith(".py")})


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of the libraries that touch values, and a digest of Headwater's own code."""
    code = hashlib.sha256()
    for path in code_files(_PACKAGE):
        code.update(path.relative_to(_PACKAGE).as_posix().encode())
        code.update(path.read_bytes())
    named = {name: version(name) for name in TOUCH_VALUES}
    return {**named, "headwater": code.hexdigest()[:16]}


def sources_of(plan: TrainingSetPlan) -> dict[str, Source]:
    """The sources that a training set reads, its label's included, by name, sorted."""
    return {name: source.source for name, source in plan.sources.items()}


def snapshots(plan: TrainingSetPlan) -> dict[str, str]:
    """What the data of each source is now, by the source's name."""
    return {name: source.snapshot() for name, source in sources_of(plan).items()}


def spine_identity(plan: TrainingSetPlan, data: Mapping[str, str]) -> str:
    """The identity of the rows, labels and parts."""
    training_set = plan.training_set
    read = [plan.spine.history, *([plan.label.ahead.source] if plan.label.ahead else [])]
    return fingerprint(
        {
            "task": "spine",
            "spine": training_set.spine.definition(),
            "keys": [key.name for key in plan.spine.keys],
            "label": training_set.label.definition(),
            "code": [*_code_of_label(plan), *_code_setting_aside(plan.spine.history)],
            "split": training_set.split.definition(),
            "snapshots": {one.source.name: data[one.source.name] for one in read},
            "versions": versions(),
        }
    )


def view_identity(view: ViewPlan, spine: str, data: Mapping[str, str]) -> str:
    """The identity of a view's features for these spine rows."""
    return fingerprint(
        {
            "task": "view",
            "view": view.view.definition(),
            "code": _code_of(view),
            "spine": spine,
            "snapshot": data[view.view.source.name],
            "versions": versions(),
        }
    )


def artifact_identity(plan: TrainingSetPlan, data: Mapping[str, str], seed: int) -> str:
    """The identity of everything that a build writes."""
    return fingerprint(
        {
            "task": "artifact",
            "training_set": plan.training_set.definition(),
            "code": [*map(_code_of, plan.views), _code_of_label(plan), _code_of_steps(plan)],
            "contracts": {name: contract_of(one) for name, one in sources_of(plan).items()},
            "snapshots": dict(data),
            "seed": seed,
            "versions": versions(),
        }
    )


def definition_identities(plan: TrainingSetPlan) -> dict[str, str]:
    """What `artifact_identity` takes of the definitions, definition by definition.

    Where two artifacts differ by definition, one of these does, named as a message names it. What
    a source declares counts for that source alone, and not for all that reads it.
    """
    training_set = plan.training_set
    label, recipe = training_set.label, training_set.recipe
    found: dict[str, Any] = {
        "the spine": training_set.spine.definition(),
        f"label {label.name!r}": [label.definition(), _code_of_label(plan)],
        "the split": training_set.split.definition(),
        "the recipe": [recipe and recipe.definition(), _code_of_steps(plan)],
        "the order of the features": [one.name for one in training_set.features],
    }
    for view in plan.views:
        found[owner_of(view.view)] = [view.view.definition(), _code_of(view)]
    for derived in plan.derived:
        found[f"derived column {derived.column!r}"] = derived.derived.definition()
    for name, source in sources_of(plan).items():
        found[f"source {name!r}"] = source.definition()
        found[f"the contract of source {name!r}"] = contract_of(source)
    return {
        name: fingerprint(value if name.startswith("source") else _without_sources(value))
        for name, value in found.items()
    }


def _without_sources(value: Any) -> Any:
    """A definition with the names of sources in place of what these declare."""
    if isinstance(value, Mapping):
        return {
            key: one["name"]
            if key == "source" and isinstance(one, Mapping)
            else _without_sources(one)
            for key, one in value.items()
        }
    return [_without_sources(one) for one in value] if isinstance(value, list) else value


def _code_of(view: ViewPlan) -> list[str]:
    """The digests of aggregations that are not Headwater's own, and of what sets rows aside."""
    folded = [one for feature in view.features for one in (feature, *feature.parts)]
    aggregations = _strangers({type(one.aggregation) for one in folded})
    return [*aggregations, *_code_setting_aside(view.source)]


def _code_setting_aside(source: SourcePlan) -> list[str]:
    """The digests of the checks that set rows aside of all that is read, Headwater's own too."""
    return [code_of(check) for one in source.seen for check in one.sets_aside]


def _code_of_label(plan: TrainingSetPlan) -> list[str]:
    """The same of the aggregations that the label reads ahead."""
    return [] if plan.label.ahead is None else _code_of(plan.label.ahead.view)


def _code_of_steps(plan: TrainingSetPlan) -> list[str]:
    """The digests of step files that are not Headwater's own."""
    recipe = plan.training_set.recipe
    return [] if recipe is None else _strangers({type(step) for step in recipe.steps})


def _strangers(classes: set[type]) -> list[str]:
    files = sorted({Path(inspect.getfile(cls)) for cls in classes})
    outside = (path for path in files if not path.is_relative_to(_PACKAGE))
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in outside]
