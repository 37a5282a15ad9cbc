"""recency: how long ago an entity was first and last seen."""

from __future__ import annotations

from typing import Any

from headwater.aggregations.base import Windowed
from headwater.aggregations.time_since import TimeSince


def recency(column: Any = None) -> list[Windowed]:
    """The time since the last and since the first row, or value of a column; null before any.

    A model that takes no nulls is told the two apart by `hw.FlagMissing` before they are filled.

    Args:
        column: Rows without a value of it do not count; by default all rows do.

    >>> [one.aggregation.which for one in recency()]
    ['last', 'first']
    """
    return [TimeSince(column, which=which).over_all() for which in ("last", "first")]
