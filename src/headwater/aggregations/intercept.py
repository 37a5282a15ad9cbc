"""Intercept: where the line through the values over event time is at T."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from headwater.aggregations.base import Aggregation, Extra
from headwater.kernel.moments import add_words
from headwater.kernel.trends import (
    intercept,
    lift_integer_trend,
    lift_trend,
    prepare_integer_trend,
    prepare_trend,
)


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_trend)
    lift = staticmethod(lift_integer_trend)
    merge = staticmethod(add_words)
    result = staticmethod(intercept)


@dataclass(frozen=True, slots=True)
class Intercept(Aggregation):
    """The value that the least squares line over event time has at `as_of`, in the column's units.

    With `Slope` it says the whole line; by itself it is the trend's forecast for now. Within one
    unit in the last place (two for decimals), as microseconds and products are summed exactly.
    Nulls are skipped; a NaN or an infinity gives NaN; empty input, a single row and rows that all
    happened at one time give null. The times decide, the order of rows that tie does not matter.
    Booleans count as 0 and 1.

    >>> Intercept("price").within("30d").aggregation.word
    'intercept'
    """

    unit_power: ClassVar[int] = 1
    computes_in: ClassVar[Literal["float", "same"]] = "float"
    reads_also: ClassVar[tuple[Extra, ...]] = ("time", "as_of")
    integers: ClassVar[type | None] = _Integers
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_trend)
    lift = staticmethod(lift_trend)
    merge = staticmethod(add_words)
    result = staticmethod(intercept)
