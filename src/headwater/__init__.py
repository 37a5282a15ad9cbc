"""Headwater prepares data for machine learning, and shows that the model could have known it.

Names are loaded when they are first used, so that `import headwater` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "ALWAYS": "schema.clocks",
    "Attributes": "spec.attributes",
    "ClockComparison": "spec.model",
    "DataError": "errors",
    "Derived": "spec.derived",
    "EngineError": "errors",
    "FeatureView": "spec.feature_view",
    "FittedRecipe": "runtime.fitted_recipes",
    "Frame": "spec.frame",
    "HeadwaterError": "errors",
    "HeadwaterWarning": "errors",
    "Label": "spec.label",
    "Model": "spec.model",
    "PythonExpression": "spec.row_expressions",
    "Recipe": "runtime.recipes",
    "Source": "spec.source",
    "SpecError": "errors",
    "Spine": "spec.spine",
    "SplitByTime": "spec.split_by_time",
    "TrainingSet": "spec.training_set",
    "build": "runtime.build",
    "check": "runtime.check",
    "columns": "steps.selectors",
    "enrich": "runtime.enrich",
    "forget_histories": "runtime.enrich",
    "numeric": "steps.selectors",
    "planned": "runtime.build",
    "set_aside": "runtime.contracts",
    "strings": "steps.selectors",
    "synthesize": "runtime.synthesize",
    "train": "runtime.train",
}
"""Where each public name lives; words of a vocabulary are found by file name instead."""


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name == "templates":
        return importlib.import_module("headwater.templates")
    if name in _HOMES:
        return getattr(importlib.import_module(f"headwater.{_HOMES[name]}"), name)
    return importlib.import_module("headwater.plugins").find(name, besides=_HOMES)


def __dir__() -> list[str]:
    plugins = importlib.import_module("headwater.plugins")
    words = [word for family in plugins.FAMILIES for word in plugins.members(family)]
    return sorted({*_HOMES, *words, "__version__"})
