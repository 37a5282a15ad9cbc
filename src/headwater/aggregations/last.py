"""Last: the newest value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import EVERY_KIND, NULL, TIE, VALUE, Aggregation, Kind


@dataclass(frozen=True, slots=True)
class Last(Aggregation):
    """The value of the greatest `(event_time, sequence)` among the visible rows, of any type.

    Nulls are skipped, NaN is a value; empty input gives null; order is that of event time, never
    that of arrival. Rows that tie with other values stop the build (HW404) until the source
    declares a `sequence`.

    >>> Last("gate").word
    'last'
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    returns: ClassVar[Literal["float", "integer", "value", "row"]] = "row"
    ordered: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("window",)

    @staticmethod
    def prepare(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
        """No scale; the position plus one, and whether it is tied."""
        return 0, 2

    @staticmethod
    def lift(state: Any, x: Any, i: int, scale: int) -> None:
        """One row is the last of itself."""
        state[0] = i + 1

    @staticmethod
    def merge(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
        """The right one; where ranks tie, noted if values (codes but for the last bit) differ."""
        a = left[0]
        b = right[0]
        tied = right[1]
        if b == 0:
            b = a
            tied = left[1]
        elif a > 0 and rank[a - 1] == rank[b - 1]:
            if x[a - 1] >> 1 != x[b - 1] >> 1 or left[1] > 0:
                tied = 1
            if x[a - 1] > x[b - 1]:
                b = a
        into[0] = b
        into[1] = tied

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
        """The position of the newest value, null for no value."""
        if state[0] == 0:
            return NULL, -1
        return (TIE if state[1] > 0 else VALUE), state[0] - 1
