"""NotNull: every value is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation
from headwater.aggregations.count import Count
from headwater.checks.base import ColumnsCheck, Planted


@dataclass(frozen=True, slots=True, init=False)
class NotNull(ColumnsCheck):
    """No null in any of the columns; a row with several nulls breaks it once.

    Null is what it counts; NaN is a value and passes. No rows pass; the order of rows does not
    matter.

    >>> NotNull("carrier", "origin").broken({"broken": 3})
    3
    """

    def wanted(self) -> dict[str, Aggregation]:
        return {"broken": Count(where=self.breaks())}

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["broken"])

    def breaks(self) -> pl.Expr:
        return pl.any_horizontal(*(pl.col(column).is_null() for column in self.columns))

    @classmethod
    def planted(cls) -> Planted:
        return Planted(
            cls("carrier", "delay"),
            keeps={"carrier": ["UA", ""], "delay": [1.0, float("nan")]},
            breaks={"carrier": [None, "UA", None], "delay": [1.0, None, None]},
        )
