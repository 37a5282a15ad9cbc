"""Max: the largest value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import NAN_CODE, ORDERED_KINDS, Aggregation, Kind
from headwater.kernel.positions import lift_position, position, prepare_position


@dataclass(frozen=True, slots=True)
class Max(Aggregation):
    """The largest value, of the values' own type: numbers, text by code points, times, durations.

    An Enum is ordered as its categories are declared, a Categorical as text. Nulls are skipped; a
    NaN makes the result NaN; -0.0 is below 0.0; empty input gives null; order does not matter.

    >>> Max("price").word
    'max'
    """

    takes: ClassVar[tuple[Kind, ...]] = ORDERED_KINDS
    returns: ClassVar[Literal["float", "integer", "value", "row"]] = "row"
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_position)
    lift = staticmethod(lift_position)
    result = staticmethod(position)

    @staticmethod
    def merge(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
        """The one with the largest code, or a NaN."""
        a = left[0]
        b = right[0]
        wins = False
        if a > 0 and b > 0 and x[b - 1] != NAN_CODE:
            wins = x[a - 1] == NAN_CODE or x[a - 1] > x[b - 1]
        into[0] = a if b == 0 or wins else b
