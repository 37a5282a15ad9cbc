"""Check: all faults of a project's definitions, found before a row is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headwater.errors import DataError
from headwater.plan.faults import Faults
from headwater.plan.findings import Finding, placed_findings
from headwater.plan.models import check_comparison, check_model
from headwater.plan.pins import check_pins
from headwater.plan.sources import plan_source
from headwater.plan.training_sets import plan_training_set
from headwater.plan.views import plan_view
from headwater.runtime.contracts import asked, is_refused
from headwater.runtime.kept_models import last_trained
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import Project, load_project
from headwater.spec.attributes import Attributes
from headwater.spec.feature_view import FeatureView
from headwater.spec.model import ClockComparison, Model
from headwater.spec.source import Source
from headwater.spec.training_set import TrainingSet


def check(
    project: Project | Path | str,
    *,
    strict: bool = False,
    data: bool = False,
    pinned: bool = False,
    say: Say = silent,
) -> dict[str, Any]:
    """What was checked and what is assumed: counts of definitions and the findings.

    Args:
        project: Its folder, or what was loaded from it.
        strict: Refuse findings too, such as a source without a declared clock.
        data: Read the sources that have a contract and say in `checks` what was found in them, and
            in `passed` whether all is as it must be.
        pinned: Refuse each feature that is not what a kept model learned from, and say in `pinned`
            how many features each model pins; None for one that was not trained yet.
        say: Hears what is being done.

    Raises:
        SpecErrors: All faults of the definitions together; HW705 those of `pinned`.
        DataError: HW401, a source's data is missing.
    """
    project = project if isinstance(project, Project) else load_project(Path(project))
    faults = Faults()
    found: list[Finding] = []
    unread: list[DataError] = []
    for training_set in project.of(TrainingSet).values():
        with _noting(unread):
            plan = plan_training_set(training_set, faults)
            if plan is not None:
                found += [one for one in placed_findings(plan) if one not in found]
    for view in (*project.of(FeatureView).values(), *project.of(Attributes).values()):
        with _noting(unread):
            plan_view(view, faults)
    for source in project.of(Source).values():
        with _noting(unread):
            plan_source(source, faults)
    for model in project.of(Model).values():
        with _noting(unread):
            check_model(model, faults)
    for comparison in project.of(ClockComparison).values():
        check_comparison(comparison, faults)
    if strict:
        faults.take(finding.to_error() for finding in found)
    faults.raise_all()
    if unread:
        raise unread[0]
    counts = {kind.__name__: len(named) for kind, named in project.definitions.items()}
    told = [{**one.to_dict(), "place": str(one.place)} for one in found]
    result: dict[str, Any] = {"project": project.name, "definitions": counts, "findings": told}
    if pinned:
        result["pinned"] = _checked_pins(project)
    return {**result, **_checked_data(project, say)} if data else result


def _checked_pins(project: Project) -> dict[str, int | None]:
    """How many features each model pins, none of which has changed since it was trained."""
    faults = Faults()
    found: dict[str, int | None] = {}
    for name, model in project.of(Model).items():
        last = last_trained(project.home, model)
        found[name] = None if last is None else len(last["pinned"]["features"])
        plan = plan_training_set(model.training_set, faults)
        if plan is not None and last is not None:
            check_pins(model, plan, last["pinned"], faults)
    faults.raise_all()
    return found


def _checked_data(project: Project, say: Say) -> dict[str, Any]:
    found = []
    for source in project.of(Source).values():
        if source.contract:
            say(f"source {source.name!r}: {len(source.contract)} checks")
            found += asked(source)
    checks = [result.to_dict() for result in found]
    return {"checks": checks, "passed": not any(map(is_refused, found))}


@contextmanager
def _noting(unread: list[DataError]) -> Iterator[None]:
    """Note that a definition's data is missing, and go on: others may have faults too."""
    try:
        yield
    except DataError as error:
        unread.append(error)
