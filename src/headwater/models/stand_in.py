"""What stands in for a boosting library that cannot be loaded, and the note that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PATH = "sklearn.ensemble.HistGradientBoostingClassifier"

BOOSTING = ("catboost", "lightgbm", "xgboost")
"""Libraries whose classifiers it can stand in for: the same kind of model."""

_TRANSLATED = {
    "n_estimators": "max_iter",
    "learning_rate": "learning_rate",
    "num_leaves": "max_leaf_nodes",
    "max_depth": "max_depth",
    "min_child_samples": "min_samples_leaf",
    "reg_lambda": "l2_regularization",
    "random_state": "random_state",
    "seed": "random_state",
}
_ABOUT_RUNNING = {
    *("deterministic", "force_col_wise", "force_row_wise"),
    *("n_jobs", "num_threads", "verbose", "verbosity"),
}


def translated(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters under the names that the stand-in has for them; others are left out.

    Early stopping is off: it would hold out rows at random, which mixes times.

    >>> translated({"n_estimators": 50, "max_depth": -1, "subsample": 0.5})
    {'early_stopping': False, 'max_iter': 50}
    """
    given = {_TRANSLATED[name]: value for name, value in params.items() if name in _TRANSLATED}
    if (given.get("max_depth") or -1) < 1:  # LightGBM writes "no limit" as -1
        given.pop("max_depth", None)
    return {"early_stopping": False, **given}


def note(import_path: str, params: Mapping[str, Any], error: Exception) -> str:
    """One sentence for summary and manifest: what stands in for what, why, and what was lost."""
    library = import_path.partition(".")[0]
    text = f"{PATH} stands in for {import_path}, because {library} cannot be loaded ({error})"
    lost = sorted(set(params) - set(_TRANSLATED) - _ABOUT_RUNNING)
    return f"{text}; it has no counterpart of {', '.join(lost)}" if lost else text
