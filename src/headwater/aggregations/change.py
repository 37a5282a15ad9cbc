"""Change: an aggregation minus the same one over the window before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from headwater.aggregations.base import Aggregation, Composite, Earlier, Returns
from headwater.aggregations.mean import Mean
from headwater.errors import DataError


@dataclass(frozen=True, slots=True)
class Change(Composite):
    """The result over `[start, as_of)` minus that over `[start - w, start)`, just as long.

    `start` is `as_of - w`; a `hop` rounds it down, and `start - w` likewise, so that the earlier
    window ends where the later one starts and holds whole hops. A view's `ttl` cuts both windows
    at `as_of - ttl`, and where it is not longer than `w`, nothing is left to compare with.

    Whole numbers give a whole number, and one that does not fit 64 bits stops the build (HW407);
    durations give a duration, all else a float, in which NaN gives NaN. Null where one of both is,
    so over empty input unless the aggregation counts; nulls, order and ties are treated as the
    aggregation does. In both windows the rows count that are known by `as_of`. Windows need a
    length of time.

    Args:
        aggregation: What is folded over both windows; `where=` belongs to it.

    >>> from headwater.aggregations.sum import Sum
    >>> Change(Sum("price")).within("7d").windows
    ('7d',)
    """

    column: Any = field(default=None, init=False, repr=False)
    aggregation: Any = None

    returns: ClassVar[Returns] = "difference"

    @classmethod
    def of_example(cls, column: Any, **given: Any) -> Aggregation:
        """The change of a mean."""
        return cls(Mean(column, where=given.pop("where", None)), **given)

    @property
    def parts(self) -> tuple[Any, ...]:
        """The later window, then the earlier one."""
        if self.parameter_fault() is not None:
            return ()
        return self.aggregation, Earlier(self.aggregation)

    def parameter_fault(self) -> str | None:
        """An aggregation without windows of its own."""
        return part_fault(self.aggregation)

    @staticmethod
    def combine(*given: Any) -> tuple[Any, Any]:
        """Elementwise.

        Raises:
            DataError: HW407, a whole number does not fit 64 bits.
        """
        later, earlier, no_later, no_earlier, _ = given
        missing = no_later | no_earlier
        found = later - earlier
        if found.dtype != np.float64:
            # what overflows has another sign than the exact difference, which the operands tell
            wrapped = ((later ^ earlier) & (later ^ found)) < 0
            if (wrapped & ~missing).any():
                raise DataError("HW407", "a change of integers does not fit 64 bits")
            return found, missing
        return found + 0.0, missing


def part_fault(given: Any) -> str | None:
    """What is wrong with what should be compared with itself earlier; None where nothing is."""
    if isinstance(given, Aggregation) and not isinstance(given, Composite):
        return None
    return f'aggregation= is one such as hw.Mean("amount"), found {type(given).__name__}'
