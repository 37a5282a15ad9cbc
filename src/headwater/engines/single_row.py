"""One row asks a history that stands: the passes with their arguments laid out beforehand.

For one row over some hundred events, looking at arrays and making columns takes longer than the
passes themselves. So the arrays that a question and its results stand in are made once, and the
calls are bound to them; a question is written in, all passes are called, and results of one type
become one column that is cut into those of the features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import LISTS, VALUE
from headwater.engines.composites import composed, folded
from headwater.engines.decimals import digits_of
from headwater.engines.passes import pass_of, write_ties
from headwater.engines.values import from_results
from headwater.engines.visibility import Visibility
from headwater.engines.windows import Fold
from headwater.kernel.compile import bound
from headwater.plan.views import FeaturePlan, ViewPlan


@dataclass(frozen=True, slots=True, eq=False)
class _Results:
    """What one or several folds write, whose features are made in the same way."""

    features: Sequence[FeaturePlan]
    out: Any
    status: Any
    values: pl.Series
    into: Any


class SingleRow:
    """A place to ask one question at a time; threads need one each.

    Args:
        plan: The features.
        seen: The rows; its spine is of no meaning.
        made: What is folded.
        is_told: Whether questions say by when rows have to be known.
    """

    def __init__(
        self, plan: ViewPlan, seen: Visibility, made: Sequence[Fold], *, is_told: bool = False
    ) -> None:
        nought = np.zeros(1, np.int64)
        self._as_of, self._groups = np.zeros(1, np.int64), np.array([[0, 0, 0, 1]])
        asked = replace(seen.arranged, spine=nought, as_of=self._as_of, groups=self._groups)
        self._known_by = np.zeros(1, np.int64) if is_told else None
        self._seen = seen.asking(asked, self._known_by)
        self._rows = asked.rows
        self._features = plan.features
        self._status = np.zeros((len(folded(plan.features)), 1), np.uint8)
        self._calls: list[Callable[[], Any]] = []
        self._results: list[_Results] = []
        for folds in _made_alike(made):
            self._lay_out(folds)
        self._calls[:0] = self._seen.bound_edges()
        self._is_composed = any(feature.parts for feature in plan.features)
        places = {f.column: i for i, f in enumerate(f for r in self._results for f in r.features)}
        self._order = [places[feature.column] for feature in folded(plan.features)]

    def _lay_out(self, folds: Sequence[Fold]) -> None:
        """Bind the passes of folds whose results become one column."""
        features = [feature for fold in folds for feature in fold.features]
        start = sum(len(results.features) for results in self._results)
        status = self._status[start : start + len(features)]
        out = np.zeros((len(features), 1), folds[0].given.out)
        first, into = 0, None
        for fold in folds:
            own = slice(first, first + len(fold.features))
            found = pass_of(fold.given, self._seen, fold.features[0].mask, fold.limits)
            into = found.into
            self._calls.append(bound(found.fold, *found.rows, self._groups, out[own], status[own]))
            tied = self._seen.ties_at_starts(fold.limits, fold.features[0].mask)
            if tied is not None:
                self._calls.append(partial(write_ties, tied, out[own], status[own]))
            first = own.stop
        self._results.append(_Results(features, out, status, folds[0].given.values, into))

    def answers(
        self, edges: tuple[int, int], moment: int, known_by: int | None = None
    ) -> list[pl.Series] | None:
        """A column per feature; None where a tie or an overflow has to be reported.

        Args:
            edges: Where the rows of the entity begin and end.
            moment: Int64 microseconds.
            known_by: The same; by when rows have to be known, where that is told.
        """
        self._as_of[0] = moment
        if self._known_by is not None and known_by is not None:
            self._known_by[0] = known_by
        self._groups[0, :2] = edges
        for call in self._calls:
            call()
        if (self._status > VALUE).any():
            return None
        found: list[pl.Series] = []
        for one in self._results:
            out = one.out.copy()  # a column may be made of the very array that it is given
            into = None if one.into is None else one.into.copy()
            found += from_results(
                one.features, out, one.status, values=one.values, rows=self._rows, into=into
            )
        found = [found[place] for place in self._order]
        if not self._is_composed:
            return found
        return composed(self._features, {column.name: column for column in found})


def _made_alike(made: Sequence[Fold]) -> list[list[Fold]]:
    """Folds together whose results become columns in the same way, which one call can do."""
    shared: dict[Any, list[Fold]] = {}
    for fold in made:
        feature = fold.features[0]
        aggregation = feature.aggregation
        if aggregation.returns in ("row", *LISTS):
            key: Any = id(fold)
        else:
            digits = digits_of(aggregation, feature.value_type)
            key = fold.given.out, aggregation.when_empty, feature.dtype, digits
        shared.setdefault(key, []).append(fold)
    return list(shared.values())
