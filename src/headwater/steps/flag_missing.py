"""FlagMissing: a column of zeros and ones that says where a value is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.errors import SpecError
from headwater.kernel.row_operations import ColumnKind, RowOperation, is_missing
from headwater.steps.base import Statistic, Step


@dataclass(frozen=True, slots=True)
class FlagMissing(Step):
    """Add `<column>_missing`, which is 1 where the value is missing and else 0; the column stays.

    Put it before the step that fills the column: afterwards nothing is missing.

    Missing is null, and NaN in a column of numbers; an empty text is a value. Nothing is learned:
    a column that is never missing in the training rows gets its flag all the same, the order of
    rows does not matter, and an unseen value is not missing. Empty input is an error (HW602), as
    for every step. The new columns come last; a name that exists is an error (HW601).

    >>> from headwater.steps.selectors import columns
    >>> print(*FlagMissing(columns("delay")).outputs(["delay"], {}))
    delay_missing = is_missing(delay)
    """

    takes: ClassVar[ColumnKind | Literal["any"]] = "any"
    gives: ClassVar[Literal["number", "same"]] = "same"
    keeps_names: ClassVar[bool] = False

    def columns_after(self, columns: Mapping[str, ColumnKind]) -> dict[str, ColumnKind]:
        flags = [_name(column) for column in self.select(columns)]
        for name in flags:
            if name in columns:
                message = f"FlagMissing would write over column {name!r}"
                raise SpecError("HW601", message, place=self._place(), hint="rename that column")
        return {**columns, **dict.fromkeys(flags, "number")}

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {}

    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        return [is_missing(column, into=_name(column)) for column in columns]


def _name(column: str) -> str:
    return f"{column}_missing"
