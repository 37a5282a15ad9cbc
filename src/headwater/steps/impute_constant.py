"""ImputeConstant: missing values become one that is given."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from headwater.aggregations.value_counts import ValueCounts
from headwater.errors import SpecError
from headwater.kernel.row_operations import ColumnKind, RowOperation, fill, recode
from headwater.steps.base import Statistic, Step, is_text


@dataclass(frozen=True, slots=True)
class ImputeConstant(Step):
    """Replace missing values by a number in columns of numbers, by a text in categories.

    Nulls are what it fills, in a column of numbers NaN as well; all other values pass as they are.
    In a category the text is one more value of it, or the same one where a row holds it already;
    an unseen value stays unseen. The order of rows does not matter. A column without any
    value in the training rows is filled like any other; empty input, so no training row at all, is
    an error (HW602).

    Args:
        columns: What it prepares: numbers for a number, categories for a text.
        value: What stands for a missing value; a finite number or a text.

    >>> from headwater.steps.selectors import columns
    >>> print(*ImputeConstant(columns("delay"), value=0).outputs(["delay"], {}))
    delay = fill(delay, 0.0)
    >>> learned = {"carrier": {"AA": 2, "UA": 1}}
    >>> step = ImputeConstant(columns("carrier"), value="none")
    >>> step.outputs(["carrier"], learned)[0].words
    ('AA', 'UA', 'none')
    """

    value: float | str = field(kw_only=True)

    takes: ClassVar[ColumnKind | Literal["any"]] = "any"
    gives: ClassVar[Literal["number", "same"]] = "same"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({"value": -1.0}, {"value": "none"})

    def __post_init__(self) -> None:
        Step.__post_init__(self)
        value = self.value
        if not is_text(value) and not _is_finite(value):
            self.refuse_argument(f"value must be a finite number or a text, not {value!r}")

    def select(self, columns: Mapping[str, ColumnKind]) -> tuple[str, ...]:
        chosen = Step.select(self, columns)
        kind = "category" if isinstance(self.value, str) else "number"
        for column in chosen:
            if columns[column] != kind:
                message = f"{self.value!r} cannot stand in column {column!r}, a {columns[column]}"
                hint = "numbers take a number, so hw.numeric(); text a text, so hw.strings()"
                raise SpecError("HW601", message, place=self._place(), hint=hint)
        return chosen

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        if isinstance(self.value, str):
            return {column: ValueCounts(column) for column in columns}
        return {}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        value = self.value
        if not isinstance(value, str):
            return [fill(column, float(value)) for column in columns]
        # the text itself is a word: a row that brings it is one with those that were filled
        return [
            recode(column, {word: word for word in (*statistics[column], value)}, missing=value)
            for column in columns
        ]


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max
