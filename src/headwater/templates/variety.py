"""variety: how many different values there are, and how evenly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headwater.aggregations.base import Windowed
from headwater.aggregations.count_distinct import CountDistinct
from headwater.aggregations.entropy import Entropy


def variety(column: Any, *windows: str | timedelta) -> list[Windowed]:
    """The number of distinct values within each window, and their entropy in bits.

    Distinct partners of an account, or shops of a customer: 3 visits of one shop and 3 of three
    differ in both. 0 and null over no value.

    Args:
        column: Of any type.
        windows: Lengths such as "30d".

    >>> [one.aggregation.word for one in variety("shop", "30d")]
    ['count_distinct', 'entropy']
    """
    return [word(column).within(*windows) for word in (CountDistinct, Entropy)]
