"""spread: how far values lie apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headwater.aggregations.base import Windowed
from headwater.aggregations.max import Max
from headwater.aggregations.min import Min
from headwater.aggregations.std import Std


def spread(column: Any, *windows: str | timedelta) -> list[Windowed]:
    """The standard deviation, the least and the largest of a column within each window.

    Null over no value, the deviation below two.

    Args:
        column: Numbers.
        windows: Lengths such as "30d".

    >>> [one.aggregation.word for one in spread("price", "30d")]
    ['std', 'min', 'max']
    """
    return [word(column).within(*windows) for word in (Std, Min, Max)]
