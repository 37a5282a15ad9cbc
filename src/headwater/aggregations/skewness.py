"""Skewness: from exact sums of values, squares and cubes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from headwater.aggregations.base import Aggregation
from headwater.kernel.higher_moments import (
    lift_cubes,
    lift_integer_cubes,
    prepare_cubes,
    prepare_integer_cubes,
    skewness,
)
from headwater.kernel.moments import add_words


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_cubes)
    lift = staticmethod(lift_integer_cubes)
    merge = staticmethod(add_words)
    result = staticmethod(skewness)


@dataclass(frozen=True, slots=True)
class Skewness(Aggregation):
    """How far the values lean to one side: g1, as `scipy.stats.skew` gives it with `bias=True`.

    The third central moment by the 3/2 power of the second, both divided by n; within one unit in
    the last place, as sums of powers are exact. Nulls are skipped; a NaN or an infinity gives NaN;
    empty input, a single value and values that are all equal give null; order does not matter.
    Booleans count as 0 and 1.

    Source: Joanes and Gill, "Comparing measures of sample skewness and kurtosis" (1998).

    >>> Skewness("amount").word
    'skewness'
    """

    computes_in: ClassVar[Literal["float", "same"]] = "float"
    integers: ClassVar[type | None] = _Integers
    prepare = staticmethod(prepare_cubes)
    lift = staticmethod(lift_cubes)
    merge = staticmethod(add_words)
    result = staticmethod(skewness)
