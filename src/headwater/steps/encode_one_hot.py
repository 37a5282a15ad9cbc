"""EncodeOneHot: one column of zeros and ones per category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from headwater.aggregations.count import Count
from headwater.aggregations.value_counts import ValueCounts
from headwater.kernel.row_operations import ColumnKind, RowOperation, drop, equals_word
from headwater.steps.base import Statistic, Step

_ROWS = "rows"


@dataclass(frozen=True, slots=True)
class EncodeOneHot(Step):
    """Replace a category by one column of 0 and 1 per training value, `carrier=AA`.

    Values are sorted, and the new columns come last. Nulls get a column of their own, the last,
    `carrier=null`, if the training rows hold any; else a null is 0 in all columns. A value that
    training never saw, so unseen, is 0 in all columns. A column without any value in the training
    rows, so empty input too, is an error (HW602). The order of rows does not matter.

    Args:
        columns: What it prepares.
        max_categories: How many values a column may have before it is an error (HW602).

    >>> from headwater.steps.selectors import columns
    >>> learned = {"values carrier": {"AA": 2, "UA": 1}, "rows": 4}
    >>> print(*EncodeOneHot(columns("carrier")).outputs(["carrier"], learned), sep="; ")
    carrier=AA = equals(carrier, 'AA'); carrier=UA = equals(carrier, 'UA');
    carrier=null = equals(carrier, None); drop(carrier)
    """

    max_categories: int = field(default=100, kw_only=True)

    takes: ClassVar[ColumnKind] = "category"
    keeps_names: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Step.__post_init__(self)
        if self.max_categories < 1:
            self.refuse_argument(f"max_categories must be at least 1, not {self.max_categories}")

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        counts = {f"values {column}": ValueCounts(column) for column in columns}
        return {**counts, _ROWS: Count()}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        rows = statistics[_ROWS]
        return [
            operation
            for column in columns
            for operation in self._one_hot(column, statistics[f"values {column}"], rows)
        ]

    def _one_hot(self, column: str, counts: Mapping[str, int], rows: int) -> list[RowOperation]:
        vocabulary = sorted(counts)
        words = [*vocabulary, *([None] if sum(counts.values()) < rows else [])]
        self._check(column, words)
        return [
            *(
                equals_word(column, word, vocabulary=vocabulary, into=_name(column, word))
                for word in words
            ),
            drop(column),
        ]

    def _check(self, column: str, words: Sequence[str | None]) -> None:
        values = [word for word in words if word is not None]
        if not values:
            self.refuse(f"column {column!r} has no value in the training rows")
        if len(values) > self.max_categories:
            self.refuse(
                f"column {column!r} has {len(values)} values, more than {self.max_categories}",
                hint="raise max_categories, or use EncodeTarget",
            )
        if None in words and "null" in values:
            self.refuse(
                f"column {column!r} holds nulls and the text 'null', which would share a column",
                hint="turn the text into null, or the nulls into another text",
            )


def _name(column: str, word: str | None) -> str:
    return f"{column}={'null' if word is None else word}"
