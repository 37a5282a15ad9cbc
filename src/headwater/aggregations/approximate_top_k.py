"""ApproximateTopK: the values that occur most often, about, in a state of fixed size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import ORDERED_KINDS, Aggregation, Error, Extra, Kind, Returns
from headwater.kernel.heavy_hitters import (
    DEPTH,
    count_hash,
    lift_hash,
    most_frequent_hashes,
    prepare_cells,
)
from headwater.kernel.moments import add_words

MOST = 1_000
"""The longest list."""
WIDTHS = (4, 8, 16, 32, 64, 128, 256)
SLACK = 4
"""The error in shares of a cell."""


@dataclass(frozen=True, slots=True)
class ApproximateTopK(Aggregation):
    """The `k` values that most rows hold, about, as a list of `{value, count}`.

    Most frequent first; those with the same count are in an order of their own that is always the
    same. A count is never too low. It is too high by more than `4 / width` of the rows for one
    value in 64 at most, and a value that holds so many of the rows is missing as rarely; mostly
    counts are exact as long as few others are frequent. A value that does not outweigh those it is
    thrown together with is left out, so that a list may be shorter than that of TopK, or empty.
    What is approximate is the definition: every way of computing gives the same bits, and states
    merge. Nulls are skipped; NaN is one value, and so are both zeros; empty input gives null; order
    does not matter.

    A state has `123 * width` counts of as many bits as the number of rows needs, 22 kB for 100,000
    rows by default. A pass holds one state for each window, whatever the number of rows.

    Sources: Cormode and Muthukrishnan, "An improved data stream summary: the Count-Min sketch and
    its applications" (2005) and "What's hot and what's not" (2005).

    >>> ApproximateTopK("merchant", k=5).error.bound
    0.0625
    """

    k: int = 3
    width: int = 64

    takes: ClassVar[tuple[Kind, ...]] = ORDERED_KINDS
    returns: ClassVar[Returns] = "counted"
    reads_also: ClassVar[tuple[Extra, ...]] = ("parameters", "index")
    hashes: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {"k": 2, "width": 4}
    prepare = staticmethod(prepare_cells)
    lift = staticmethod(lift_hash)
    count_row = staticmethod(count_hash)
    merge = staticmethod(add_words)
    result = staticmethod(most_frequent_hashes)

    @property
    def label(self) -> tuple[str, ...]:
        """As a column's name says it: `merchant_approximate_top_k_3_64_30d`."""
        return f"{self.k}", f"{self.width}"

    @property
    def most(self) -> int:
        """The items that a list may have."""
        return self.k

    @property
    def parameters(self) -> tuple[float, ...]:
        """The cells of a line."""
        return (float(self.width),)

    @property
    def error(self) -> Error:
        """By Markov's inequality in each of the independent lines."""
        return Error("TopK", min(SLACK / self.width, 1.0), "rows", 1.0 - float(SLACK) ** -DEPTH)

    def parameter_fault(self) -> str | None:
        """`k` is a whole number from 1 on, `width` a power of two from 4 to 256."""
        k: Any = self.k
        if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= MOST:
            return f"k= is a whole number from 1 to {MOST:,}, found {k!r}"
        if isinstance(self.width, bool) or self.width not in WIDTHS:
            return f"width= is one of {', '.join(map(str, WIDTHS))}, found {self.width!r}"
        return None
