"""Metrics of a score against a label of zeros and ones: exact at ties, undefined said aloud.

A score is sorted once (`Ranking`); every metric of order is then a few passes over the weights in
that order (`tally`), so that a resample costs a weight per row and no sorting. Weights are whole
numbers: pairs are counted in 64-bit integers, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.errors import DataError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

NAMES = ("roc_auc", "pr_auc", "prevalence", "brier", "log_loss")
EPSILON = float(np.finfo(np.float64).eps)
_MOST_WEIGHT = 2**31  # beyond it, twice the number of pairs would not fit 64 bits


@dataclass(frozen=True, slots=True)
class Ranking:
    """The rows from the highest score to the lowest, and the runs of equal scores with positives.

    Args:
        order: Row numbers, highest score first.
        hits: The places in that order whose label is 1.
        runs: Where in `hits` each run of equal scores begins.
        first: The first place of each such run, label 1 or not.
        after: The place after the last of each such run.
    """

    order: Integers
    hits: Integers
    runs: Integers
    first: Integers
    after: Integers


@dataclass(frozen=True, slots=True)
class Tally:
    """Weights counted along a ranking; one entry for each distinct score that a positive row has.

    Args:
        found: Weight of the positive rows with this score.
        above: Weight of all rows with a higher score.
        upto: Weight of all rows with this score or a higher one.
        total: Weight of all rows.
    """

    found: Integers
    above: Integers
    upto: Integers
    total: int


def rank(label: NDArray[Any], score: NDArray[Any]) -> Ranking:
    """The ranking of a score.

    Raises:
        DataError: A label is not 0 or 1, or a score is NaN and so has no rank (HW703).
    """
    truth, value = checked(label, score)
    order = np.argsort(-value, kind="stable")
    ranked = value[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)])
    hits = np.flatnonzero(truth[order])
    run = np.searchsorted(starts, hits, side="right") - 1
    runs = np.flatnonzero(np.append(True, run[1:] != run[:-1])[: len(run)])
    held = run[runs]
    return Ranking(order, hits, runs, starts[held], np.append(starts[1:], len(order))[held])


def tally(ranking: Ranking, weights: Integers) -> Tally:
    """The weights counted along a ranking, without sorting.

    Args:
        ranking: As `rank` makes it.
        weights: In the ranking's order, adding up to less than 2**31.
    """
    summed = np.zeros(len(weights) + 1, dtype=np.int64)
    np.cumsum(weights, out=summed[1:])
    hit = weights[ranking.hits]
    found = np.add.reduceat(hit, ranking.runs) if len(hit) else hit
    return Tally(found, summed[ranking.first], summed[ranking.after], int(summed[-1]))


def tallied_roc_auc(tally: Tally) -> float | None:
    """The chance that a positive row ranks above a negative one, plus half the ties.

    Returns:
        None where either class has no weight.
    """
    positives = int(tally.found.sum())
    pairs = positives * (tally.total - positives)
    if not pairs:
        return None
    # each row below counts two halves and each row beside it one; positives against positives,
    # themselves included, then make exactly positives squared
    halves = int(np.sum(tally.found * (2 * tally.total - tally.above - tally.upto)))
    return (halves - positives * positives) / (2 * pairs)


def tallied_pr_auc(tally: Tally) -> float | None:
    """Average precision: precision at each distinct score, weighted by the recall it adds.

    Returns:
        None where either class has no weight: among positives alone any score would be perfect.
    """
    positives = np.cumsum(tally.found)
    if not len(positives) or positives[-1] in (0, tally.total):
        return None
    precision = positives / np.maximum(tally.upto, 1)  # without weight nothing is found either
    return float(np.sum(tally.found * precision) / positives[-1])


def roc_auc(
    label: NDArray[Any], score: NDArray[Any], *, weights: NDArray[Any] | None = None
) -> float | None:
    """Area under the receiver operating characteristic, ties counted as half.

    A ranking at random has one half. None where every label is the same.

    Reference:
        Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982.

    >>> roc_auc(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.9]))
    0.875
    """
    return tallied_roc_auc(_tally(label, score, weights))


def pr_auc(
    label: NDArray[Any], score: NDArray[Any], *, weights: NDArray[Any] | None = None
) -> float | None:
    """Area under precision and recall as average precision, without interpolation.

    A ranking at random has the prevalence. None where every label is the same.

    >>> pr_auc(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.9]))
    0.8333333333333333
    """
    return tallied_pr_auc(_tally(label, score, weights))


def brier(
    label: NDArray[Any], score: NDArray[Any], *, weights: NDArray[Any] | None = None
) -> float | None:
    """Mean squared distance of a probability from the label; None where it is no probability.

    >>> brier(np.array([0, 1]), np.array([0.0, 0.5]))
    0.125
    """
    truth, value = checked(label, score)
    return _mean(row_losses(truth, value).get("brier"), _weights(weights, len(truth)))


def log_loss(
    label: NDArray[Any], score: NDArray[Any], *, weights: NDArray[Any] | None = None
) -> float | None:
    """Mean negative log likelihood, probabilities clipped at `EPSILON` from 0 and 1.

    >>> round(log_loss(np.array([0, 1]), np.array([0.5, 0.5])), 6)
    0.693147
    """
    truth, value = checked(label, score)
    return _mean(row_losses(truth, value).get("log_loss"), _weights(weights, len(truth)))


def metrics(
    label: NDArray[Any], score: NDArray[Any], *, weights: NDArray[Any] | None = None
) -> dict[str, Any]:
    """Every metric of one score, and under `undefined` the reason for each that is None.

    Args:
        label: Zeros and ones (or booleans), one a row.
        score: Higher means more likely 1; `brier` and `log_loss` want a probability.
        weights: Whole numbers of at least 0; a row with weight 2 counts as two rows.

    Raises:
        DataError: A label is not 0 or 1, a score is NaN, or lengths differ (HW703).

    >>> found = metrics(np.array([1, 1]), np.array([0.5, 0.7]))
    >>> found["roc_auc"], found["undefined"]["roc_auc"]
    (None, 'every label is 1')
    """
    truth, value = checked(label, score)
    weight = _weights(weights, len(truth))
    counted = _tally(truth, value, weight)
    losses = row_losses(truth, value)
    found: dict[str, float | None] = {
        "roc_auc": tallied_roc_auc(counted),
        "pr_auc": tallied_pr_auc(counted),
        "prevalence": _mean(truth.astype(np.float64), weight),
        "brier": _mean(losses.get("brier"), weight),
        "log_loss": _mean(losses.get("log_loss"), weight),
    }
    missing = [name for name in NAMES if found[name] is None]
    return {**found, "undefined": {name: _reason(name, found["prevalence"]) for name in missing}}


def row_losses(truth: Integers, value: Floats) -> dict[str, Floats]:
    """What each row adds to `brier` and `log_loss`; nothing where a score is no probability."""
    if len(value) and not (value.min() >= 0.0 and value.max() <= 1.0):
        return {}
    clipped = np.clip(value, EPSILON, 1.0 - EPSILON)
    likelihood = np.where(truth == 1, clipped, 1.0 - clipped)
    return {"brier": (truth - value) ** 2, "log_loss": -np.log(likelihood)}


def _tally(label: NDArray[Any], score: NDArray[Any], weights: NDArray[Any] | None) -> Tally:
    ranking = rank(label, score)
    return tally(ranking, _weights(weights, len(label))[ranking.order])


def _mean(values: Floats | None, weights: Integers) -> float | None:
    # np.sum and not a dot product: BLAS adds in an order that depends on the number of threads
    total = int(weights.sum())
    return None if values is None or not total else float(np.sum(values * weights) / total)


def _reason(name: str, prevalence: float | None) -> str:
    if prevalence is None:
        return "there are no rows"
    if name in ("roc_auc", "pr_auc"):
        return f"every label is {prevalence:.0f}"
    return "the score is not a probability"


def checked(label: NDArray[Any], score: NDArray[Any]) -> tuple[Integers, Floats]:
    """Labels as integers and scores as floats.

    Raises:
        DataError: HW703, shapes differ, a label is not 0 or 1, or a score is NaN.
    """
    truth, value = np.asarray(label), np.asarray(score, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != value.shape:
        raise DataError(
            "HW703", f"label and score differ in shape: {truth.shape} and {value.shape}"
        )
    if not np.isin(truth, (0, 1)).all():
        raise DataError("HW703", "the label holds other values than 0 and 1")
    missing = int(np.isnan(value).sum())
    if missing:
        raise DataError(
            "HW703",
            f"{missing} of {len(value)} scores are null or NaN and cannot be ranked",
            hint="give each row a score, for example with fill_null in the rule",
        )
    return truth.astype(np.int64), value


def _weights(weights: NDArray[Any] | None, rows: int) -> Integers:
    if weights is None:
        return np.ones(rows, dtype=np.int64)
    given = np.asarray(weights)
    if given.shape != (rows,) or not np.issubdtype(given.dtype, np.integer):
        raise DataError("HW703", "weights are not one whole number a row")
    if rows and (given.min() < 0 or int(given.sum()) >= _MOST_WEIGHT):
        raise DataError("HW703", "weights are negative or add up to 2**31 or more")
    return given.astype(np.int64)
