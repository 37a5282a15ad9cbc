"""Share: of how many rows a condition holds, as a part of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import NULL, VALUE, Aggregation, Kind
from headwater.kernel.truths import Truths


@dataclass(frozen=True, slots=True)
class Share(Truths, Aggregation):
    """The part of the values of a boolean column or expression that are true, from 0 to 1.

    The number of true values over that of values that are not null, divided once. Nulls are
    skipped: `(pl.col("x") > 3).fill_null(False)` counts them as not met; a comparison with NaN is
    what Polars says it is. Empty input gives null; order does not matter.

    >>> Share("is_late").within("7d").windows
    ('7d',)
    """

    takes: ClassVar[tuple[Kind, ...]] = ("boolean",)

    @staticmethod
    def result(state: Any, x: Any, scale: int) -> tuple[int, float]:
        """The share, null for no value."""
        if state[0] == 0:
            return NULL, 0.0
        return VALUE, float(state[1]) / float(state[0])
