"""ZScore: how unusual the newest value is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from headwater.aggregations.base import Aggregation
from headwater.kernel.standard_scores import (
    integer_score,
    lift_integer_score,
    lift_score,
    merge_scores,
    prepare_integer_scores,
    prepare_scores,
    score,
)


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_scores)
    lift = staticmethod(lift_integer_score)
    merge = staticmethod(merge_scores)
    result = staticmethod(integer_score)


@dataclass(frozen=True, slots=True)
class ZScore(Aggregation):
    """The newest value less the mean of those before it in the window, by their deviation (n - 1).

    The newest is that of the greatest `(event_time, sequence)` and is no part of mean and standard
    deviation. Within one unit in the last place, as sums are exact. Nulls are skipped; a NaN or an
    infinity gives NaN; empty input, fewer than two values before the newest and values before it
    that are all equal give null. Order is that of event time: rows that tie for the newest with
    other values stop the build (HW404) until the source declares a `sequence`. Booleans count as 0
    and 1; decimals give a float.

    >>> ZScore("amount").word
    'z_score'
    """

    computes_in: ClassVar[Literal["float", "same"]] = "float"
    ordered: ClassVar[bool] = True
    integers: ClassVar[type | None] = _Integers
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_scores)
    lift = staticmethod(lift_score)
    merge = staticmethod(merge_scores)
    result = staticmethod(score)
