"""What folds read besides the values: times, a second column, parameters, the moment that asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.aggregations.base import LISTS, Aggregation


@dataclass(frozen=True, slots=True, eq=False)
class Extras:
    """What a fold's functions are given besides `x`; see `headwater.kernel.extras`.

    Args:
        arrays: By name, what is the same whatever is asked.
        reads_as_of: Whether they are given the moment.
        width: The words that one result writes, which is a list; 0 where it is none.
    """

    arrays: dict[str, Any]
    reads_as_of: bool = False
    width: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in the order of the arguments."""
        asked = [("as_of", self.reads_as_of), ("into", self.width > 0)]
        return (*self.arrays, *(name for name, is_given in asked if is_given))

    def asked(self, as_of: Any, shape: tuple[int, ...]) -> tuple[tuple[Any, ...], Any]:
        """The arguments that follow `x`, and the array for items of lists; None without lists.

        Args:
            as_of: The moment of each spine row, in the order of the results.
            shape: That of the results.
        """
        given = [*self.arrays.values(), *([as_of] if self.reads_as_of else [])]
        into = np.zeros((*shape, self.width), np.int64) if self.width else None
        return (*given, *([] if into is None else [into])), into


NONE = Extras({})
"""Of folds that read the values only."""


def extras_of(aggregation: Aggregation, *, time: Any, other: Any, different: Any = None) -> Extras:
    """What an aggregation reads besides its values.

    Args:
        aggregation: What folds.
        time: The event time of each row, in event order.
        other: Gives the second column, in event order.
        different: Gives a row of each different value, in the order of these.
    """
    arrays: dict[str, Any] = {}
    if "time" in aggregation.reads_also:
        arrays["time"] = time
    if "other" in aggregation.reads_also:
        arrays["other"] = other()
    if "parameters" in aggregation.reads_also:
        arrays["parameters"] = np.array(aggregation.parameters, np.float64)
    if "index" in aggregation.reads_also:
        arrays["index"] = different()
    items = aggregation.most if aggregation.returns in LISTS else 0
    width = 2 * items if aggregation.returns == "counted" else items
    return Extras(arrays, "as_of" in aggregation.reads_also, width)
