"""CountDistinct: how many different values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import EVERY_KIND, VALUE, Aggregation, Kind


@dataclass(frozen=True, slots=True)
class CountDistinct(Aggregation):
    """The number of different values, of any type.

    Nulls are not counted; NaN is one value, and so are both zeros; empty input gives 0; order does
    not matter.

    >>> CountDistinct("merchant").word
    'count_distinct'
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    folds: ClassVar[Literal["states", "values"]] = "values"
    returns: ClassVar[Literal["float", "integer", "value", "row"]] = "integer"
    when_empty: ClassVar[int | None] = 0

    @staticmethod
    def room(distinct: int) -> int:
        """How many there are, then how often each occurs."""
        return 1 + distinct

    @staticmethod
    def add(state: Any, code: int, x: Any) -> None:
        """One more row holds this value."""
        if state[1 + code] == 0:
            state[0] += 1
        state[1 + code] += 1

    @staticmethod
    def remove(state: Any, code: int, x: Any) -> None:
        """One row less holds it."""
        state[1 + code] -= 1
        if state[1 + code] == 0:
            state[0] -= 1

    @staticmethod
    def result(state: Any, x: Any) -> tuple[int, int]:
        """The number, never null."""
        return VALUE, state[0]
