"""condition_share: of how many rows a condition holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headwater.aggregations.base import Windowed
from headwater.aggregations.share import Share


def condition_share(
    condition: Any, *windows: str | timedelta, name: str | None = None
) -> list[Windowed]:
    """The part of the rows within each window that meet a condition; null over none.

    Args:
        condition: A boolean column, or a Polars row expression that gives one.
        windows: Lengths such as "30d".
        name: What the feature is called; an expression needs it.

    >>> import polars as pl
    >>> condition_share(pl.col("hour") < 6, "30d", name="at_night")[0].aggregation.name
    'at_night'
    """
    return [Share(condition, name=name).within(*windows)]
