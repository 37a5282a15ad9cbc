"""trend: whether values rise or fall."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headwater.aggregations.base import Windowed
from headwater.aggregations.slope import Slope
from headwater.aggregations.z_score import ZScore


def trend(column: Any, *windows: str | timedelta) -> list[Windowed]:
    """How fast a column rises per day within each window, and how unusual its newest value is.

    The first is the slope of a line, null below two moments; the second counts standard deviations
    from the mean of the values before, null below two of them.

    Args:
        column: Numbers.
        windows: Lengths such as "30d".

    >>> [one.aggregation.word for one in trend("price", "30d")]
    ['slope', 'z_score']
    """
    return [word(column).within(*windows) for word in (Slope, ZScore)]
