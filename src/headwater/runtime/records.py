"""Records of runs: what happened when and where; nothing of it is part of an artifact."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headwater.runtime.progress import running, silent
from headwater.runtime.project import Project
from headwater.stores.atomic import write_whole
from headwater.stores.home import Home


def record(result: Mapping[str, Any], project: Project, *, reproduce: Mapping[str, Any]) -> Path:
    """Keep a run's result with its time, its host and the state of the code.

    Args:
        result: What the run said.
        project: Whose run it was.
        reproduce: As `headwater.runtime.circumstances.reproduction` gives it.
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
        "host": platform.node(),
        **code_state(project.folder),
        "reproduce": reproduce,
    }
    path = project.home.runs / f"{now:%Y%m%dT%H%M%S%f}.json"
    with project.home.locked(silent):  # who holds the lock sweeps up what others leave unfinished
        write_whole(path, json.dumps(entry, indent=2, default=str).encode())
    return path


def recorded(home: Home) -> Iterator[dict[str, Any]]:
    """The records of runs, the newest first; a damaged one is left out."""
    for path in sorted(home.runs.glob("*.json"), reverse=True):
        try:
            entry = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(entry, dict) and "model" in entry:
            yield entry


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
