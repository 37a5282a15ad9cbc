"""EncodeTarget: a category becomes the mean label of its training rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from headwater.aggregations.count import Count
from headwater.aggregations.mean import Mean
from headwater.kernel.row_operations import ColumnKind, RowOperation, look_up
from headwater.steps.base import LABEL, Grouped, OutOfFoldStep, Statistic

_PRIOR = "prior"


@dataclass(frozen=True, slots=True)
class EncodeTarget(OutOfFoldStep):
    """Replace a category by the mean label of the training rows that have it, drawn to the prior.

    The value is the m-estimate `(count * mean + smoothing * prior) / (count + smoothing)`, the
    prior being the mean label of all training rows. A training row gets the value that the other
    folds give it (see `OutOfFoldStep`), never its own label; any other row gets that of all
    training rows.

    Nulls and unseen values, those that training never had, become the prior. Without any label in
    the training rows, so for empty input too, it is an error (HW602). What is learned for serving
    does not depend on the order of rows; which fold a training row falls into does.

    Args:
        columns: What it prepares.
        smoothing: How many rows the prior counts for; 10 unless told, 0 is the plain mean.
        folds: In how many parts the training rows are dealt.

    Reference:
        Micci-Barreca, D. (2001). A preprocessing scheme for high-cardinality categorical
        attributes in classification and prediction problems. SIGKDD Explorations 3(1).

    >>> from headwater.steps.selectors import columns
    >>> learned = {"prior": 0.2, "mean tail": {"N1": 0.8}, "count tail": {"N1": 10}}
    >>> (operation,) = EncodeTarget(columns("tail")).outputs(["tail"], learned)
    >>> operation.vocabulary, operation.table
    (('N1',), (0.5, 0.2, 0.2))
    """

    smoothing: float = field(default=10.0, kw_only=True)

    takes: ClassVar[ColumnKind] = "category"

    def __post_init__(self) -> None:
        OutOfFoldStep.__post_init__(self)
        if not 0.0 <= self.smoothing < math.inf:
            self.refuse_argument(f"smoothing must be a number from 0, not {self.smoothing}")

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        means = {f"mean {column}": Grouped(Mean(LABEL), column) for column in columns}
        counts = {f"count {column}": Grouped(Count(LABEL), column) for column in columns}
        return {_PRIOR: Mean(LABEL), **means, **counts}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        prior = self.number(statistics, _PRIOR, of="label")
        return [
            look_up(
                column,
                self._values(statistics[f"mean {column}"], statistics[f"count {column}"], prior),
                missing=prior,
                unseen=prior,
            )
            for column in columns
        ]

    def _values(
        self, means: Mapping[str, float | None], counts: Mapping[str, int], prior: float
    ) -> dict[str, float]:
        m = self.smoothing
        return {
            word: (counts[word] * mean + m * prior) / (counts[word] + m)
            for word, mean in means.items()
            if mean is not None
        }
