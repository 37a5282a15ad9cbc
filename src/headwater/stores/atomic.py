"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from headwater.errors import EngineError

STAGING = ".staging-"
"""How the names of unfinished folders begin; `sweep` removes what a killed process left."""


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `target` by one rename when the block ends well.

    Everything in it is synced first. After an error or an interruption nothing is left.

    Raises:
        EngineError: HW502, the disk does not take it.
    """
    staging = target.parent / f"{STAGING}{target.name}-{os.getpid()}"
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        yield staging
        _sync(staging)
        os.rename(staging, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def passing(parent: Path, name: str) -> Iterator[Path]:
    """A folder to work in, which is gone when the block ends, however it ends.

    A process that is killed leaves it to the next `sweep`.

    Raises:
        EngineError: HW502, the disk does not take it.
    """
    folder = parent / f"{STAGING}{name}-{os.getpid()}"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, synced, and rename it.

    Raises:
        EngineError: HW502, the disk does not take it.
    """
    beside = path.with_name(f"{STAGING}{path.name}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what processes left that were killed while they wrote below `folder`.

    Only the holder of the folder's lock may call it: nobody else is writing then.
    """
    for left in folder.rglob(f"{STAGING}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> EngineError:
    """The error for a disk that does not take what is written."""
    reason = error.strerror or type(error).__name__
    return EngineError(
        "HW502",
        f"{path.name!r} cannot be written: {reason}",
        hint="free space, or make the folder writable, and run again",
    )


def _sync(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
