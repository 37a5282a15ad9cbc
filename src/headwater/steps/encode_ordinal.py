"""EncodeOrdinal: a category becomes its position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from headwater.aggregations.value_counts import ValueCounts
from headwater.kernel.row_operations import ColumnKind, RowOperation, look_up
from headwater.steps.base import Statistic, Step, is_text


@dataclass(frozen=True, slots=True)
class EncodeOrdinal(Step):
    """Replace a category by its position, from 0, among the sorted training values.

    With `order` it is the position there, so that a larger number means more of something; a
    training value that `order` does not name is an error (HW602).

    Of n positions the last is n - 1; nulls become n and unseen values n + 1, whether the training
    rows hold any or not. Without `order` a column without any value in the training rows, so empty
    input too, is an error (HW602). The order of rows does not matter.

    Args:
        columns: What it prepares.
        order: All values from the first to the last; None sorts those of the training rows.

    >>> from headwater.steps.selectors import columns
    >>> step = EncodeOrdinal(columns("size"), order=["small", "large"])
    >>> (operation,) = step.outputs(["size"], {"size": {"large": 3, "small": 2}})
    >>> operation.vocabulary, operation.table
    (('large', 'small'), (1.0, 0.0, 2.0, 3.0))
    """

    order: Sequence[str] | None = field(default=None, kw_only=True)

    takes: ClassVar[ColumnKind | Literal["any"]] = "category"

    def __post_init__(self) -> None:
        Step.__post_init__(self)
        if self.order is None:
            return
        words: object = self.order
        if not words or not isinstance(words, list | tuple) or not all(map(is_text, words)):
            self.refuse_argument(f"order must be a list of texts, not {words!r}")
        if len(set(self.order)) < len(self.order):
            self.refuse_argument("order names a value twice")
        object.__setattr__(self, "order", tuple(self.order))

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {column: ValueCounts(column) for column in columns}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        return [self._encoded(column, statistics) for column in columns]

    def _encoded(self, column: str, statistics: Mapping[str, Any]) -> RowOperation:
        words = self.order
        if words is None:
            words = sorted(self.vocabulary(statistics, column, of=column))
        strangers = sorted(statistics[column].keys() - set(words))
        if strangers:
            listed = ", ".join(map(repr, strangers[:3])) + (", ..." if strangers[3:] else "")
            message = f"column {column!r} holds values that order= does not name: {listed}"
            self.refuse(message, hint="name every value, from the first to the last")
        codes = {word: float(code) for code, word in enumerate(words)}
        return look_up(column, codes, missing=float(len(words)), unseen=len(words) + 1.0)
