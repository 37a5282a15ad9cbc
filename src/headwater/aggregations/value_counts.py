"""ValueCounts: how often each value occurs, for fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from headwater.aggregations.base import EVERY_KIND, Aggregation, Kind


@dataclass(frozen=True, slots=True)
class ValueCounts(Aggregation):
    """A dictionary from value to its number of rows, sorted by value.

    Nulls are skipped, NaN is a value; empty input gives an empty dictionary; order does not matter.
    Its state is the count of each value, which merges by adding.

    >>> ValueCounts.summarise(pl.DataFrame({"value": ["a", "b"], "rows": [1, 2]}))
    {'a': 1, 'b': 2}
    """

    takes: ClassVar[tuple[Kind, ...]] = tuple(kind for kind in EVERY_KIND if kind != "other")
    serves: ClassVar[tuple[str, ...]] = ("fit",)

    @staticmethod
    def summarise(counts: pl.DataFrame) -> dict[Any, int]:
        """The counts as a dictionary."""
        return dict(zip(counts["value"].to_list(), counts["rows"].to_list(), strict=True))
