"""Unique: no combination of values occurs twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from headwater.aggregations.base import EVERY_KIND, Aggregation, Kind
from headwater.checks.base import ColumnsCheck, Planted


@dataclass(frozen=True, slots=True)
class _Repeats(Aggregation):
    """How many rows hold a value that another row before them holds, in any order of rows.

    Its state is the count of each value, which merges by adding.
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    serves: ClassVar[tuple[str, ...]] = ("fit",)

    @staticmethod
    def summarise(counts: pl.DataFrame) -> int:
        """All rows but one of each value."""
        return int(counts["rows"].sum()) - counts.height


@dataclass(frozen=True, slots=True, init=False)
class Unique(ColumnsCheck):
    """No combination of values of the columns occurs in two rows; all but one of them break it.

    Rows with a null in any of the columns are not compared and pass. NaN equals NaN, and both zeros
    are one. No rows pass; the order of rows does not matter.

    >>> Unique("date", "flight").broken({"repeats": 2})
    2
    """

    def wanted(self) -> dict[str, Aggregation]:
        parts = [pl.col(column) for column in self.columns]
        is_whole = pl.all_horizontal(*(part.is_not_null() for part in parts))
        return {"repeats": _Repeats(pl.struct(*parts), where=is_whole)}

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["repeats"])

    @classmethod
    def planted(cls) -> Planted:
        return Planted(
            cls("origin", "flight"),
            keeps={"origin": ["JFK", "JFK", "EWR", None, None], "flight": [1, 2, 1, 1, 1]},
            breaks={"origin": ["JFK", "JFK", "EWR"], "flight": [1, 1, 1]},
        )
