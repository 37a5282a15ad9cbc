"""Intervals of metrics by resampling whole groups with replacement.

Rows of one group (a day, a customer) share luck, so the group is what is drawn. A resample is a
count per group, which is a weight per row: nothing is copied and nothing is sorted again. All
scores are measured on the same resamples, so their differences are paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.errors import DataError
from headwater.models.metrics import (
    NAMES,
    Floats,
    Integers,
    Ranking,
    rank,
    row_losses,
    tallied_pr_auc,
    tallied_roc_auc,
    tally,
)

LEVEL = 0.95
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Each metric of each score on each resample; NaN where a resample left it undefined.

    Args:
        draws: score -> metric -> one value a resample.
        groups: The number of groups that were drawn from.
    """

    draws: Mapping[str, Mapping[str, Floats]]
    groups: int

    def interval(self, score: str, metric: str = "roc_auc") -> Interval | None:
        """The percentile interval of 95 %; None where it is undefined.

        One group cannot be resampled, so fewer than two give no interval.
        """
        return self._interval(self.draws[score][metric])

    def intervals(self, score: str) -> dict[str, Interval | None]:
        """The interval of every metric of one score."""
        return {metric: self.interval(score, metric) for metric in NAMES}

    def difference(self, score: str, other: str, *, metric: str = "roc_auc") -> Interval | None:
        """The interval of `score` minus `other`, resample by resample."""
        return self._interval(self.draws[score][metric] - self.draws[other][metric])

    def undefined(self, score: str, metric: str = "roc_auc") -> int:
        """The number of resamples that left a metric undefined; its interval is of the others."""
        return int(np.isnan(self.draws[score][metric]).sum())

    def _interval(self, values: Floats) -> Interval | None:
        defined = values[~np.isnan(values)]
        if self.groups < 2 or not len(defined):
            return None
        low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return float(low), float(high)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """One score, sorted once; its additive losses, summed once per group."""

    ranking: Ranking
    code: Integers
    losses: Mapping[str, Floats]

    def measure(self, counts: Integers, sizes: Integers) -> Iterator[tuple[str, float | None]]:
        counted = tally(self.ranking, counts[self.code])
        yield "roc_auc", tallied_roc_auc(counted)
        yield "pr_auc", tallied_pr_auc(counted)
        rows = int(np.sum(counts * sizes))
        for name, loss in self.losses.items():
            yield name, float(np.sum(counts * loss) / rows)


def bootstrap(
    label: NDArray[Any],
    scores: Mapping[str, NDArray[Any]],
    *,
    groups: NDArray[Any] | None = None,
    resamples: int = 500,
    generator: np.random.Generator,
) -> Bootstrap:
    """Every metric of every score on the same resamples.

    Args:
        label: Zeros and ones, one a row.
        scores: Named scores of those rows.
        groups: What each row belongs to (numbers, dates or texts); None draws single rows.
        resamples: How many times to draw.
        generator: Decides the draws; the same state gives the same result.

    Raises:
        DataError: As `metrics`, or `groups` has another length or a missing value (HW703).

    Reference:
        Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8.

    >>> label, score = np.array([0, 1, 0, 1] * 10), np.linspace(0, 1, 40)
    >>> found = bootstrap(label, {"model": score}, generator=np.random.default_rng(1))
    >>> found.difference("model", "model")
    (0.0, 0.0)
    """
    codes, number = grouped(groups, len(label))
    sizes = np.bincount(codes, minlength=number)
    prepared = {name: _prepare(label, score, codes, number) for name, score in scores.items()}
    draws = {name: {metric: np.full(resamples, np.nan) for metric in NAMES} for name in scores}
    for draw in range(resamples if number else 0):
        counts = np.bincount(generator.integers(0, number, number), minlength=number)
        for name, score in prepared.items():
            for metric, value in score.measure(counts, sizes):
                draws[name][metric][draw] = np.nan if value is None else value
    return Bootstrap(draws, number)


def _prepare(label: NDArray[Any], score: NDArray[Any], codes: Integers, number: int) -> _Prepared:
    ranking = rank(label, score)
    truth = np.asarray(label).astype(np.int64)
    losses = {"prevalence": truth.astype(np.float64)}
    losses |= row_losses(truth, np.asarray(score, dtype=np.float64))
    summed = {
        name: np.bincount(codes, weights=loss, minlength=number).astype(np.float64)
        for name, loss in losses.items()
    }
    return _Prepared(ranking, codes[ranking.order], summed)


def grouped(groups: NDArray[Any] | None, rows: int) -> tuple[Integers, int]:
    """A dense number for the group of each row, in the order of the groups' values; how many.

    Raises:
        DataError: HW703, the groups have another length or a missing value.
    """
    if groups is None:
        return np.arange(rows, dtype=np.int64), rows
    given = np.asarray(groups)
    if given.shape != (rows,):
        raise DataError("HW703", f"{rows} rows have groups of shape {given.shape}")
    # None is only found by looking; NaN and NaT are the values that differ from themselves
    missing = sum(value is None for value in given) if given.dtype == object else given != given
    number = int(np.sum(missing))
    if number:
        raise DataError("HW703", f"{number} of {rows} rows have no group", hint="fill the nulls")
    values, codes = np.unique(given, return_inverse=True)
    return codes.astype(np.int64), len(values)
