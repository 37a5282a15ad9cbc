"""A class by its import path, such as "lightgbm.LGBMClassifier", or an error that helps."""

from __future__ import annotations

import hashlib
import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

from headwater.errors import Place, SpecError, closest


def class_at(import_path: str, place: Place | str | None) -> Any:
    """The estimator class at an import path.

    Raises:
        SpecError: The library is there and has no such class (HW701).
        ImportError: The library itself cannot be loaded; OSError for its shared library.
    """
    module_name, _, name = import_path.rpartition(".")
    if not module_name:
        raise unknown(import_path, place, None)
    importlib.import_module(module_name.partition(".")[0])
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name + ".").startswith(error.name + "."):
            raise unknown(import_path, place, error) from error
        raise
    found = getattr(module, name, None)
    if found is None:
        raise unknown(import_path, place, None, module)
    if not (inspect.isclass(found) and hasattr(found, "fit")):
        raise SpecError("HW701", f"{import_path} is not an estimator class", place=place)
    return found


_KNOWN_BY_VERSION = frozenset({"lightgbm", "sklearn"})


def code_digest(import_path: str) -> str:
    """A digest of the code behind a class: its file, or all of the package that it belongs to.

    Empty for scikit-learn and LightGBM, whose versions stand for their code, and where there is no
    such class or no file of it.
    """
    top = import_path.partition(".")[0]
    if top in _KNOWN_BY_VERSION:
        return ""
    try:
        class_at(import_path, None)
        root = Path(inspect.getfile(importlib.import_module(top)))
    except (SpecError, ImportError, OSError, TypeError):
        return ""
    is_package = root.name == "__init__.py"
    digest = hashlib.sha256()
    for path in sorted(root.parent.rglob("*.py")) if is_package else [root]:
        digest.update(path.relative_to(root.parent).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def unknown(
    import_path: str,
    place: Place | str | None,
    error: Exception | None,
    module: ModuleType | None = None,
) -> SpecError:
    """The error for a path that leads to no class, with the nearest name where there is one."""
    name = import_path.rpartition(".")[2]
    if module is not None:
        public = [word for word in dir(module) if not word.startswith("_") and word[0].isupper()]
        hint = closest(name, public, f"classes of {module.__name__}")
    else:
        hint = "give module and class, such as 'sklearn.linear_model.LogisticRegression'"
    reason = f": {error}" if error else ""
    return SpecError(
        "HW701", f"estimator {import_path!r} cannot be imported{reason}", place=place, hint=hint
    )
