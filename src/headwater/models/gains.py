"""What a column adds to what is predicted already: gains on rows that taught it nothing.

A column is cut into bins; each bin moves the score of its rows by Newton's steps, shrunk towards
none, as a leaf of a boosted tree does. The steps are learned from the earlier half of the rows and
from one half of the entities, and the gain is how much less the loss is in the later half, for the
other entities: neither a trend nor a trait of single entities counts as a gain. Intervals come from
the sums of each entity, since its rows are not independent; what is taken has to be more than luck
among as many columns as were asked, so that of many useless ones not the luckiest is taken.
Everything here depends on the columns and the seed alone, not on threads or how long it took.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from headwater.kernel.pool import in_order

BINS = 8
FINE_BINS = 16
"""Into which columns are cut to see whether a cross of them says more than they do apart."""
SHRINKAGE = 20.0
"""So many rows without a gain stand in each bin."""
WORTH = 1e-3
"""The least share of the loss for which a column is taken, however sure it is."""
CHEAP = 0.01
"""Milliseconds per row below which costs count as the same."""
_FEW = 20
"""Fewer entities are not halved: too few would be left to learn from."""
_AGAIN = 3
"""So many times the number of columns that are to be named are looked at again."""
_TURNS = 6
"""Newton's steps; more change nothing that counts."""
_RISK = 0.01
"""How likely at most one of all columns is taken that adds nothing."""
_Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Gain:
    """What a column adds.

    Args:
        name: The column.
        gain: The mean fall of the loss: nats for a label of two values, else squared units of it.
        low: The lower end of its 95 % interval.
        high: The upper end.
        share: The gain as a share of the loss without the column.
        ms_per_row: What computing it costs.
        bytes_per_row: What keeping it takes.
    """

    name: str
    gain: float
    low: float
    high: float
    share: float
    ms_per_row: float
    bytes_per_row: float


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column as bins.

    Args:
        name: What it is called.
        codes: The bin of each row.
        ms_per_row: What computing it costs.
        bytes_per_row: What keeping it takes.
    """

    name: str
    codes: Any
    ms_per_row: float = 0.0
    bytes_per_row: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What was taken of many columns.

    Args:
        gains: In the order of choice.
        rows: With what the taken ones add in their scores.
        too_dear: The columns that added something and would have gone over the budget.
    """

    gains: tuple[Gain, ...]
    rows: Rows
    too_dear: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows with labels, halved twice.

    Args:
        label: 0 and 1, or numbers.
        entities: The code of each row's entity, from 0.
        is_later: Whether a row is in the later half.
        is_binary: Whether the label has two values.
        folds: What learns and what is asked: pairs of masks.
        scores: What is predicted so far for each pair, log odds or values.
    """

    label: Any
    entities: Any
    is_later: Any
    is_binary: bool
    folds: Sequence[tuple[Any, Any]]
    scores: Sequence[Any] = ()

    @classmethod
    def of(cls, label: Any, entities: Any, moments: Any, *, seed: int) -> Rows:
        """Rows without a score beyond their base rate.

        Args:
            label: Float64; 0 and 1 are two values, others are numbers.
            entities: Codes from 0.
            moments: Int64, of which the later half is asked.
            seed: Decides which entities are in which half.
        """
        later = moments > np.sort(moments)[(len(moments) - 1) // 2]
        count = int(entities.max()) + 1
        if count < _FEW:
            folds = [(~later, later)]
        else:
            side = np.random.default_rng(seed).permutation(count)[entities] % 2
            folds = [(~later & (side != k), later & (side == k)) for k in (0, 1)]
        is_binary = bool(np.isin(label, (0.0, 1.0)).all())
        rows = cls(label, entities, later, is_binary, folds)
        return replace(rows, scores=[rows._base(learns) for learns, _ in folds])

    @property
    def can_tell(self) -> bool:
        """Whether every half has rows, and the label varies where it is learned."""
        return all(
            asked.any() and learns.any() and len(np.unique(self.label[learns])) > 1
            for learns, asked in self.folds
        )

    def _base(self, learns: Any) -> Any:
        rate = self.label[learns].mean() if learns.any() else 0.5
        if self.is_binary:
            rate = min(max(rate, 1e-6), 1 - 1e-6)
            rate = np.log(rate / (1 - rate))
        return np.full(len(self.label), rate)

    def loss(self, score: Any, which: Any) -> Any:
        """The loss of each of some rows.

        Args:
            score: Of these rows.
            which: A mask that says which they are.
        """
        label = self.label[which]
        if not self.is_binary:
            return (label - score) ** 2
        return np.logaddexp(0.0, score) - label * score

    def step(self, codes: Any, learns: Any, score: Any) -> Any:
        """How each row's score moves by its bin, learned from the rows that may teach."""
        size, moves = int(codes.max()) + 1, np.zeros(int(codes.max()) + 1)
        label, bins, taught = self.label[learns], codes[learns], score[learns]
        for _ in range(_TURNS if self.is_binary else 1):
            residual, weight = self._pull(label, taught + moves[bins])
            pull = np.bincount(bins, residual, size)
            mass = np.bincount(bins, weight, size)
            ridge = SHRINKAGE * max(float(weight.mean()), 1e-9)
            moves += (pull - ridge * moves) / (mass + ridge)
        return moves[codes]

    def level(self, score: Any, asked: Any) -> Any:
        """The scores of the rows that are asked, moved alike so that they are right on average.

        How often a label occurs may change with time; a column that only says so gains nothing.
        """
        label, score = self.label[asked], score[asked]
        for _ in range(_TURNS):
            residual, weight = self._pull(label, score)
            score = score + residual.sum() / max(float(weight.sum()), 1e-9)
        return score

    def _pull(self, label: Any, score: Any) -> tuple[Any, Any]:
        """The slope of the loss, downwards, and how fast it changes."""
        if not self.is_binary:
            return label - score, np.ones(len(score))
        rate = 1 / (1 + np.exp(-score))
        return label - rate, rate * (1 - rate)

    def moved(self, column: Column) -> Rows:
        """With what this column adds in the scores."""
        scores = [
            score + self.step(column.codes, learns, score)
            for (learns, _), score in zip(self.folds, self.scores, strict=True)
        ]
        return replace(self, scores=scores)


def bins_of(values: pl.Series, learns: Any, *, bins: int = BINS) -> Any:
    """The bin of each value: quantiles of numbers, the most frequent of others, null apart.

    Args:
        values: Any type that orders or repeats.
        learns: The rows whose values decide about bins.
        bins: How many, besides that of null and, where values are no numbers, that of all others.
    """
    if values.dtype.is_numeric() or values.dtype.is_temporal() or values.dtype == pl.Boolean:
        return _bins_of_numbers(values.to_physical().cast(pl.Float64).to_numpy(), learns, bins)
    text = values.cast(pl.String)
    counts = text.filter(pl.Series(learns)).drop_nulls().value_counts(sort=True)
    known = counts.sort("count", text.name, descending=[True, False])[text.name].head(bins)
    codes = text.replace_strict(known, range(2, 2 + known.len()), default=1, return_dtype=pl.Int64)
    return codes.set(text.is_null(), 0).to_numpy()


def _bins_of_numbers(numbers: Any, learns: Any, bins: int) -> Any:
    is_known = ~np.isnan(numbers)
    taught = numbers[learns & is_known]
    if not len(taught):
        return is_known.astype(np.int64)
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    edges = np.unique(np.quantile(taught, inner, method="nearest"))
    codes = 1 + np.searchsorted(edges, np.where(is_known, numbers, 0.0), "right")
    return np.where(is_known, codes, 0)


def gain_of(column: Column, rows: Rows, *, among: int) -> tuple[Gain, bool]:
    """What one column adds to the scores, and whether that is more than luck.

    Args:
        column: With bins.
        rows: With what is predicted so far.
        among: How many columns are asked, of which this is one.
    """
    before, after = np.zeros(len(rows.label)), np.zeros(len(rows.label))
    asked = np.zeros(len(rows.label), np.bool_)
    for (learns, is_asked), score in zip(rows.folds, rows.scores, strict=True):
        moved = score + rows.step(column.codes, learns, score)
        before[is_asked] = rows.loss(rows.level(score, is_asked), is_asked)
        after[is_asked] = rows.loss(rows.level(moved, is_asked), is_asked)
        asked |= is_asked
    gain, error = _mean((before - after)[asked], rows.entities[asked])
    luck = NormalDist().inv_cdf(1 - _RISK / max(among, 1))
    loss = before[asked].mean()
    found = Gain(
        column.name,
        gain,
        gain - _Z95 * error,
        gain + _Z95 * error,
        float(gain / loss) if loss > 0 else 0.0,
        column.ms_per_row,
        column.bytes_per_row,
    )
    return found, gain - luck * error > 0 and found.share >= WORTH


def taught(column: Column, rows: Rows) -> float:
    """What a column adds to the loss of the rows that teach it, in all.

    Rows that are asked have no part in it, so that what is chosen by this owes them nothing.
    """
    fall = 0.0
    for (learns, _), score in zip(rows.folds, rows.scores, strict=True):
        moved = score + rows.step(column.codes, learns, score)
        fall += float((rows.loss(score[learns], learns) - rows.loss(moved[learns], learns)).sum())
    return fall


def _mean(values: Any, entities: Any) -> tuple[float, float]:
    """The mean, and its standard error where rows of an entity go together."""
    mean = float(values.mean())
    sums = np.bincount(entities, values - mean)
    by_entity = np.sqrt((sums**2).sum()) / len(values)
    by_row = values.std() / np.sqrt(len(values))
    return mean, float(max(by_entity, by_row, np.finfo(np.float64).tiny))


def chosen(
    columns: Sequence[Column],
    rows: Rows,
    *,
    most: int,
    most_ms_per_row: float = math.inf,
    among: int | None = None,
    threads: int = 1,
) -> Choice:
    """The columns that add something, each beyond those before it, the cheapest gain first.

    Costs count in classes, each twice the one before, so that two measurements of one machine
    seldom differ in what comes first.

    Args:
        columns: The candidates.
        rows: With what is predicted already.
        most: How many to take.
        most_ms_per_row: What those that are taken may cost together.
        among: How many there were where these are not all.
        threads: On how many columns are judged at a time.
    """
    among = among or len(columns)
    left: Mapping[str, Column] = {column.name: column for column in columns}
    taken: list[Gain] = []
    too_dear: dict[str, None] = {}
    spent = 0.0
    while left and len(taken) < most:
        found = [gain for gain, is_more in _judged(left, rows, among, threads) if is_more]
        too_dear |= {gain.name: None for gain in found if spent + gain.ms_per_row > most_ms_per_row}
        found = [gain for gain in found if gain.name not in too_dear]
        if not found:
            break
        best = max(found, key=lambda gain: (gain.gain / _cost_class(gain), gain.name))
        taken.append(best)
        spent += best.ms_per_row
        rows = rows.moved(left[best.name])
        left = {gain.name: left[gain.name] for gain in found if gain.name != best.name}
    return Choice(tuple(taken), rows, tuple(too_dear))


def says_more(column: Column, parents: Sequence[Column], rows: Rows, *, among: int) -> bool:
    """Whether a column adds something beyond others, each by itself: more than luck.

    What only cuts one of its parents finer does not, once that is cut as fine.

    Args:
        column: Made of its parents.
        parents: In `FINE_BINS`.
        rows: With what is predicted without any of them.
        among: How many such columns are asked.
    """
    for parent in (*parents, *parents):  # the second time undoes what shrinkage left
        rows = rows.moved(parent)
    return gain_of(column, rows, among=among)[1]


def importance(columns: Sequence[Column], rows: Rows, *, threads: int = 1) -> Choice:
    """What each column adds beyond those before it, the largest first; all of them are listed.

    Args:
        columns: What a quick model may read.
        rows: With what is predicted without them.
        threads: On how many columns are judged at a time.
    """
    choice = chosen(columns, rows, most=len(columns), threads=threads)
    named = {gain.name for gain in choice.gains}
    left = {column.name: column for column in columns if column.name not in named}
    rest = [gain for gain, _ in _judged(left, choice.rows, len(columns), threads)]
    rest.sort(key=lambda gain: (-gain.gain, gain.name))
    return replace(choice, gains=(*choice.gains, *rest))


def leading(columns: Sequence[Column], rows: Rows, *, most: int, threads: int = 1) -> list[str]:
    """The columns of which the rows that teach say most, each beyond those before it.

    Args:
        columns: The candidates; the best few times `most` by themselves are looked at again.
        rows: With what is predicted already.
        most: How many to name, at most.
        threads: On how many columns are judged at a time.
    """
    left = list(columns)
    named: list[str] = []
    while left and len(named) < most:
        falls = in_order(partial(taught, rows=rows), left, threads)
        ranked = sorted(zip(falls, left, strict=True), key=lambda one: (-one[0], one[1].name))
        best = ranked[0][1]
        named.append(best.name)
        rows = rows.moved(best)
        left = [column for _, column in ranked[1 : _AGAIN * most]]
    return named


def _judged(
    left: Mapping[str, Column], rows: Rows, among: int, threads: int
) -> list[tuple[Gain, bool]]:
    judge = partial(gain_of, rows=rows, among=among)
    return in_order(judge, list(left.values()), threads)


def _cost_class(gain: Gain) -> float:
    return 2.0 ** math.ceil(math.log2(max(gain.ms_per_row, CHEAP)))
