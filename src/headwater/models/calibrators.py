"""Calibrators: what turns the scores of a model into probabilities, learned from validation rows.

A calibrator must learn from rows that the model did not learn from, and be judged on rows that it
did not learn from itself: so it learns from validation, and test alone says how good it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from headwater.models.metrics import EPSILON, Floats, checked

Calibrator = Callable[[Floats], Floats]


def calibrator(method: str, label: NDArray[Any], score: NDArray[Any]) -> Calibrator:
    """A function from scores to probabilities, learned from these rows.

    Args:
        method: `isotonic`, a rising step function (Zadrozny and Elkan, 2002), which needs some
            thousand rows; or `platt`, a line through the log odds (Platt, 1999), which needs few.
        label: Zeros and ones.
        score: The probability that the model gave each row.

    Raises:
        DataError: HW703, as `metrics`.

    >>> learned = calibrator("isotonic", np.array([0, 1, 0, 1]), np.array([0.2, 0.4, 0.6, 0.8]))
    >>> learned(np.array([0.0, 0.5, 1.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    truth, value = checked(label, score)
    made = {"isotonic": _isotonic, "platt": _platt}[method](truth.astype(np.float64), value)

    def calibrated(scores: Floats) -> Floats:
        return made(scores) if len(scores) else np.empty(0)

    return calibrated


def _isotonic(label: Floats, score: Floats) -> Calibrator:
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(score, label)
    return lambda scores: np.asarray(fitted.predict(scores), dtype=np.float64)


def _platt(label: Floats, score: Floats) -> Calibrator:
    """With Platt's targets, a little off 0 and 1, so that a perfect score is not made certain."""
    ones = float(label.sum())
    target = np.where(label == 1, (ones + 1) / (ones + 2), 1 / (len(label) - ones + 2))
    odds = _log_odds(score)
    fitted = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1_000).fit(
        np.concatenate([odds, odds]),
        np.repeat([1, 0], len(label)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    return lambda scores: np.ascontiguousarray(fitted.predict_proba(_log_odds(scores))[:, 1])


def _log_odds(score: Floats) -> Floats:
    inside = np.clip(score, EPSILON, 1 - EPSILON)
    return np.log(inside / (1 - inside)).reshape(-1, 1)
