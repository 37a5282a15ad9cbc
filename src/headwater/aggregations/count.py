"""Count: how many rows, or how many values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import EVERY_KIND, VALUE, Aggregation, Kind
from headwater.kernel.moments import Rows


@dataclass(frozen=True, slots=True)
class Count(Rows, Aggregation):
    """The number of visible rows; with a column, of its known values that are not null.

    Nulls are not counted, NaN and infinities are; empty input gives 0; order does not matter.

    >>> Count("amount").word
    'count'
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    reads: ClassVar[Literal["value", "rows"]] = "rows"
    returns: ClassVar[Literal["float", "integer", "value", "row"]] = "integer"
    when_empty: ClassVar[int | None] = 0

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
        """The count, never null."""
        return VALUE, state[0]
