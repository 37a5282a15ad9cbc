"""streak: how long something has been as it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headwater.aggregations.base import Windowed
from headwater.aggregations.change_count import ChangeCount
from headwater.aggregations.streak import Streak


def streak(column: Any, *windows: str | timedelta) -> list[Windowed]:
    """How many newest rows hold the newest value, and how often values changed in a window.

    Both need an order: rows of one time that differ stop the build until the source declares a
    `sequence`.

    Args:
        column: Of any type, such as a status.
        windows: Lengths such as "30d".

    >>> [one.aggregation.word for one in streak("status", "30d")]
    ['streak', 'change_count']
    """
    return [Streak(column).over_all(), ChangeCount(column).within(*windows)]
