"""Report: one offline page about a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headwater.errors import EngineError
from headwater.plan.training_sets import TrainingSetPlan
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.plan.windows import EVERYTHING
from headwater.runtime.build import Session
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import Project
from headwater.runtime.records import recorded
from headwater.spec.model import Model
from headwater.stores.atomic import write_whole
from headwater.stores.home import Home


def described(plan: TrainingSetPlan) -> dict[str, Any]:
    """What each input reads and when that was known, as plain values."""
    label = plan.training_set.label
    return {
        "label": {
            "name": label.name,
            "reads": list(plan.label_reads),
            "clock": str(plan.label_clock),
        },
        "features": [_feature(view, one) for view in plan.views for one in view.features],
        "derived": [{"name": one.column, "reads": list(one.reads)} for one in plan.derived],
        "kept": [
            {"name": column.name, "clock": str(column.clock), "verdict": column.verdict}
            for column in plan.spine.kept
        ],
    }


def write_report(result: Mapping[str, Any], session: Session) -> Path:
    """Render a run's result; the page has its place beside the runs."""
    from headwater.reports.html import render

    session.say("report")
    shown = {**result, "looks": result["ledger"]}
    shown["training_set"] = {**result["training_set"], "label": result["label"]}
    path = _path(session.home, result["model"]["name"])
    page = render(shown).encode()
    with session.home.locked(session.say):
        write_whole(path, page)
    return path


def report_project(
    project: Project, name: str | None = None, *, say: Say = silent
) -> dict[str, Any]:
    """Write the report of a model's last run again, without computing anything.

    Raises:
        EngineError: HW506, the model was not run yet.
    """
    model = project.only(Model, name, "model")
    for result in recorded(project.home):
        if result["model"]["name"] == model.name:
            written = write_report(result, Session(project.home, project.seed, say))
            return {"report": str(written), "cached": True}
    raise EngineError(
        "HW506",
        f"model {model.name!r} was not run yet",
        hint=f"headwater run {project.folder.as_posix()}",
    )


def _path(home: Home, model: str) -> Path:
    return home.folder / "reports" / f"{model}.html"


def _feature(view: ViewPlan, feature: FeaturePlan) -> dict[str, Any]:
    window = "all" if feature.window == EVERYTHING else str(feature.window)
    return {
        "name": feature.column,
        "view": view.view.name,
        "aggregation": type(feature.aggregation).__name__,
        "reads": list(feature.reads),
        "window": window,
        "clock": str(feature.clock),
        "proved": "masked" if feature.clock.moments else "proved",
    }
