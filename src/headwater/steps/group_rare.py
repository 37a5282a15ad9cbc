"""GroupRare: the rare values of a category become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from headwater.aggregations.value_counts import ValueCounts
from headwater.kernel.row_operations import ColumnKind, RowOperation, recode
from headwater.steps.base import Statistic, Step, is_text


@dataclass(frozen=True, slots=True)
class GroupRare(Step):
    """Replace the values of a category that are rare in the training rows by `into`.

    A value is rare with fewer than `min_count` rows, or with less than `min_share` of the rows that
    have a value. The column is a category still, and later steps see the new values only.

    Nulls stay null. An unseen value, one that training never had, is as rare as can be and becomes
    `into` too, also where no training value did. A training value that is called like `into`
    belongs to the group, however frequent it is: name another `into` to tell them apart. A column
    without any value in the training rows, so empty input too, is an error (HW602). The order of
    rows does not matter.

    Args:
        columns: What it prepares.
        min_share: Above 0, at most 1.
        min_count: From 1. At least one of the two must be given.
        into: What the rare values are called.

    >>> from headwater.steps.selectors import columns
    >>> step = GroupRare(columns("carrier"), min_count=2)
    >>> (operation,) = step.outputs(["carrier"], {"carrier": {"AA": 9, "OO": 1, "UA": 2}})
    >>> operation.words
    ('AA', 'UA', 'other')
    """

    min_share: float | None = field(default=None, kw_only=True)
    min_count: int | None = field(default=None, kw_only=True)
    into: str = field(default="other", kw_only=True)

    takes: ClassVar[ColumnKind | Literal["any"]] = "category"
    gives: ClassVar[Literal["number", "same"]] = "same"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"min_share": 0.15},
        {"min_count": 25, "into": "ä"},
    )

    def __post_init__(self) -> None:
        Step.__post_init__(self)
        share, count = self.min_share, self.min_count
        if share is None and count is None:
            self.refuse_argument("min_share or min_count must say what is rare")
        if share is not None and not (_is_number(share) and 0.0 < share <= 1.0):
            self.refuse_argument(f"min_share must be above 0 and at most 1, not {share!r}")
        if count is not None and not (type(count) is int and count >= 1):
            self.refuse_argument(f"min_count must be an integer from 1, not {count!r}")
        if not is_text(self.into):
            self.refuse_argument(f"into must be a text, not {self.into!r}")

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {column: ValueCounts(column) for column in columns}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        return [
            self._grouped(column, self.vocabulary(statistics, column, of=column))
            for column in columns
        ]

    def _grouped(self, column: str, counts: Mapping[str, int]) -> RowOperation:
        rows = sum(counts.values())
        words = {
            word: self.into if self._is_rare(count, rows) else word
            for word, count in counts.items()
        }
        return recode(column, words, unseen=self.into)

    def _is_rare(self, count: int, rows: int) -> bool:
        return count < (self.min_count or 0) or count / rows < (self.min_share or 0.0)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
