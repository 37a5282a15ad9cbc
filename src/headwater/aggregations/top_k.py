"""TopK: the values that occur most often, with how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import NULL, ORDERED_KINDS, VALUE, Aggregation, Kind, Returns
from headwater.kernel.frequencies import Frequencies, climb, most_frequent, settle

MOST = 1_000
"""The longest list; there is room for as many items in each row."""


@dataclass(frozen=True, slots=True)
class TopK(Frequencies, Aggregation):
    """The `k` values that most rows hold, as a list of `{value, count}`: most frequent first.

    Of values that occur equally often the smaller comes first, and stays where not all have room;
    fewer distinct values give a shorter list. Nulls are skipped; NaN is counted as one value, above
    all others, and both zeros are one; empty input gives null; order does not matter.

    >>> TopK("merchant", k=3).within("30d").aggregation.label
    ('3',)
    """

    k: int = 3

    takes: ClassVar[tuple[Kind, ...]] = ORDERED_KINDS
    folds: ClassVar[Literal["states", "values"]] = "values"
    returns: ClassVar[Returns] = "counted"

    @property
    def label(self) -> tuple[str, ...]:
        """As a column's name says it: `merchant_top_k_3_30d`."""
        return (f"{self.k}",)

    @property
    def most(self) -> int:
        """The items that a list may have."""
        return self.k

    def parameter_fault(self) -> str | None:
        """`k` is a whole number from 1 on."""
        k: Any = self.k
        is_number = isinstance(k, int) and not isinstance(k, bool)
        if is_number and 1 <= k <= MOST:
            return None
        return f"k= is a whole number from 1 to {MOST:,}, found {k!r}"

    @staticmethod
    def result(state: Any, x: Any, into: Any) -> tuple[int, int]:
        """How many there are: rows that hold them, with their counts; null for none."""
        size = state.shape[0] >> 1
        found = 0
        while 2 * found < into.shape[0] and state[1] > 0:
            code = most_frequent(state)
            into[2 * found] = code
            into[2 * found + 1] = state[size + code]
            state[size + code] = 0
            settle(state, size + code)
            found += 1
        for i in range(found):  # they come back, so that the state is that of what is in sight
            climb(state, size + into[2 * i], into[2 * i + 1])
            into[2 * i] = x[into[2 * i]]
        return (VALUE if found > 0 else NULL), found
