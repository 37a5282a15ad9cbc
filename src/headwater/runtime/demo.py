"""Demo: the flights example, with its data, run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headwater.errors import SpecError
from headwater.runtime.example_projects import copy_example, make_data
from headwater.runtime.progress import Say, silent
from headwater.runtime.project import load_project
from headwater.runtime.run import run_project
from headwater.stores.atomic import unwritable


def demo(folder: Path, *, say: Say = silent) -> dict[str, Any]:
    """Make the flights project in a folder where it is missing, and its data, and run it.

    Raises:
        SpecError: HW101, the folder holds other things than a project.
        EngineError: HW501, the package that holds the data is not installed; HW502, the folder
            cannot be written.
    """
    if not (folder / "headwater.toml").is_file():
        if folder.exists() and any(folder.iterdir()):
            raise SpecError(
                "HW101",
                f"folder {folder.as_posix()!r} is not empty and holds no project",
                hint="name a folder that does not exist yet",
            )
        say(f"example project: {folder.as_posix()}")
        try:
            copy_example("flights", folder)
        except OSError as error:
            raise unwritable(folder, error) from error
    project = load_project(folder)
    if project.prepare is not None and not any((folder / "data").glob("*.parquet")):
        say("data of the example (once)")
        extra = "pip install 'headwater[flights]'"
        make_data(folder / project.prepare, code="HW501", hint=extra)
    return run_project(project, say=say)
