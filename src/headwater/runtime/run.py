"""Run: build, train, compare the clocks and report, for a project; each result as plain values."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

from headwater.runtime.build import Session, build_in, planned
from headwater.runtime.check import check
from headwater.runtime.progress import Say, about, silent
from headwater.runtime.project import Project
from headwater.runtime.records import record
from headwater.runtime.report import described, write_report
from headwater.runtime.resources import measured, noting
from headwater.spec.model import ClockComparison, Model
from headwater.spec.plain import fingerprint
from headwater.spec.training_set import TrainingSet
from headwater.stores import ledger
from headwater.stores.artifacts import Artifact

_PICTURED = ("distributions.py", "timeline.py")


def session_of(project: Project, say: Say) -> Session:
    """What the use cases of a project work with."""
    return Session(project.home, project.seed, say, memory=project.memory)


def build_project(
    project: Project, name: str | None = None, *, say: Say = silent
) -> dict[str, Any]:
    """Build one training set of a project; the only one where no name is given."""
    started = time.monotonic()
    check(project)
    artifact = build_in(project.only(TrainingSet, name, "training set"), session_of(project, say))
    manifest = artifact.manifest
    shown = ("fingerprint", "rows", "spine_rows", "parts", "excluded", "masked", "set_aside")
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
    """Build, train, compare the clocks where that is asked for, and write the report.

    Under `took` the result has what each task took that was computed and not read from the cache,
    as `headwater.runtime.resources.measured` notes it.
    """
    from headwater.runtime.circumstances import reproduction
    from headwater.runtime.clocks import ClocksTable, compare_clocks
    from headwater.runtime.train import train_in

    started = time.monotonic()
    checked = check(project)
    model = project.only(Model, name, "model")
    session = session_of(project, say)
    with noting() as took:
        trained = train_in(model, session)
        clocks = ClocksTable([], cached=True)
        for comparison in project.of(ClockComparison).values():
            if comparison.model is model:
                clocks = compare_clocks(comparison, trained, session)
        pictured, is_kept = _pictured(trained.artifact, session)
    plan, looks = planned(model.training_set), ledger.read(session.home.ledger)
    result = {
        "project": project.name,
        **trained.result,
        **described(plan),
        "clocks": clocks.rows,
        "timeline": pictured["timeline"],
        "distributions": pictured["distributions"],
        "findings": _all_findings(checked, trained.artifact),
        "versions": trained.artifact.manifest["versions"],
        "cached": trained.cached and clocks.cached and is_kept,
        "ledger": [look for look in looks if look["training_set"] == model.training_set.name],
        "seconds": time.monotonic() - started,
        "took": took,
    }
    result["report"] = str(write_report(result, session))
    record(result, project, reproduce=reproduction(model, trained, plan, session))
    return result


def _all_findings(checked: dict[str, Any], artifact: Artifact) -> list[dict[str, str]]:
    """What is assumed in the definitions, then what was measured in the rows."""
    found: list[dict[str, str]] = list(checked["findings"])
    known = {(one["code"], one["message"]) for one in found}
    manifest = artifact.manifest["findings"]
    return found + [one for one in manifest if (one["code"], one["message"]) not in known]


def _pictured(artifact: Artifact, session: Session) -> tuple[dict[str, Any], bool]:
    """What the report draws of an artifact's rows, and whether it was there already."""
    from headwater.runtime.distributions import distributions
    from headwater.runtime.timeline import timeline

    code = [Path(__file__).with_name(name).read_bytes() for name in _PICTURED]
    identity = fingerprint(
        {
            "task": "pictures",
            "artifact": artifact.fingerprint,
            "code": hashlib.sha256(b"".join(code)).hexdigest(),
        }
    )
    with session.home.locked(session.say):
        kept = session.cache.load_json(identity)
        if kept is not None:
            return kept, True
        session.say("report: distributions by part")
        with about(task="pictures"), measured():
            found = {"timeline": timeline(artifact), "distributions": distributions(artifact)}
        session.cache.keep_json(identity, found)
    return found, False
