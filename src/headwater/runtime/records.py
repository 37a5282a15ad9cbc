"""Records of runs: what happened when and where; nothing of it is part of an artifact."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from headwater.kernel.pool import default_threads
from headwater.runtime.progress import running, silent
from headwater.runtime.project import Project
from headwater.runtime.sessions import Session
from headwater.stores.artifacts import Artifact
from headwater.stores.atomic import write_whole

PREFIX = "HEADWATER_"
"""How the variables of the environment begin that are Headwater's."""
_COMPILERS = ("llvmlite",)


def record(result: Mapping[str, Any], project: Project, *, reproduce: Mapping[str, Any]) -> Path:
    """Keep a run's result with its time, its host's kind and the state of the code.

    Args:
        result: What the run said.
        project: Whose run it was.
        reproduce: As `reproduction` gives it.
    """
    now = datetime.now(UTC)
    with running() as run:  # the one that progress is said under
        named = {"run": run}
    entry = {
        **result,
        **named,
        "ended": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        **code_state(project.folder),
        "reproduce": reproduce,
    }
    path = project.home.runs / f"{now:%Y%m%dT%H%M%S%f}.json"
    with project.home.locked(silent):  # who holds the lock sweeps up what others leave unfinished
        write_whole(path, json.dumps(entry, indent=2, default=str).encode())
    return path


def reproduction(
    artifact: Artifact, session: Session, learners: Mapping[str, str]
) -> dict[str, Any]:
    """What the numbers of a run depend on, and the settings that they should not depend on.

    Args:
        artifact: What the run built.
        session: What it worked with.
        learners: The versions of what learned and measured.
    """
    manifest = artifact.manifest
    environment = {name: text for name, text in os.environ.items() if name.startswith(PREFIX)}
    is_plain = environment.get("HEADWATER_COMPILE") == "0"
    return {
        "fingerprint": artifact.fingerprint,
        "seed": session.seed,
        "sources": manifest["sources"],
        "settings": {
            "threads": session.threads or default_threads(),
            "memory_bytes": session.memory,
            "engine": "plain Python" if is_plain else "machine code",
        },
        "environment": dict(sorted(environment.items())),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _COMPILERS},
            **manifest["versions"],
            **learners,
        },
    }


def code_state(folder: Path) -> dict[str, Any]:
    """The commit that the definitions stand at, None without git, and whether files differ."""
    return {
        "commit": _git(folder, "rev-parse", "HEAD"),
        "is_dirty": bool(_git(folder, "status", "--porcelain")),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says; None without git or outside a repository."""
    try:
        found = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
