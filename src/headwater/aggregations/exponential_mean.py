"""ExponentialMean: newer values weigh more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from headwater.aggregations.base import Aggregation, Extra
from headwater.kernel.halvings import (
    halved_mean,
    lift_halving,
    lift_integer_halving,
    merge_halvings,
    prepare_halvings,
    prepare_integer_halvings,
)
from headwater.schema.durations import format_duration, parse_duration

LONGEST = 2**53
"""Microseconds, some 285 years."""


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_halvings)
    lift = staticmethod(lift_integer_halving)
    merge = staticmethod(merge_halvings)
    result = staticmethod(halved_mean)


@dataclass(frozen=True, slots=True)
class ExponentialMean(Aggregation):
    """The mean with weights `0.5 ** ((as_of - event_time) / half_life)`: newer values weigh more.

    As a weighted mean it depends on how far rows lie apart, not on how far `as_of` is. Sums are
    exact for weights of 104 bits, and histories of any length neither over- nor underflow: results
    have the same bits however they are computed, and are within one unit in the last place (two for
    decimals) of the exact ones where values do not cancel to less than 2**-45 of their size. Of
    rows more than 300 half-lives apart a mean below 2**-150 of the last place of every value is 0.
    Nulls are skipped; a NaN or an infinity gives NaN; empty input gives null. The times decide, the
    order of rows that tie does not matter. Booleans count as 0 and 1.

    Args:
        half_life: In which a weight halves, such as "7d" or a timedelta; at most 285 years.

    Source: as `pandas.DataFrame.ewm(halflife=, times=).mean()`, which knows no windows.

    >>> ExponentialMean("amount", half_life="36h").label
    ('36h',)
    """

    half_life: str | timedelta = "7d"

    unit_power: ClassVar[int] = 1
    computes_in: ClassVar[Literal["float", "same"]] = "float"
    reads_also: ClassVar[tuple[Extra, ...]] = ("time", "parameters")
    integers: ClassVar[type | None] = _Integers
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_halvings)
    lift = staticmethod(lift_halving)
    merge = staticmethod(merge_halvings)
    result = staticmethod(halved_mean)

    @property
    def label(self) -> tuple[str, ...]:
        """The half-life as it is written."""
        given = self.half_life
        return (format_duration(parse_duration(given)) if isinstance(given, timedelta) else given,)

    @property
    def parameters(self) -> tuple[float, ...]:
        """Microseconds."""
        return (float(parse_duration(self.half_life)),)

    def parameter_fault(self) -> str | None:
        """A length above zero that a float counts."""
        if not isinstance(self.half_life, str | timedelta):
            found = type(self.half_life).__name__
            return f'half_life= is a duration such as "7d", found {found}'
        try:
            length = parse_duration(self.half_life)
        except ValueError as error:
            return f"half_life= {error}"
        is_possible = 0 < length <= LONGEST
        return None if is_possible else f"half_life= is from 1us to 285 years, found {length}us"
