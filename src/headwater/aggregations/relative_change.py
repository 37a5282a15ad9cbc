"""RelativeChange: how far an aggregation lies from the same one over the window before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from headwater.aggregations.base import Aggregation, Composite, Earlier, Returns
from headwater.aggregations.change import part_fault
from headwater.aggregations.mean import Mean


@dataclass(frozen=True, slots=True)
class RelativeChange(Composite):
    """The `Change` by the size of the earlier result: 0.25 is a quarter more, -1.0 nothing left.

    Both results are taken as floats. Null where one of both is, so over empty input, and where the
    earlier one is zero; NaN gives NaN, and so does an infinite earlier result. Nulls, order and
    ties are treated as the aggregation does. In both windows the rows count that are known by
    `as_of`. Windows need a length of time.

    Args:
        aggregation: What is folded over both windows; `where=` belongs to it.

    >>> RelativeChange(Mean("price")).word
    'relative_change'
    """

    column: Any = field(default=None, init=False, repr=False)
    aggregation: Any = None

    returns: ClassVar[Returns] = "float"

    @classmethod
    def of_example(cls, column: Any, **given: Any) -> Aggregation:
        """The relative change of a mean."""
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
        """Elementwise; of halves where the results lie too far apart."""
        later, earlier, no_later, no_earlier, _ = given
        later, earlier = later.astype(np.float64), earlier.astype(np.float64)
        with np.errstate(all="ignore"):
            apart = later - earlier
            halves = np.isinf(apart) & np.isfinite(later) & np.isfinite(earlier)
            apart = np.where(halves, later * 0.5 - earlier * 0.5, apart)
            size = np.abs(np.where(halves, earlier * 0.5, earlier))
            found = apart / np.where(size == 0.0, 1.0, size) + 0.0
        return found, no_later | no_earlier | (earlier == 0.0)
