"""Slope: of the line through the values over event time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from headwater.aggregations.base import Aggregation, Extra
from headwater.kernel.moments import add_words
from headwater.kernel.trends import (
    lift_integer_trend,
    lift_trend,
    prepare_integer_trend,
    prepare_trend,
    slope,
)


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_trend)
    lift = staticmethod(lift_integer_trend)
    merge = staticmethod(add_words)
    result = staticmethod(slope)


@dataclass(frozen=True, slots=True)
class Slope(Aggregation):
    """How much the values rise per day: the slope of the least squares line over event time.

    A float in units of the column by 24 hours, of decimals too; within one unit in the last place
    (two for decimals), since microseconds and products are summed exactly. Nulls are skipped; a NaN
    or an infinity gives NaN; empty input, a single row and rows that all happened at one time give
    null. The times decide, the order of rows that tie does not matter. Booleans count as 0 and 1.

    >>> Slope("price").within("30d").aggregation.word
    'slope'
    """

    unit_power: ClassVar[int] = 1
    computes_in: ClassVar[Literal["float", "same"]] = "float"
    reads_also: ClassVar[tuple[Extra, ...]] = ("time",)
    integers: ClassVar[type | None] = _Integers
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_trend)
    lift = staticmethod(lift_trend)
    merge = staticmethod(add_words)
    result = staticmethod(slope)
