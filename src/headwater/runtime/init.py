"""Init: a new project that checks and runs at once, made of the shipped starter."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headwater.errors import SpecError
from headwater.runtime.example_projects import copy_example, make_data
from headwater.runtime.progress import Say, silent
from headwater.stores.atomic import STAGING, appearing, unwritable

_ALLOWED = {".git"}


def init(folder: Path, *, say: Say = silent) -> dict[str, Any]:
    """Make a project in a folder that does not exist yet or is empty; a `.git` in it may stay.

    The project appears whole: after an error or an interruption the folder is as it was.

    Returns:
        `project`, its `folder`, its `files`, and the commands that come `next`.

    Raises:
        SpecError: HW107, the folder holds files.
        EngineError: HW502, the folder cannot be written.
    """
    _refuse_files(folder)
    say(f"project: {folder.as_posix()}")
    with _filled(folder) as made:
        copy_example("starter", made)
        say("its data")
        make_data(made / "data.py", code="HW502", hint="free space, and run it again")
        files = sorted(p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file())
    named = shlex.quote(folder.as_posix())
    return {
        "project": folder.resolve().name,
        "folder": folder.as_posix(),
        "files": files,
        "next": [f"headwater check {named}", f"headwater run {named}"],
    }


def _refuse_files(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise SpecError("HW107", f"{folder.as_posix()!r} is a file", hint="name a new folder")
    try:
        there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    except OSError as error:
        raise unwritable(folder, error) from error
    if there - _ALLOWED:
        raise SpecError(
            "HW107",
            f"folder {folder.as_posix()!r} is not empty: {_few(sorted(there - _ALLOWED))}",
            hint="name a folder that does not exist yet; nothing was changed",
        )


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@contextmanager
def _filled(folder: Path) -> Iterator[Path]:
    """A folder to fill whose contents become those of `folder` when the block ends well."""
    if not folder.exists():
        with appearing(folder) as made:
            yield made
        return
    # an empty folder stays itself: somebody's shell may stand in it
    staging = folder / f"{STAGING}init-{os.getpid()}"
    moved: list[Path] = []
    try:
        staging.mkdir()
        yield staging
        for path in sorted(staging.iterdir()):
            moved.append(folder / path.name)
            path.rename(moved[-1])
    except BaseException as error:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritable(folder, error) from error
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
