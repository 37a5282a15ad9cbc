"""rhythm: how regularly an entity is seen."""

from __future__ import annotations

from datetime import timedelta

from headwater.aggregations.base import Windowed
from headwater.aggregations.time_between import TimeBetween


def rhythm(*windows: str | timedelta) -> list[Windowed]:
    """The mean gap between rows within each window and its standard deviation, durations.

    Null below two rows, the deviation below three.

    Args:
        windows: Lengths such as "90d".

    >>> [one.aggregation.what for one in rhythm("90d")]
    ['mean', 'std']
    """
    return [TimeBetween(what=what).within(*windows) for what in ("mean", "std")]
