"""Mode: the value that occurs most often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import NULL, ORDERED_KINDS, VALUE, Aggregation, Kind, Returns
from headwater.kernel.frequencies import Frequencies, most_frequent


@dataclass(frozen=True, slots=True)
class Mode(Frequencies, Aggregation):
    """The value that most rows hold, of the values' own type; of several the smallest.

    Nulls are skipped; NaN is counted as one value, above all others, and both zeros are one; empty
    input gives null; order does not matter.

    >>> Mode("channel").word
    'mode'
    """

    takes: ClassVar[tuple[Kind, ...]] = ORDERED_KINDS
    folds: ClassVar[Literal["states", "values"]] = "values"
    returns: ClassVar[Returns] = "row"

    @staticmethod
    def result(state: Any, x: Any) -> tuple[int, int]:
        """A row that holds the value, null for none."""
        if state[1] == 0:
            return NULL, -1
        return VALUE, x[most_frequent(state)]
