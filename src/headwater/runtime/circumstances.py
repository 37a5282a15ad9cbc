"""Circumstances: what the numbers of a run depend on, and the digests to know them by."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import distributions, version
from typing import Any

from headwater.kernel.pool import default_threads
from headwater.plan.identity import definition_identities, versions
from headwater.plan.training_sets import TrainingSetPlan
from headwater.runtime.sessions import Session
from headwater.runtime.train import Trained, model_versions
from headwater.spec.frame import Frame
from headwater.spec.model import Model
from headwater.spec.plain import fingerprint
from headwater.stores.artifacts import MANIFEST, file_digest

PREFIX = "HEADWATER_"
"""How the variables of the environment begin that are Headwater's."""
_COMPILERS = ("llvmlite",)


def reproduction(
    model: Model, trained: Trained, plan: TrainingSetPlan, session: Session
) -> dict[str, Any]:
    """What it takes to get the numbers of a run again, and the digests to know them by.

    Args:
        model: What was trained.
        trained: What came of it.
        plan: What was built.
        session: What the run worked with.
    """
    artifact = trained.artifact
    return {
        "fingerprint": artifact.fingerprint,
        **circumstances(model, plan, artifact.manifest["sources"], session),
        **digests(trained),
    }


def digests(trained: Trained) -> dict[str, Any]:
    """The SHA-256 of each file of the artifact, its manifest included, and of the scores."""
    artifact = trained.artifact
    manifest = {MANIFEST: file_digest(artifact.path / MANIFEST)}
    files = {**artifact.manifest["files"], **manifest}
    return {"files": dict(sorted(files.items())), "scores": Frame(trained.scores).snapshot()}


def circumstances(
    model: Model, plan: TrainingSetPlan, data: Mapping[str, str], session: Session
) -> dict[str, Any]:
    """What the numbers of a run depend on, and the settings that they should not depend on.

    Args:
        model: What is trained.
        plan: What is built.
        data: What the data of each source is.
        session: What works.
    """
    environment = {name: text for name, text in os.environ.items() if name.startswith(PREFIX)}
    is_plain = environment.get("HEADWATER_COMPILE") == "0"
    return {
        "seed": session.seed,
        "sources": dict(data),
        "definitions": {
            **definition_identities(plan),
            f"model {model.name!r}": fingerprint(model.definition()),
        },
        "settings": {
            "threads": session.threads or default_threads(),
            "memory_bytes": session.memory,
            "engine": "plain Python" if is_plain else "machine code",
        },
        "environment": dict(sorted(environment.items())),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _COMPILERS},
            **versions(),
            **model_versions(model.estimator),
        },
        "packages": packages(),
    }


def packages() -> dict[str, str]:
    """All packages that are installed where this runs, with their versions."""
    found = {one.name: one.version for one in distributions() if one.name}
    return dict(sorted(found.items()))
