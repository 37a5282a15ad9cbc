"""lags: the values of a series one after the other."""

from __future__ import annotations

from typing import Any

from headwater.aggregations.base import Windowed
from headwater.aggregations.lag import Lag
from headwater.aggregations.last import Last


def lags(column: Any, *rows: int) -> list[Windowed]:
    """The newest value, and those so many rows before it; null where there are not as many.

    Rows count, not time: where each day has one row, 6 before the newest is the same day of last
    week.

    Args:
        column: Of any type; nulls are skipped and not counted.
        rows: How many before the newest, each 1 to 1000.

    >>> [one.aggregation.word for one in lags("price", 1, 6)]
    ['last', 'lag', 'lag']
    """
    return [Last(column).over_all(), *(Lag(column, k).over_all() for k in rows)]
