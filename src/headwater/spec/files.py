"""Files of a project: where a relative path points, and what a file's content is."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from headwater.errors import DataError, Place, SpecError


def locate(path: str, place: Place | None) -> Path:
    """The file, with relative paths taken from the project of the definition.

    The project is the nearest folder above the defining file that holds a `headwater.toml`; without
    one, paths are relative to the working directory.

    Raises:
        SpecError: HW211, the path is none.
    """
    given: object = path
    if not isinstance(given, str | PathLike):
        found = type(given).__name__
        raise SpecError("HW211", f"the path of a file is text, found {found}", place=place)
    if place is not None:
        for folder in Path(place.file).resolve().parents:
            if (folder / "headwater.toml").is_file():
                return folder / path
    return Path(path)


def digest(path: Path, place: Place | None) -> str:
    """The SHA-256 of a file, in hex.

    Raises:
        DataError: HW401, the file is missing or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, place, error) from error


SETTLED_AFTER = 2_000_000_000
"""Nanoseconds after which a file that is written again has another time on every file system."""


def stamp(files: Iterable[Path]) -> tuple[tuple[object, ...], ...] | None:
    """Path, place on disk, size and times of each file, which change when it is written.

    None where one is missing, or was written so shortly ago that it may be written once more
    without having another time.
    """
    stamps = []
    newest = time.time_ns() - SETTLED_AFTER
    for file in files:
        try:
            found = file.stat()
        except OSError:
            return None
        if found.st_mtime_ns > newest:
            return None
        where = str(file.absolute()), found.st_dev, found.st_ino
        stamps.append((*where, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
    return tuple(stamps)


def os_error_of(error: Exception) -> OSError | None:
    """The system's error, of which Polars tells in words of its own; None where it tells of none.

    >>> os_error_of(ValueError("No space left on device (os error 28)")).strerror
    'No space left on device'
    """
    if isinstance(error, OSError):
        return error
    told = re.search(r"os error (\d+)", str(error))
    return OSError(int(told[1]), os.strerror(int(told[1]))) if told else None


def unreadable(path: Path, place: Place | None, error: Exception) -> DataError:
    """The error for a file that is missing or is not what was expected."""
    if isinstance(error, FileNotFoundError):
        return DataError(
            "HW401",
            f"file {path.name!r} does not exist",
            place=place,
            hint=f"looked in {path.parent.as_posix() or '.'}",
        )
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    reason = re.sub("`[^`]*`", "a value", reason)  # which Polars quotes
    return DataError("HW401", f"file {path.name!r} cannot be read: {reason}", place=place)
