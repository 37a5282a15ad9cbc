"""Median: the middle value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Literal

import polars as pl

from headwater.aggregations.base import NULL, NUMBERS, VALUE, Aggregation, Kind
from headwater.kernel.ranks import Ranks, float_at, integer_at


def _of_floats(state: Any, x: Any) -> tuple[int, float]:
    return (NULL, 0.0) if state[0] == 0 else (VALUE, float_at(state, x, 0.5))


def _of_integers(state: Any, x: Any) -> tuple[int, float]:
    return (NULL, 0.0) if state[0] == 0 else (VALUE, integer_at(state, x, 0.5))


class _Integers(Ranks):
    result = staticmethod(_of_integers)


@dataclass(frozen=True, slots=True)
class Median(Ranks, Aggregation):
    """The middle value as a float; of an even number the mean of the middle two, as NumPy has it.

    Decimals give a float too. Of durations it is a duration, rounded to the microsecond, half to
    even. Nulls are skipped. In a window NaN gives NaN; a fit skips it, as the median stands for
    what is missing. Empty input gives null; order does not matter. In a fit its state is the count
    of each value, which merges by adding.

    >>> Median.summarise(pl.DataFrame({"value": [1.0, 2.0, 8.0], "rows": [1, 1, 1]}))
    2.0
    """

    takes: ClassVar[tuple[Kind, ...]] = (*NUMBERS, "duration")
    ticks: ClassVar[bool] = True
    unit_power: ClassVar[int] = 1
    folds: ClassVar[Literal["states", "values"]] = "values"
    computes_in: ClassVar[Literal["float", "same"]] = "float"
    integers: ClassVar[type | None] = _Integers
    result = staticmethod(_of_floats)

    @staticmethod
    def summarise(counts: pl.DataFrame) -> float | timedelta | None:
        """The median of values (sorted) with their counts."""
        counts = counts.filter(pl.col("value").cast(pl.Float64).is_not_nan())
        if not counts.height:
            return None
        upto = counts["rows"].cum_sum()
        rows = int(upto[-1])
        places = (upto > (rows - 1) // 2).arg_max(), (upto > rows // 2).arg_max()
        middle = [counts["value"][place or 0] for place in places]
        if isinstance(middle[0], timedelta):
            both: timedelta = middle[0] + middle[1]
            return both / 2  # half to even
        low, high = map(float, middle)
        # halves are added so that the sum of two large values cannot overflow
        return low if low == high else low / 2 + high / 2
