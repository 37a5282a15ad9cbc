"""Reproduce: a recorded run is built and trained anew, and its digests compared with the record."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from headwater.errors import EngineError, SpecError
from headwater.runtime.build import Resolved, check_unchanged, resolved
from headwater.runtime.check import check
from headwater.runtime.circumstances import digests
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import Project
from headwater.runtime.records import recorded
from headwater.runtime.run_changes import (
    Changed,
    as_recorded,
    because,
    changes_since,
    refuse_others,
    refused,
)
from headwater.runtime.sessions import Session
from headwater.runtime.train import Trained, train_in
from headwater.spec.model import Model
from headwater.stores.atomic import passing
from headwater.stores.home import Home

LAST = "last"
"""The word for the newest run."""
SCORES = "scores"
"""What stands in the place of a file for the scores of the model."""
_LISTED = 12
_NEEDED = ("fingerprint", "seed", "sources", "definitions", "versions", "files", "scores")


def reproduce_project(project: Project, run: str = LAST, *, say: Say = silent) -> dict[str, Any]:
    """Build and train a recorded run anew, in a folder of its own, and compare the digests.

    Nothing that was kept is read or written: no cached result, no artifact, no ledger of looks. The
    seed is that of the record. After an error or an interruption nothing is left.

    Args:
        project: Loaded with `load_project`.
        run: The identity of a run, or a beginning of it that no other one has; "last".
        say: Hears what is being done.

    Returns:
        `run`, `ended`, `training_set`, `model`, `changed` (what is not what it was, and did not
        keep the run from being repeated), `files` and `metrics` (each with `then`, `now` and
        `identical`; the scores are one of the files), `passed` (whether all are identical),
        `rows_identical` (whether all are but for the manifest), `because`, `seconds`.

    Raises:
        SpecError: HW108, there is no such run, or there are several; and faults of the definitions.
        CheckError: HW412, data or definitions are not those of the run, found before any work.
        DataError: HW409, a source changed meanwhile; and what is wrong with the data.
        EngineError: HW506, nothing was recorded.
    """
    started = time.monotonic()
    entry = find_run(project, run)
    then = _reproducible(entry)
    check(project)
    session = Session(project.home, then["seed"], say, memory=project.memory)
    model = _model(project, entry)
    say(f"what run {entry['run']} depended on, and what is there now")
    known = resolved(model.training_set, session)
    changed = changes_since(entry, model, known, project)
    refuse_others(entry, changed)
    trained, now = _anew(model, known, session)
    files = _compared(
        {**then["files"], SCORES: then["scores"]}, {**now["files"], SCORES: now["scores"]}
    )
    metrics = _compared(_metrics(entry), _metrics(as_recorded(trained.result)))
    is_same = all(one["identical"] for one in (*files.values(), *metrics.values()))
    others = [one for name, one in files.items() if name != "manifest.json"]
    return {
        "run": entry["run"],
        "ended": entry["ended"],
        "training_set": {"name": model.training_set.name, "fingerprint": then["fingerprint"]},
        "model": {"name": model.name},
        "changed": [asdict(one) for one in changed],
        "files": files,
        "metrics": metrics,
        "passed": is_same,
        "rows_identical": all(one["identical"] for one in (*others, *metrics.values())),
        "because": "" if is_same else because(changed),
        "seconds": time.monotonic() - started,
    }


def find_run(project: Project, run: str) -> dict[str, Any]:
    """The record of a run, by its identity, by a beginning of it, or the newest by "last".

    Raises:
        SpecError: HW108, none is so called, or several are.
        EngineError: HW506, nothing was recorded.
    """
    named: dict[str, dict[str, Any]] = {}
    for entry in recorded(project.home):
        named.setdefault(str(entry.get("run")), entry)
    if not named:
        folder = project.folder.as_posix()
        raise EngineError("HW506", "no run is recorded", hint=f"headwater run {folder}")
    if run == LAST:
        return next(iter(named.values()))
    found = [name for name in named if name.startswith(run)]
    if run in named or len(found) == 1:
        return named[run if run in named else found[0]]
    raise SpecError(
        "HW108",
        f"{len(found)} runs begin with {run!r}" if found else f"no run is called {run!r}",
        hint=_listed({name: named[name] for name in found or named}),
    )


def _listed(named: Mapping[str, Mapping[str, Any]]) -> str:
    """The newest of these runs, each with its model and its time."""
    said = [f"{name} ({one['model']['name']}, {one['ended']})" for name, one in named.items()]
    return f"runs: {', '.join(said[:_LISTED])}" + (", ..." if len(said) > _LISTED else "")


def _reproducible(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of what it takes to repeat it."""
    then = entry.get("reproduce")
    if isinstance(then, dict) and all(name in then for name in _NEEDED):
        return then
    raise EngineError(
        "HW506",
        f"the record of run {entry.get('run')} does not hold what it takes to reproduce it",
        hint="an older version of Headwater wrote it: headwater run records all of it",
    )


def _model(project: Project, entry: Mapping[str, Any]) -> Model:
    """The model that was trained."""
    name = entry["model"]["name"]
    found = project.of(Model).get(name)
    if found is not None:
        return found
    raise refused(entry, [Changed("definition", f"model {name!r}", "declared", None)])


def _anew(model: Model, known: Resolved, session: Session) -> tuple[Trained, dict[str, Any]]:
    """The model trained with nothing that was kept, and the digests; nothing of it stays.

    The project's lock is held all the while, since who holds it sweeps up unfinished folders.

    Raises:
        DataError: HW409, a source changed since it was compared with the record.
    """
    home = session.home
    with home.locked(session.say), passing(home.folder, "reproduce") as folder:
        trained = train_in(model, replace(session, home=Home(folder)))
        check_unchanged(known.plan, known.data)
        return trained, digests(trained)


def _compared(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each by its name, as it was and as it is."""
    return {
        name: {
            "then": then.get(name),
            "now": now.get(name),
            "identical": name in then and name in now and then[name] == now[name],
        }
        for name in {**then, **now}
    }


def _metrics(result: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics of the model by part, in one level."""
    return {
        f"{part} {name}": value
        for part, scores in result["metrics"].items()
        for name, value in scores.items()
        if isinstance(value, float | int)
    }
