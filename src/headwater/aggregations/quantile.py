"""Quantile: the value below which a share of the rows lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import NULL, NUMBERS, VALUE, Aggregation, Extra, Kind
from headwater.kernel.ranks import Ranks, float_at, integer_at


def _of_floats(state: Any, x: Any, parameters: Any) -> tuple[int, float]:
    return (NULL, 0.0) if state[0] == 0 else (VALUE, float_at(state, x, parameters[0]))


def _of_integers(state: Any, x: Any, parameters: Any) -> tuple[int, float]:
    return (NULL, 0.0) if state[0] == 0 else (VALUE, integer_at(state, x, parameters[0]))


class _Integers(Ranks):
    result = staticmethod(_of_integers)


@dataclass(frozen=True, slots=True)
class Quantile(Ranks, Aggregation):
    """The `q`-quantile of numbers as a float, linear between two values as NumPy's default.

    That is the value at place `(n - 1) * q` (a float64) of the values in order, counted from 0;
    what lies between two of them is exact and rounded once, for integers beyond 2**53 too. Decimals
    give a float, rounded once more. Of durations it is a duration, rounded to the microsecond, half
    to even. Nulls are skipped; NaN gives NaN; an infinity next to the place is the result, both
    signs NaN; empty input gives null; order does not matter.

    Source: Hyndman and Fan, "Sample quantiles in statistical packages" (1996), definition 7.

    >>> Quantile("amount", 0.9).within("30d").aggregation.label
    ('0.9',)
    """

    q: float = 0.5

    takes: ClassVar[tuple[Kind, ...]] = (*NUMBERS, "duration")
    ticks: ClassVar[bool] = True
    unit_power: ClassVar[int] = 1
    folds: ClassVar[Literal["states", "values"]] = "values"
    computes_in: ClassVar[Literal["float", "same"]] = "float"
    integers: ClassVar[type | None] = _Integers
    reads_also: ClassVar[tuple[Extra, ...]] = ("parameters",)
    result = staticmethod(_of_floats)

    @property
    def label(self) -> tuple[str, ...]:
        """As a column's name says it: `amount_quantile_0.9_30d`."""
        return (f"{self.q}",)

    @property
    def parameters(self) -> tuple[float, ...]:
        """The share."""
        return (float(self.q),)

    def parameter_fault(self) -> str | None:
        """`q` lies between 0 and 1, both included."""
        q: Any = self.q
        is_number = isinstance(q, int | float) and not isinstance(q, bool)
        return None if is_number and 0 <= q <= 1 else f"q= is from 0 to 1, found {q!r}"
