"""Estimators by import path, made so that the same rows and seed give the same bytes.

Any class with scikit-learn's `fit` and `predict_proba` will do. Where a boosting library cannot be
loaded (not installed, or its shared library does not open), scikit-learn's histogram boosting
stands in, and a note says so: the caller shows it in the summary and keeps it in the manifest.
"""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headwater.errors import DataError, EngineError, Place, SpecError
from headwater.models import stand_in
from headwater.models.import_paths import class_at, unknown
from headwater.models.parameters import check_parameters

# OpenMP threads spin while they wait, which makes a fit many times slower on a busy machine. This
# is read when the first library that uses OpenMP is loaded; it changes no result.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

try:
    from sklearn.utils import get_tags
except ImportError as missing:
    raise EngineError(
        "HW501",
        "training a model needs scikit-learn, which is not installed",
        hint="pip install 'headwater[learn]'",
    ) from missing

Floats = NDArray[np.float64]

THREADS = 2

_DETERMINISTIC: dict[str, tuple[Any, frozenset[str]]] = {
    "deterministic": (True, frozenset()),
    "force_row_wise": (True, frozenset({"force_col_wise"})),
    "n_jobs": (THREADS, frozenset({"num_threads", "num_thread", "nthread", "nthreads"})),
    "random_state": (None, frozenset({"seed", "random_seed"})),
    "verbosity": (-1, frozenset({"verbose"})),
}
"""What LightGBM is given unless the user gave it or one of its other names; None is the seed."""


def load(
    import_path: str,
    params: Mapping[str, Any],
    *,
    seed: int,
    fallback: bool = True,
    place: Place | str | None = None,
) -> tuple[Any, str]:
    """A fresh estimator, and a note that is empty unless another one stands in.

    Args:
        import_path: Such as "lightgbm.LGBMClassifier"; any scikit-learn compatible classifier.
        params: Given to the class as they are; deterministic settings are added where absent.
        seed: Decides all chance in fitting, unless `params` decide it.
        fallback: Whether another boosting may stand in for one that cannot be loaded.
        place: Where the model was defined, for errors.

    Raises:
        SpecError: The path or the parameters do not make a classifier (HW701).
        EngineError: The library cannot be loaded and nothing stands in (HW501).

    >>> load("sklearn.linear_model.LogisticRegression", {"C": 0.5}, seed=1)
    (LogisticRegression(C=0.5, random_state=1), '')
    """
    seed = seed % 2**31  # LightGBM keeps seeds in 32 bits with a sign
    try:
        made = class_at(import_path, place)
    except (ImportError, OSError) as error:
        library = import_path.partition(".")[0]
        if library not in stand_in.BOOSTING:
            raise unknown(import_path, place, error) from error
        if not fallback:
            raise _not_loaded(library, place, error) from error
        made, given = class_at(stand_in.PATH, place), stand_in.translated(params)
        estimator = _make(made, stand_in.PATH, _settled(made, given, seed), place)
        return estimator, stand_in.note(import_path, params, error)
    check_parameters(made, params, import_path=import_path, place=place)
    return _make(made, import_path, _settled(made, params, seed), place), ""


def matrix(frame: pl.DataFrame, estimator: Any, *, place: Place | str | None = None) -> Floats:
    """The columns as one contiguous matrix of floats, nulls as NaN.

    Raises:
        SpecError: A column is not numeric, or holds nulls that the estimator cannot take (HW704).
    """
    foreign = [
        name
        for name, dtype in frame.schema.items()
        if not (dtype.is_numeric() or dtype == pl.Boolean)
    ]
    if foreign:
        raise SpecError(
            "HW704",
            f"{_title(estimator)} takes numbers, and these columns are not: {_few(foreign)}",
            place=place,
            hint="encode them in the recipe, for example with EncodeOneHot",
        )
    wide = frame.select(pl.all().cast(pl.Float64))
    values = np.ascontiguousarray(wide.to_numpy(), dtype=np.float64)
    # an estimator without tags decides for itself
    if hasattr(estimator, "__sklearn_tags__") and not get_tags(estimator).input_tags.allow_nan:
        _refuse_nan(values, frame.columns, estimator, place)
    return values


def fit(
    estimator: Any, rows: Floats, label: NDArray[Any], *, place: Place | str | None = None
) -> Any:
    """The estimator, fitted.

    Raises:
        DataError: The rows hold a single class (HW702).
        SpecError: The estimator refuses its parameters or these rows (HW704).
    """
    classes = np.unique(label)
    if len(classes) < 2:
        only = "no rows" if not len(classes) else f"only the label {classes[0]}"
        raise DataError("HW702", f"the training part holds {only}", place=place)
    try:
        return estimator.fit(rows, np.asarray(label))
    except _refusals(estimator) as error:
        raise SpecError(
            "HW704", f"{_title(estimator)} cannot be fitted: {error}", place=place
        ) from error


def predict_probability(estimator: Any, rows: Floats) -> Floats:
    """The probability of label 1, one a row; no rows give an empty array."""
    if not len(rows):
        return np.empty(0, dtype=np.float64)
    column = [int(value) for value in estimator.classes_].index(1)
    return np.ascontiguousarray(estimator.predict_proba(rows)[:, column], dtype=np.float64)


def scorer(
    estimator: Any,
    train: pl.DataFrame,
    *,
    label: NDArray[Any],
    place: Place | str | None = None,
) -> Callable[[pl.DataFrame], Floats]:
    """What gives rows the probability of label 1, after fitting on `train`.

    It takes frames with the columns of `train`, in any order.

    Args:
        estimator: As `load` makes it.
        train: Features only, prepared.
        label: Zeros and ones, one a row of `train`.
        place: Where the model was defined, for errors.
    """
    fitted = fit(estimator, matrix(train, estimator, place=place), label, place=place)
    columns = train.columns

    def score(frame: pl.DataFrame) -> Floats:
        return predict_probability(fitted, matrix(frame.select(columns), fitted, place=place))

    return score


def fit_predict(
    estimator: Any,
    train: pl.DataFrame,
    *,
    label: NDArray[Any],
    parts: Mapping[str, pl.DataFrame],
    place: Place | str | None = None,
) -> dict[str, Floats]:
    """The probability of label 1 for the rows of each part, after fitting on `train`."""
    score = scorer(estimator, train, label=label, place=place)
    return {part: score(frame) for part, frame in parts.items()}


def _make(made: Any, import_path: str, params: Mapping[str, Any], place: Place | str | None) -> Any:
    try:
        estimator = made(**params)
    except (TypeError, ValueError) as error:
        raise SpecError("HW701", f"{import_path} cannot be made: {error}", place=place) from error
    if not hasattr(estimator, "predict_proba"):
        raise SpecError(
            "HW701",
            f"{import_path} gives no probabilities",
            place=place,
            hint="use a classifier with predict_proba",
        )
    return estimator


def _settled(made: Any, params: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The user's parameters, and what makes fitting repeatable where they leave it open."""
    if _library(made) == "lightgbm":
        added = {
            name: seed if value is None else value
            for name, (value, other_names) in _DETERMINISTIC.items()
            if not ({name} | other_names) & set(params)
        }
        return {**params, **added}
    if "random_state" in inspect.signature(made).parameters:
        return {"random_state": seed, **params}
    return dict(params)


def _not_loaded(library: str, place: Place | str | None, error: Exception) -> EngineError:
    return EngineError(
        "HW501",
        f"{library} cannot be loaded: {error}",
        place=place,
        hint="pip install 'headwater[learn]'",
    )


def _refuse_nan(
    values: Floats, columns: list[str], estimator: Any, place: Place | str | None
) -> None:
    holed = [columns[number] for number in np.flatnonzero(np.isnan(values).any(axis=0))]
    if holed:
        raise SpecError(
            "HW704",
            f"{_title(estimator)} takes no missing values, and these columns have some: "
            f"{_few(holed)}",
            place=place,
            hint="fill them in the recipe, for example with ImputeMedian",
        )


def _refusals(estimator: Any) -> tuple[type[Exception], ...]:
    """What an estimator raises when it refuses rows or parameters."""
    if _library(type(estimator)) == "lightgbm":
        return ValueError, TypeError, importlib.import_module("lightgbm.basic").LightGBMError
    return ValueError, TypeError


def _library(made: Any) -> str:
    return str(made.__module__).partition(".")[0]


def _title(estimator: Any) -> str:
    return type(estimator).__name__


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
