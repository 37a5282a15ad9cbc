"""Vocabulary discovered by file name: the package, the project's own folders, entry points.

A family is a folder; a member is a file in it, and the file's name is the member's name:
`aggregations/count_distinct.py` holds the class `CountDistinct`. Listing the members reads file
names only, so that `headwater --help` can name them all without importing any.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from headwater.errors import SpecError, closest

FAMILIES = ("aggregations", "steps", "checks", "leaks", "sources")
_NOT_MEMBERS = {"__init__", "base", "selectors"}
_PACKAGE = Path(__file__).parent
_projects: list[Path] = []


@dataclass(frozen=True, slots=True)
class Member:
    """One word of a vocabulary, not yet loaded.

    Args:
        name: The class, such as `Mean`.
        origin: `headwater`, `project` or the entry point's distribution.
        path: Its file; None for an entry point.
        target: What an entry point names; empty for a file.
    """

    name: str
    origin: str
    path: Path | None
    target: str = ""

    def load(self) -> Any:
        """The class itself.

        Raises:
            SpecError: HW106, the file does not hold a class of its own name.
        """
        if self.path is None:
            module, _, attribute = self.target.partition(":")
            return getattr(importlib.import_module(module), attribute or self.name)
        module_object = _module(self.path)
        if not hasattr(module_object, self.name):
            raise SpecError(
                "HW106",
                f"file {self.path.name!r} holds no class {self.name!r}",
                place=str(self.path),
                hint=f"name the class {self.name}, or rename the file",
            )
        return getattr(module_object, self.name)


def use_project(folder: Path) -> None:
    """Let the vocabulary folders of a project count from now on, in this process."""
    if folder.resolve() not in _projects:
        _projects.append(folder.resolve())


def forget_projects() -> None:
    """Undo every `use_project`."""
    _projects.clear()


def members(family: str) -> dict[str, Member]:
    """The words of a family by name, sorted; nothing is imported.

    A project's word hides an entry point's of the same name, and that hides Headwater's.
    """
    found = {member.name: member for member in _walk(family)}
    return dict(sorted(found.items()))


def find(name: str, *, besides: Iterable[str] = ()) -> Any:
    """The class of this name in whichever family has it.

    Args:
        name: What was asked for.
        besides: Names that are no words and may have been meant.

    Raises:
        AttributeError: No family has it; the message names the nearest words.
    """
    known: dict[str, Member] = {}
    for family in FAMILIES:
        known |= members(family)
    if name not in known:
        hint = closest(name, {*known, *besides}, "words")
        raise AttributeError(f"Headwater has no {name!r}; {hint}")
    return known[name].load()


@contextmanager
def unwritten_bytecode() -> Iterator[None]:
    """Import a user's files within the block without leaving bytecode beside them.

    Python takes bytecode for current by the second and size of its source: an edit that keeps both
    would be computed as it was before.
    """
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def class_name(stem: str) -> str:
    """The member that a file of this stem holds.

    >>> class_name("count_distinct")
    'CountDistinct'
    """
    return "".join(part.capitalize() for part in stem.split("_"))


def _walk(family: str) -> Iterator[Member]:
    folder = _PACKAGE / family
    if folder.is_dir():  # a family may have no word of ours
        yield from _own(folder, folder.stat().st_mtime_ns)
    for point in _points(family):
        yield Member(point.name, point.dist.name if point.dist else "", None, point.value)
    for folder in _projects:
        yield from _files(folder / family, "project")


def _points(family: str) -> tuple[EntryPoint, ...]:
    """The entry points of a family."""
    return tuple(_installed().select(group=f"headwater.{family}"))


@cache
def _installed() -> Any:
    """All that is installed; asking for it takes milliseconds, so once."""
    return entry_points()


@cache
def _own(folder: Path, written: int) -> tuple[Member, ...]:
    """The files of a folder of ours, listed again where it was written to since."""
    return tuple(_files(folder, "headwater"))


def _files(folder: Path, origin: str) -> Iterator[Member]:
    for path in sorted(folder.glob("*.py")):
        if path.stem not in _NOT_MEMBERS and not path.stem.startswith("_"):
            yield Member(class_name(path.stem), origin, path)


def _module(path: Path) -> ModuleType:
    if path.is_relative_to(_PACKAGE):
        parts = path.relative_to(_PACKAGE).with_suffix("").parts
        return importlib.import_module(".".join(("headwater", *parts)))
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    name = f"headwater_project_{digest}_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise SpecError("HW106", f"file {path.name!r} cannot be imported", place=str(path))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            with unwritten_bytecode():
                spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
