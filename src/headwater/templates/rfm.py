"""rfm: recency, frequency and monetary value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headwater.aggregations.base import Windowed
from headwater.templates.frequency import frequency
from headwater.templates.monetary import monetary
from headwater.templates.recency import recency


def rfm(column: Any, *windows: str | timedelta) -> list[Windowed]:
    """Recency, frequency and monetary value of a customer, each as its own template says.

    Source: Bult and Wansbeek, "Optimal Selection for Direct Mail" (1995).

    Args:
        column: An amount.
        windows: Lengths such as "90d", for frequency and amounts.

    >>> [type(one.aggregation).__name__ for one in rfm("price", "90d")]
    ['TimeSince', 'TimeSince', 'Count', 'Sum', 'Mean', 'Max']
    """
    return [*recency(), *frequency(*windows), *monetary(column, *windows)]
