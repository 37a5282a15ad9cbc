"""velocity: whether rows come faster than before."""

from __future__ import annotations

from datetime import timedelta

from headwater.aggregations.base import Windowed
from headwater.aggregations.count import Count
from headwater.aggregations.relative_change import RelativeChange


def velocity(*windows: str | timedelta) -> list[Windowed]:
    """The number of rows within each window, and how far it lies from that of the window before.

    The change is a share of the earlier number: 1.0 is twice as many, -1.0 none any more, null
    where there were none.

    Args:
        windows: Lengths such as "1h" and "1d".

    >>> velocity("1h")[1].aggregation.word
    'relative_change'
    """
    return [Count().within(*windows), RelativeChange(Count()).within(*windows)]
