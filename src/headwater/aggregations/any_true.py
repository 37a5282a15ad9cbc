"""AnyTrue: whether a condition holds for any row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import NULL, VALUE, Aggregation, Kind, Returns
from headwater.kernel.truths import Truths


@dataclass(frozen=True, slots=True)
class AnyTrue(Truths, Aggregation):
    """Whether any value of a boolean column or expression is true.

    Nulls are skipped, so that false and null is false; empty input gives null; order does not
    matter.

    >>> AnyTrue("is_returned").word
    'any_true'
    """

    takes: ClassVar[tuple[Kind, ...]] = ("boolean",)
    returns: ClassVar[Returns] = "boolean"

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, int]:
        """1 or 0, null for no value."""
        return (VALUE if state[0] > 0 else NULL), (1 if state[1] > 0 else 0)
