"""frequency: how often an entity is seen."""

from __future__ import annotations

from datetime import timedelta

from headwater.aggregations.base import Windowed
from headwater.aggregations.count import Count


def frequency(*windows: str | timedelta) -> list[Windowed]:
    """The number of rows within each window; 0 where there is none.

    Args:
        windows: Lengths such as "30d".

    >>> frequency("7d", "30d")[0].windows
    ('7d', '30d')
    """
    return [Count().within(*windows)]
