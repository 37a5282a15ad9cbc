"""ImputeMedian: missing numbers become the column's median."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.aggregations.median import Median
from headwater.kernel.row_operations import RowOperation, fill
from headwater.steps.base import Statistic, Step


@dataclass(frozen=True, slots=True)
class ImputeMedian(Step):
    """Replace missing numbers, null and NaN alike, by the median of the training rows.

    Nulls are what it fills, and they do not count for the median. A column without any value in
    the training rows, so empty input too, is an error (HW602). The order of rows does not matter.
    There are no unseen values: all other numbers pass as they are, infinities too.

    >>> from headwater.steps.selectors import columns
    >>> print(*ImputeMedian(columns("delay")).outputs(["delay"], {"delay": 2.5}))
    delay = fill(delay, 2.5)
    """

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {column: Median(column) for column in columns}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        return [fill(column, self.number(statistics, column, of=column)) for column in columns]
