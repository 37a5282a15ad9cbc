"""ScaleStandard: numbers with mean 0 and variance 1 over the training rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.aggregations.count import Count
from headwater.aggregations.mean import Mean
from headwater.aggregations.std import Std
from headwater.kernel.row_operations import RowOperation, affine
from headwater.steps.base import Statistic, Step


@dataclass(frozen=True, slots=True)
class ScaleStandard(Step):
    """Subtract the mean of the training rows and divide by their population standard deviation.

    It is the population form (n, not n - 1), as in scikit-learn's StandardScaler. A column with
    variance 0 is centred only.

    Nulls stay null and do not count. A column without any value in the training rows, so empty
    input too, or with an infinite one, is an error (HW602). The order of rows does not matter.
    There are no unseen values: numbers outside the training range are scaled alike.

    >>> from headwater.steps.selectors import columns
    >>> learned = {"mean delay": 10.0, "std delay": 4.0, "count delay": 1_000_000_000}
    >>> print(*ScaleStandard(columns("delay")).outputs(["delay"], learned))
    delay = affine(delay, 10.0, 0.250000000125)
    """

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {
            f"{word} {column}": aggregation(column)
            for column in columns
            for word, aggregation in (("mean", Mean), ("std", Std), ("count", Count))
        }

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        return [
            affine(
                column,
                shift=self.number(statistics, f"mean {column}", of=column),
                scale=_scale(statistics[f"std {column}"], statistics[f"count {column}"]),
            )
            for column in columns
        ]


def _scale(std: float | None, count: int) -> float:
    """One over the population standard deviation; 1.0 where that is no finite number."""
    if std is None or std == 0.0:
        return 1.0
    scale = 1.0 / (std * math.sqrt((count - 1) / count))
    return scale if 0.0 < scale < math.inf else 1.0
