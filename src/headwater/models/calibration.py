"""Calibration: whether rows that are given a probability of 0.3 come true three times in ten.

Rows are put into bins of equal size by score. Rows of one group (a day, a customer) share luck, so
the interval of a bin's share counts fewer rows than it has where its groups differ more than single
rows would (Rao and Scott, 1992); the interval is then Wilson's. There is no chance in any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.models.metrics import Floats, Integers, checked
from headwater.models.resampling import grouped

BINS = 10
_NORMAL_95 = 1.959963984540054
_MEAN_OF_HALF_NORMAL = float(np.sqrt(2 / np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class _Bin:
    """The rows of one bin: labels, scores and group numbers."""

    label: Integers
    score: Floats
    group: Integers | None

    @property
    def share(self) -> float:
        return float(self.label.mean())

    @property
    def mean_score(self) -> float:
        return float(self.score.mean())

    def independent_rows(self) -> float:
        """How many rows drawn one by one would tell as much about the share as these do."""
        rows, share = len(self.label), self.share
        alone = share * (1 - share) / rows
        if self.group is None:
            return float(rows)
        _, numbered = np.unique(self.group, return_inverse=True)
        clusters = int(numbered.max()) + 1
        if alone == 0 or clusters < 2:
            return float(rows)
        off = np.bincount(numbered, weights=self.label - share)
        together = clusters / (clusters - 1) * float(np.sum(off**2)) / rows**2
        return rows / max(1.0, together / alone)


def calibration(
    label: NDArray[Any],
    score: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    bins: int = BINS,
) -> dict[str, Any]:
    """A reliability table with what it sums up to, as plain values.

    The Brier score is `reliability - resolution + uncertainty + within_bins` (Stephenson, Coelho
    and Jolliffe, 2008): how far the bins' shares lie from their scores, how far from each other,
    what the labels alone bring, and what the scores do inside the bins.

    Args:
        label: Zeros and ones, one a row.
        score: The probability of a one.
        groups: What each row belongs to; None for rows that have nothing in common.
        bins: How many bins; equal scores stay together, so there may be fewer.

    Returns:
        `bins` (each with `low`, `high`, `rows`, `score`, `share`, `share_low`, `share_high`),
        `score` and `share` of all rows, `brier`, `reliability`, `resolution`, `uncertainty`,
        `within_bins`, `ece` (the mean distance of a bin's share from its score) and `ece_by_chance`
        (what it would be on average for a perfect score, from luck alone). Or `undefined`, the
        reason why there is none.

    Raises:
        DataError: As `metrics`.

    >>> found = calibration(np.array([0, 1, 1, 1]), np.array([0.5, 0.5, 0.75, 0.75]), bins=2)
    >>> [(one["score"], one["share"]) for one in found["bins"]], found["ece"]
    ([(0.5, 0.5), (0.75, 1.0)], 0.125)
    """
    truth, value = checked(label, score)
    if not len(truth):
        return {"undefined": "there are no rows"}
    if value.min() < 0 or value.max() > 1:
        return {"undefined": "the score is not a probability"}
    codes = None if groups is None else grouped(groups, len(truth))[0]
    found = list(_bins(truth, value, codes, bins))
    return {"bins": [_described(one) for one in found], **_summed(truth, value, found)}


def _bins(truth: Integers, value: Floats, codes: Integers | None, bins: int) -> Iterator[_Bin]:
    """The rows in bins of about equal size; a run of equal scores goes where its middle lies."""
    order = np.argsort(value, kind="stable")
    ranked = value[order]
    first = np.searchsorted(ranked, ranked, side="left")
    after = np.searchsorted(ranked, ranked, side="right")
    place = ((first + after - 1) * bins) // (2 * len(ranked))
    for number in np.unique(place):
        rows = order[place == number]
        yield _Bin(truth[rows], value[rows], None if codes is None else codes[rows])


def _described(one: _Bin) -> dict[str, Any]:
    low, high = _wilson(one.share, one.independent_rows())
    return {
        "low": float(one.score.min()),
        "high": float(one.score.max()),
        "rows": len(one.label),
        "score": one.mean_score,
        "share": one.share,
        "share_low": low,
        "share_high": high,
    }


def _summed(truth: Integers, value: Floats, bins: list[_Bin]) -> dict[str, float]:
    weight = np.array([len(one.label) for one in bins]) / len(truth)
    share = np.array([one.share for one in bins])
    score = np.array([one.mean_score for one in bins])
    chance = np.array([_chance(one) for one in bins])
    overall = float(truth.mean())
    return {
        "score": float(np.sum(value) / len(value)),
        "share": overall,
        "brier": float(np.mean((value - truth) ** 2)),
        "reliability": float(np.sum(weight * (score - share) ** 2)),
        "resolution": float(np.sum(weight * (share - overall) ** 2)),
        "uncertainty": overall * (1 - overall),
        "within_bins": float(np.sum(weight * np.array([_within(one) for one in bins]))),
        "ece": float(np.sum(weight * np.abs(score - share))),
        "ece_by_chance": float(np.sum(weight * chance)),
    }


def _within(one: _Bin) -> float:
    """Spread of the scores inside a bin, less twice what it has in common with the labels."""
    off = one.score - one.mean_score
    return float(np.mean(off**2) - 2 * np.mean(off * (one.label - one.share)))


def _chance(one: _Bin) -> float:
    """The mean distance of a share from its true value, were that the bin's score."""
    spread = one.mean_score * (1 - one.mean_score) / one.independent_rows()
    return _MEAN_OF_HALF_NORMAL * float(np.sqrt(spread))


def _wilson(share: float, rows: float) -> tuple[float, float]:
    """The 95 % interval of a share of so many rows, as Wilson gives it."""
    square = _NORMAL_95**2 / rows
    middle = (share + square / 2) / (1 + square)
    spread = float(np.sqrt(share * (1 - share) / rows + square / rows / 4))
    half = _NORMAL_95 / (1 + square) * spread
    # rounding must not leave the share itself outside
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))
