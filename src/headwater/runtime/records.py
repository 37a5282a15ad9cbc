"""Records of runs: what happened when and where; nothing of it is part of an artifact."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headwater.runtime.progress import running, silent
from headwater.runtime.project import Project
from headwater.stores.atomic import write_whole


def record(result: Mapping[str, Any], project: Project) -> Path:
    """Keep a run's result with its time, its host's kind and the state of the code."""
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
    }
    path = project.home.runs / f"{now:%Y%m%dT%H%M%S%f}.json"
    with project.home.locked(silent):  # who holds the lock sweeps up what others leave unfinished
        write_whole(path, json.dumps(entry, indent=2, default=str).encode())
    return path


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
