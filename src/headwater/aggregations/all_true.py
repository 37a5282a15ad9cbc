"""AllTrue: whether a condition holds for every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import NULL, VALUE, Aggregation, Kind, Returns
from headwater.kernel.truths import Truths


@dataclass(frozen=True, slots=True)
class AllTrue(Truths, Aggregation):
    """Whether every value of a boolean column or expression is true.

    Nulls are skipped, so that true and null is true; empty input gives null, not true; order does
    not matter.

    >>> AllTrue("is_paid").word
    'all_true'
    """

    takes: ClassVar[tuple[Kind, ...]] = ("boolean",)
    returns: ClassVar[Returns] = "boolean"

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
        """1 or 0, null for no value."""
        return (VALUE if state[0] > 0 else NULL), (1 if state[1] == state[0] else 0)
