"""One row asks a history that stands: the passes with their arguments laid out beforehand.

For one row over some hundred events, looking at arrays and making columns takes longer than the
passes themselves. So the arrays that a question and its results stand in are made once, and the
calls are bound to them; a question is written in, all passes are called, and results of one type
become one column that is cut into those of the features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import VALUE
from headwater.engines.passes import pass_of
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


class SingleRow:
    """A place to ask one question at a time; threads need one each.

    Args:
        plan: The features.
        seen: The rows; its spine is of no meaning.
        made: What is folded.
    """

    def __init__(self, plan: ViewPlan, seen: Visibility, made: Sequence[Fold]) -> None:
        nought = np.zeros(1, np.int64)
        self._as_of, self._groups = np.zeros(1, np.int64), np.array([[0, 0, 0, 1]])
        asked = replace(seen.arranged, spine=nought, as_of=self._as_of, groups=self._groups)
        self._seen = seen.asking(asked, None)
        self._rows = asked.rows
        self._status = np.zeros((len(plan.features), 1), np.uint8)
        self._calls: list[Callable[[], Any]] = []
        self._results: list[_Results] = []
        for folds in _made_alike(made):
            self._lay_out(folds)
        self._calls[:0] = self._seen.bound_edges()
        places = {f.column: i for i, f in enumerate(f for r in self._results for f in r.features)}
        self._order = [places[feature.column] for feature in plan.features]

    def _lay_out(self, folds: Sequence[Fold]) -> None:
        """Bind the passes of folds whose results become one column."""
        features = [feature for fold in folds for feature in fold.features]
        start = sum(len(results.features) for results in self._results)
        status = self._status[start : start + len(features)]
        out = np.zeros((len(features), 1), folds[0].given.out)
        self._results.append(_Results(features, out, status, folds[0].given.values))
        first = 0
        for fold in folds:
            own = slice(first, first + len(fold.features))
            found = pass_of(fold.given, self._seen, fold.features[0].mask, fold.windows)
            self._calls.append(bound(found.fold, *found.rows, self._groups, out[own], status[own]))
            first = own.stop

    def answers(self, edges: tuple[int, int], moment: int) -> list[pl.Series] | None:
        """A column per feature; None where a tie or an overflow has to be reported.

        Args:
            edges: Where the rows of the entity begin and end.
            moment: Int64 microseconds.
        """
        self._as_of[0] = moment
        self._groups[0, :2] = edges
        for call in self._calls:
            call()
        if (self._status > VALUE).any():
            return None
        found: list[pl.Series] = []
        for one in self._results:
            out = one.out.copy()  # a column may be made of the very array that it is given
            found += from_results(one.features, out, one.status, values=one.values, rows=self._rows)
        return [found[place] for place in self._order]


def _made_alike(made: Sequence[Fold]) -> list[list[Fold]]:
    """Folds together whose results become columns in the same way, which one call can do."""
    shared: dict[Any, list[Fold]] = {}
    for fold in made:
        feature = fold.features[0]
        aggregation = feature.aggregation
        if aggregation.returns == "row":
            key: Any = id(fold)
        else:
            key = fold.given.out, aggregation.when_empty, feature.dtype
        shared.setdefault(key, []).append(fold)
    return list(shared.values())
