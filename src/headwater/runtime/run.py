"""Run: build, train, compare the clocks and report, for a project; each result as plain values."""

from __future__ import annotations

import time
from typing import Any

from headwater.runtime.build import Session, build_in, planned
from headwater.runtime.check import check
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import Project
from headwater.runtime.records import record
from headwater.runtime.report import described, write_report
from headwater.spec.model import ClockComparison, Model
from headwater.spec.training_set import TrainingSet
from headwater.stores import ledger


def session_of(project: Project, say: Say) -> Session:
    """What the use cases of a project work with."""
    return Session(project.home, project.seed, say)


def build_project(
    project: Project, name: str | None = None, *, say: Say = silent
) -> dict[str, Any]:
    """Build one training set of a project; the only one where no name is given."""
    started = time.monotonic()
    check(project)
    artifact = build_in(project.only(TrainingSet, name, "training set"), session_of(project, say))
    manifest = artifact.manifest
    shown = ("fingerprint", "rows", "spine_rows", "parts", "excluded", "masked")
    return {
        "training_set": {"name": manifest["training_set"]} | {key: manifest[key] for key in shown},
        "path": str(artifact.path),
        "findings": manifest["findings"],
        "cached": artifact.cached,
        "seconds": time.monotonic() - started,
    }


def train_project(
    project: Project, name: str | None = None, *, say: Say = silent
) -> dict[str, Any]:
    """Train one model of a project; the only one where no name is given."""
    from headwater.runtime.train import train_in

    started = time.monotonic()
    check(project)
    trained = train_in(project.only(Model, name, "model"), session_of(project, say))
    return {
        **trained.result,
        "cached": trained.cached,
        "seconds": time.monotonic() - started,
    }


def run_project(project: Project, name: str | None = None, *, say: Say = silent) -> dict[str, Any]:
    """Build, train, compare the clocks where that is asked for, and write the report."""
    from headwater.runtime.clocks import ClocksTable, compare_clocks
    from headwater.runtime.train import train_in

    started = time.monotonic()
    checked = check(project)
    model = project.only(Model, name, "model")
    session = session_of(project, say)
    trained = train_in(model, session)
    clocks = ClocksTable([], cached=True)
    for comparison in project.of(ClockComparison).values():
        if comparison.model is model:
            clocks = compare_clocks(comparison, trained, session)
    looks = ledger.read(session.home.ledger)
    result = {
        "project": project.name,
        **trained.result,
        **described(planned(model.training_set)),
        "clocks": clocks.rows,
        "findings": checked["findings"],
        "versions": trained.artifact.manifest["versions"],
        "cached": trained.cached and clocks.cached,
        "ledger": [look for look in looks if look["training_set"] == model.training_set.name],
        "seconds": time.monotonic() - started,
    }
    result["report"] = str(write_report(result, session))
    record(result, project)
    return result
