"""day_so_far: what happened since midnight."""

from __future__ import annotations

from headwater.aggregations.base import Windowed
from headwater.aggregations.count import Count
from headwater.aggregations.sum import Sum


def day_so_far(*columns: str, zone: str) -> list[Windowed]:
    """The number of rows since the day began, and the sum of each column.

    0 and null where nothing happened yet. The day of `as_of` begins at midnight of the zone, also
    where clocks are put forward.

    Args:
        columns: Amounts.
        zone: Such as "Europe/Berlin".

    >>> len(day_so_far("price", "items", zone="UTC"))
    3
    """
    return [one.so_far("day", zone=zone) for one in (Count(), *map(Sum, columns))]
