"""Median: the middle of the training values, for fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from headwater.aggregations.base import Aggregation


@dataclass(frozen=True, slots=True)
class Median(Aggregation):
    """The middle value; of an even number the mean of the middle two, as NumPy has it.

    Nulls and NaN are skipped; empty input gives null; order does not matter. Its state is the count
    of each value, which merges by adding.

    >>> Median.summarise(pl.DataFrame({"value": [1.0, 2.0, 8.0], "rows": [1, 1, 1]}))
    2.0
    """

    serves: ClassVar[tuple[str, ...]] = ("fit",)

    @staticmethod
    def summarise(counts: pl.DataFrame) -> float | None:
        """The median of values (sorted) with their counts."""
        counts = counts.filter(pl.col("value").cast(pl.Float64).is_not_nan())
        if not counts.height:
            return None
        upto = counts["rows"].cum_sum()
        rows = int(upto[-1])
        places = (upto > (rows - 1) // 2).arg_max(), (upto > rows // 2).arg_max()
        low, high = (float(counts["value"][place or 0]) for place in places)
        # halves are added so that the sum of two large values cannot overflow
        return low if low == high else low / 2 + high / 2
