"""RelativeChange: how far an aggregation lies from the same one over the window before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from headwater.aggregations.base import Returns
from headwater.aggregations.change import Change


@dataclass(frozen=True, slots=True)
class RelativeChange(Change):
    """The `Change` by the size of the earlier result: 0.25 is a quarter more, -1.0 nothing left.

    Both results are taken as floats. Null where one of both is, so over empty input, and where the
    earlier one is zero; NaN gives NaN, and so does an infinite earlier result. Nulls, order and
    ties are treated as the aggregation does. Both windows are those of `Change`, in hops and with
    a `ttl` too; the rows count that are known by `as_of`. Windows need a length of time.

    Args:
        aggregation: What is folded over both windows; `where=` belongs to it.

    >>> from headwater.aggregations.mean import Mean
    >>> RelativeChange(Mean("price")).word
    'relative_change'
    """

    returns: ClassVar[Returns] = "float"

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
