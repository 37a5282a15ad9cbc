"""A class by its import path, such as "lightgbm.LGBMClassifier", or an error that helps."""

from __future__ import annotations

import importlib
import inspect
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
