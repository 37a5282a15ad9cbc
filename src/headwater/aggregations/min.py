"""Min: the smallest value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import NAN_CODE, NULL, VALUE, Aggregation, Kind


@dataclass(frozen=True, slots=True)
class Min(Aggregation):
    """The smallest value, of the values' own type: numbers, text by code points, times, durations.

    Nulls are skipped; a NaN makes the result NaN; -0.0 is below 0.0; empty input gives null; order
    does not matter.

    >>> Min("price").word
    'min'
    """

    takes: ClassVar[tuple[Kind, ...]] = (
        "integer",
        "float",
        "boolean",
        "string",
        "time",
        "duration",
    )
    returns: ClassVar[Literal["float", "integer", "value", "row"]] = "row"
    serves: ClassVar[tuple[str, ...]] = ("window",)

    @staticmethod
    def prepare(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
        """No scale; the position plus one."""
        return 0, 1

    @staticmethod
    def lift(state: Any, x: Any, i: int, scale: int) -> None:
        """One row is the smallest of itself."""
        state[0] = i + 1

    @staticmethod
    def merge(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
        """The one with the smallest code, or a NaN."""
        a = left[0]
        b = right[0]
        wins = False
        if a > 0 and b > 0 and x[b - 1] != NAN_CODE:
            wins = x[a - 1] == NAN_CODE or x[a - 1] < x[b - 1]
        into[0] = a if b == 0 or wins else b

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
        """The position of the smallest value, null for no value."""
        return (VALUE if state[0] > 0 else NULL), state[0] - 1
