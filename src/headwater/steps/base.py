'''How a preparation step is written: one file, one frozen class, two methods.

A step never sees a row. It names the statistics that it wants, and says what to do to one row once
they are known. Whoever fits it decides which rows may answer: the training rows, and only those.
The file's name is the step's name; nothing else lists it. A complete one:

```python
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.aggregations.mean import Mean
from headwater.kernel.row_operations import RowOperation, affine
from headwater.steps.base import Statistic, Step


@dataclass(frozen=True, slots=True)
class CenterMean(Step):
    """Subtract the mean of the training rows.

    Nulls stay null; a column that is null in all training rows is an error, and so is empty input;
    the order of rows does not matter; there are no unseen values, all numbers are shifted alike.
    """

    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        return {column: Mean(column) for column in columns}

    def outputs(
        self, columns: Sequence[str], statistics: Mapping[str, Any]
    ) -> list[RowOperation]:
        return [
            affine(column, shift=self.number(statistics, column, of=column), scale=1.0)
            for column in columns
        ]
```

Statistics are aggregations over the selected columns, which are Float64 (missing is null) or
String by then; `Grouped` asks once per category. What may be done to a row is in
`headwater.kernel.row_operations`. A step that learns from the label is an `OutOfFoldStep`; one
that needs no statistics wants `{}`. One that takes categories says `takes`, one that leaves them
categories `gives`, one that adds or ends columns `keeps_names`, and one that cannot be written
without arguments gives `examples` of them, with which it is tested against the laws of all steps.
'''

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, NoReturn, TypeAlias

from headwater.aggregations.base import Aggregation
from headwater.errors import DataError, Place, SpecError, caller
from headwater.kernel.row_operations import ColumnKind, RowOperation
from headwater.steps.selectors import Selector

LABEL = "<label>"
"""The label's column, which only exists while a supervised step is fitted."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """An aggregation once for each value of a category; the answer is a dict, without null.

    Args:
        aggregation: What is folded.
        by: The category.
    """

    aggregation: Aggregation
    by: str


Statistic: TypeAlias = Aggregation | Grouped


def is_text(value: object) -> bool:
    """Whether it is text that a frame can hold, which half of a surrogate pair is not."""
    return isinstance(value, str) and value.encode(errors="ignore").decode() == value


@dataclass(frozen=True, slots=True)
class Step(ABC):
    """A preparation that learns from training rows and then works row by row.

    Args:
        columns: What it prepares; see `headwater.steps.selectors`.
    """

    columns: Selector
    place: Place | None = field(default_factory=caller, kw_only=True, compare=False, repr=False)

    takes: ClassVar[ColumnKind | Literal["any"]] = "number"
    """The kind of column it can prepare."""
    gives: ClassVar[Literal["number", "same"]] = "number"
    """What its columns are afterwards; `same`: of the kind that they were."""
    supervised: ClassVar[bool] = False
    """Whether it may ask for `LABEL`."""
    keeps_names: ClassVar[bool] = True
    """Whether each column comes out once, under its own name."""
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({},)
    """Arguments beside `columns`, one mapping for each way in which the laws should try it."""

    def __post_init__(self) -> None:
        if not isinstance(self.columns, Selector):
            hint = 'hw.numeric(), hw.strings() or hw.columns("a", "b")'
            found = type(self.columns).__name__
            self.refuse_argument(f"columns must be a selector, not a {found}", hint=hint)

    def select(self, columns: Mapping[str, ColumnKind]) -> tuple[str, ...]:
        """The columns that this step prepares, of those that there are.

        Raises:
            SpecError: HW601, it matches no column or one of the wrong kind.
        """
        chosen = self.columns.resolve(columns, place=self._place())
        if not chosen:
            listed = ", ".join(f"{name} ({kind})" for name, kind in columns.items()) or "none"
            message = f"{type(self).__name__} matches no column"
            raise SpecError("HW601", message, place=self._place(), hint=f"columns: {listed}")
        for column in chosen:
            if self.takes not in (columns[column], "any"):
                self._refuse_kind(column, columns[column])
        return chosen

    def columns_after(self, columns: Mapping[str, ColumnKind]) -> dict[str, ColumnKind] | None:
        """The columns that this step will leave; None where only its statistics tell their names.

        Raises:
            SpecError: HW601, it does not fit the columns.
        """
        chosen = self.select(columns)
        if not self.keeps_names:
            return None
        after = dict(columns)
        if self.gives == "number":
            after |= dict.fromkeys(chosen, "number")
        return after

    @abstractmethod
    def wanted(self, columns: Sequence[str]) -> dict[str, Statistic]:
        """The statistics over the training rows that `outputs` needs, by a name of its own."""

    @abstractmethod
    def outputs(self, columns: Sequence[str], statistics: Mapping[str, Any]) -> list[RowOperation]:
        """What to do to a row, given the statistics by the names of `wanted`."""

    def number(self, statistics: Mapping[str, Any], key: str, *, of: str) -> float:
        """The finite number that a statistic is.

        Args:
            statistics: As given to `outputs`.
            key: The name of the statistic.
            of: The column, for the message.

        Raises:
            DataError: HW602, it is null, NaN or infinite.
        """
        value = statistics[key]
        if value is None:
            self.refuse(f"column {of!r} has no value in the training rows")
        if not math.isfinite(value):
            self.refuse(f"column {of!r} has infinite values in the training rows")
        return float(value) + 0.0  # one zero: which of the two came first depends on the order

    def vocabulary(self, statistics: Mapping[str, Any], key: str, *, of: str) -> Mapping[str, int]:
        """The training words that a statistic counts, at least one.

        Args:
            statistics: As given to `outputs`.
            key: The name of a `ValueCounts`.
            of: The column, for the message.

        Raises:
            DataError: HW602, there is none.
        """
        counts: Mapping[str, int] = statistics[key]
        if not counts:
            self.refuse(f"column {of!r} has no value in the training rows")
        return counts

    def refuse(self, message: str, *, hint: str = "leave it out of the recipe") -> NoReturn:
        """Raise that the training rows do not give what this step needs (HW602)."""
        raise DataError("HW602", message, place=self._place(), hint=hint)

    def __str__(self) -> str:
        """The step as it was written, without what was left at its default."""
        said = [
            f"{one.name}={getattr(self, one.name)!r}"
            for one in fields(self)
            if one.name not in ("columns", "place") and getattr(self, one.name) != one.default
        ]
        return f"{type(self).__name__}({', '.join([str(self.columns), *said])})"

    def refuse_argument(self, message: str, *, hint: str | None = None) -> NoReturn:
        """Raise that an argument has no meaning (HW211), where it was written."""
        raise SpecError("HW211", message, place=self._place(), hint=hint)

    def _refuse_kind(self, column: str, kind: ColumnKind) -> NoReturn:
        to_number = "encode it first, for example with EncodeTarget or EncodeOneHot"
        to_category = "cast it to text first, or select hw.strings()"
        raise SpecError(
            "HW601",
            f"{type(self).__name__} prepares a {self.takes}, and column {column!r} is a {kind}",
            place=self._place(),
            hint=to_number if self.takes == "number" else to_category,
        )

    def _place(self) -> Place | None:
        return None if self.place is None else self.place.of(type(self).__name__)


@dataclass(frozen=True, slots=True)
class OutOfFoldStep(Step):
    """A step that learns from the label, so that training rows must not see their own.

    The training rows come out of it fold by fold, each prepared with the statistics of the other
    folds. All other rows are prepared with the statistics of all training rows. The columns that
    come out must not depend on the statistics.

    Args:
        columns: What it prepares.
        folds: In how many parts the training rows are dealt, at random from the derived seed.
    """

    folds: int = field(default=5, kw_only=True)

    supervised: ClassVar[bool] = True

    def __post_init__(self) -> None:
        Step.__post_init__(self)
        if self.folds < 2:
            self.refuse_argument(f"folds must be at least 2, not {self.folds}")
