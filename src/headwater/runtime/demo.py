"""Demo: the example project, with its data, run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from headwater.errors import EngineError, SpecError
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import load_project
from headwater.runtime.run import run_project

_SHIPPED = Path(__file__).parent.parent / "examples" / "flights"
_CHECKOUT = Path(__file__).parents[3] / "examples" / "flights"


def demo(folder: Path, *, say: Say = silent) -> dict[str, Any]:
    """Make the flights project in a folder where it is missing, and its data, and run it.

    Raises:
        SpecError: HW101, the folder holds other things than a project.
        EngineError: HW501, the package that holds the data is not installed.
    """
    if not (folder / "headwater.toml").is_file():
        if folder.exists() and any(folder.iterdir()):
            raise SpecError(
                "HW101",
                f"folder {folder.as_posix()!r} is not empty and holds no project",
                hint="name a folder that does not exist yet",
            )
        say(f"example project: {folder.as_posix()}")
        shutil.copytree(_example(), folder, dirs_exist_ok=True, ignore=_results)
    project = load_project(folder)
    if project.prepare is not None and not any((folder / "data").glob("*.parquet")):
        _prepare(folder / project.prepare, say)
    return run_project(project, say=say)


def _example() -> Path:
    return _SHIPPED if _SHIPPED.is_dir() else _CHECKOUT


def _results(_: str, names: list[str]) -> set[str]:
    return {".headwater", "data", "__pycache__"} & set(names)


def _prepare(script: Path, say: Say) -> None:
    say("data of the example (once)")
    made = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        reason = made.stderr.strip().splitlines() or ["it failed"]
        raise EngineError(
            "HW501",
            f"the example's data cannot be made: {reason[0]}",
            hint="pip install 'headwater[flights]'",
        )
