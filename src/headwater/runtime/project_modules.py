"""The Python files of a project as modules that may import each other, each executed once.

A file is known by a name of its own, and while a project is loaded also by the name that its
neighbours import it by. What an earlier load left behind is forgotten first: two projects may have
files of one name, and a file that was edited is read anew.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from headwater.plugins import unwritten_bytecode

_imported: set[str] = set()


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Let the files of a project import each other within the block."""
    for name in _imported:
        sys.modules.pop(name, None)
    _imported.clear()
    before, root = set(sys.modules), str(folder.resolve())
    sys.path.insert(0, root)
    importlib.invalidate_caches()
    try:
        with unwritten_bytecode():
            yield
    finally:
        sys.path.remove(root)
        for name in set(sys.modules) - before:
            if _is_inside(sys.modules[name], folder.resolve()):
                _leave(name)


def execute(file: Path, folder: Path) -> ModuleType:
    """The module that a file of the project is, executed unless a neighbour imported it already.

    Raises:
        ImportError: It is not a Python file.
    """
    short = ".".join(file.resolve().relative_to(folder.resolve()).with_suffix("").parts)
    known = sys.modules.get(short)
    if known is not None and _is_inside(known, file.resolve()):
        return known
    digest = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:8]
    spec = spec_from_file_location(f"headwater_definitions_{digest}", file.resolve())
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name!r} is not a Python file")
    module = module_from_spec(spec)
    names = [spec.name] if known is not None else [spec.name, short]
    sys.modules.update(dict.fromkeys(names, module))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        for name in names:
            sys.modules.pop(name, None)
        raise
    return module


def _is_inside(module: ModuleType, place: Path) -> bool:
    files = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(file is not None and Path(file).resolve().is_relative_to(place) for file in files)


def _leave(name: str) -> None:
    """Keep a module for those who ask where a class is from, unless it hides an installed one."""
    top = name.partition(".")[0]
    _imported.add(name)
    if top in sys.stdlib_module_names or PathFinder.find_spec(top) is not None:
        del sys.modules[name]
