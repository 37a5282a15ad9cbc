"""Kurtosis: from exact sums of values, squares, cubes and fourth powers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from headwater.aggregations.base import Aggregation
from headwater.kernel.higher_moments import (
    kurtosis,
    lift_fourths,
    lift_integer_fourths,
    prepare_fourths,
    prepare_integer_fourths,
)
from headwater.kernel.moments import add_words


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_fourths)
    lift = staticmethod(lift_integer_fourths)
    merge = staticmethod(add_words)
    result = staticmethod(kurtosis)


@dataclass(frozen=True, slots=True)
class Kurtosis(Aggregation):
    """How heavy the tails are: excess g2, as `scipy.stats.kurtosis` gives it with `bias=True`.

    The fourth central moment by the square of the second, both divided by n, less 3 (a normal
    distribution's); within one unit in the last place, as sums of powers are exact. Nulls are
    skipped; a NaN or an infinity gives NaN; empty input, a single value and values that are all
    equal give null; order does not matter. Booleans count as 0 and 1.

    Source: Joanes and Gill, "Comparing measures of sample skewness and kurtosis" (1998).

    >>> Kurtosis("amount").word
    'kurtosis'
    """

    computes_in: ClassVar[Literal["float", "same"]] = "float"
    integers: ClassVar[type | None] = _Integers
    prepare = staticmethod(prepare_fourths)
    lift = staticmethod(lift_fourths)
    merge = staticmethod(add_words)
    result = staticmethod(kurtosis)
