"""monetary: how much an entity spends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headwater.aggregations.base import Windowed
from headwater.aggregations.max import Max
from headwater.aggregations.mean import Mean
from headwater.aggregations.sum import Sum


def monetary(column: Any, *windows: str | timedelta) -> list[Windowed]:
    """The sum, the mean and the largest of a column within each window; null over no value.

    Args:
        column: An amount.
        windows: Lengths such as "30d".

    >>> len(monetary("price", "30d"))
    3
    """
    return [word(column).within(*windows) for word in (Sum, Mean, Max)]
