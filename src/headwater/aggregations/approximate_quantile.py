"""ApproximateQuantile: a quantile within a relative accuracy, in a state of fixed size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import NUMBERS, Aggregation, Error, Extra, Kind
from headwater.kernel.moments import add_words
from headwater.kernel.quantile_sketch import (
    count_value,
    edges_of,
    lift_value,
    prepare_buckets,
    quantile,
)

LEAST, MOST = 0.005, 0.25
"""The accuracies that there are."""


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(prepare_buckets)
    lift = staticmethod(lift_value)
    count_row = staticmethod(count_value)
    merge = staticmethod(add_words)
    result = staticmethod(quantile)


@dataclass(frozen=True, slots=True)
class ApproximateQuantile(Aggregation):
    """The `q`-quantile of numbers within a relative `accuracy`, by DDSketch.

    The definition is that of Quantile, linear between two values, each of which is replaced by a
    number within `accuracy` of it: so a result is never further from the exact one than that share
    of the larger of both. The promise is about values and not about ranks: how many rows lie
    between a result and the exact one is not limited, and where many values are nearly alike it can
    be all of them. Numbers closer to 0 than 1e-9 count as 0; finite ones from 1e18 on count as
    about 1e18, with no promise for them. What is approximate is the definition: every way of
    computing gives the same bits, and states merge.
    Of durations it is a duration, in microseconds before they are rounded, of decimals the limits
    hold for whole numbers of the last digit. Nulls are skipped; NaN gives NaN; an infinity next to
    the place is the result, both signs NaN; empty input gives null; order does not matter.

    A state has a count for each bucket between the least and the greatest value: 58 for a factor
    of ten by default. A pass holds one state for each window, whatever the number of rows.

    Source: Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
    relative-error guarantees" (2019).

    >>> ApproximateQuantile("amount", 0.99).error.bound
    0.02
    """

    q: float = 0.5
    accuracy: float = 0.02

    takes: ClassVar[tuple[Kind, ...]] = (*NUMBERS, "duration")
    ticks: ClassVar[bool] = True
    unit_power: ClassVar[int] = 1
    reads_also: ClassVar[tuple[Extra, ...]] = ("parameters",)
    integers: ClassVar[type | None] = _Integers
    example: ClassVar[Mapping[str, Any]] = {"q": 0.9, "accuracy": 0.1}
    prepare = staticmethod(prepare_buckets)
    lift = staticmethod(lift_value)
    count_row = staticmethod(count_value)
    merge = staticmethod(add_words)
    result = staticmethod(quantile)

    @property
    def label(self) -> tuple[str, ...]:
        """As a column's name says it: `amount_approximate_quantile_0.9_0.02_30d`."""
        return f"{self.q}", f"{self.accuracy}"

    @property
    def parameters(self) -> tuple[float, ...]:
        """The share, the accuracy, and the edges of buckets."""
        return float(self.q), float(self.accuracy), *edges_of(float(self.accuracy))

    @property
    def error(self) -> Error:
        """The accuracy, which every result keeps."""
        return Error("Quantile", float(self.accuracy), "values", 1.0)

    def parameter_fault(self) -> str | None:
        """`q` lies between 0 and 1, `accuracy` between 0.005 and 0.25, all included."""
        if not _lies(self.q, 0, 1):
            return f"q= is from 0 to 1, found {self.q!r}"
        if not _lies(self.accuracy, LEAST, MOST):
            return f"accuracy= is from {LEAST} to {MOST}, found {self.accuracy!r}"
        return None


def _lies(given: Any, low: float, high: float) -> bool:
    """Whether it is a number between two others."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return is_number and low <= given <= high
