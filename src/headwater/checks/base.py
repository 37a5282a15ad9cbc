'''How a check is written: one file, one frozen class, three methods.

A check says what should hold of each row of a source, and counts the rows that break it. It never
sees a row: it names the statistics that it wants, and reads the number off their results. So a
check is a fold, like all else that is learned from data: the order of rows does not matter, and one
pass serves all checks of a source. The file's name is the check's name; nothing else lists it.
A complete one:

```python
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation
from headwater.aggregations.count import Count
from headwater.checks.base import Check, Planted


@dataclass(frozen=True, slots=True)
class Positive(Check):
    """Numbers above zero; nulls and NaN pass, no rows pass, the order of rows does not matter."""

    column: str

    def wanted(self) -> dict[str, Aggregation]:
        return {"broken": Count(where=pl.col(self.column) <= 0)}

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["broken"])

    @classmethod
    def planted(cls) -> Planted:
        return Planted(cls("price"), keeps={"price": [2.5, None]}, breaks={"price": [0.0, -1.0]})
```

It stands in `hw.Source(..., contract=[hw.Positive("price", at_most=3)])`. Statistics are
aggregations that serve fits, over columns of the source; rows that `where=` leaves out are gone
by then. `planted` is the example that the laws of `headwater.testing.check_laws` are tried on, and
`check_laws(Positive)` says whether they hold. A check of several columns is a `ColumnsCheck`; one
with arguments of its own says in `faults` what is wrong with them. A check that can tell from a row
alone whether this row breaks it says so in `breaks`, and may then set such rows aside:

    def breaks(self) -> pl.Expr:
        return pl.col(self.column) <= 0
'''

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from headwater.aggregations.base import Aggregation
from headwater.errors import Place, caller

OnBreak = Literal["fail", "warn", "set_aside"]


@dataclass(frozen=True, slots=True)
class Planted:
    """An example of a check, with rows that show what it counts.

    Args:
        check: One with its columns.
        keeps: Values by column; no row of these breaks it.
        breaks: As many columns; below the rows of `keeps`, each of these breaks it.
    """

    check: Check
    keeps: Mapping[str, Sequence[Any]]
    breaks: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Check(ABC):
    """Something that should hold of each row of a source.

    Args:
        at_most: How many rows may break it: a number of rows, or as a float a share of them. By
            default none; where rows are set aside, any number.
        where: A Polars row expression or the name of a boolean column; other rows do not count.
        on_break: `fail` stops what reads the source (HW411), `warn` reports a finding, `set_aside`
            leaves the rows that break it out of all that is read, and keeps them apart with the
            reason. Only a check that tells from a row alone can do that (HW215).
    """

    at_most: int | float | None = field(default=None, kw_only=True)
    where: Any = field(default=None, kw_only=True)
    on_break: OnBreak = field(default="fail", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, compare=False, repr=False)

    @abstractmethod
    def wanted(self) -> dict[str, Aggregation]:
        """The statistics over the source's rows that `broken` needs, by a name of its own."""

    @abstractmethod
    def broken(self, statistics: Mapping[str, Any]) -> int:
        """How many rows break it, given the statistics by the names of `wanted`."""

    @classmethod
    @abstractmethod
    def planted(cls) -> Planted:
        """An example on which the laws of checks are tried."""

    def note(self, statistics: Mapping[str, Any]) -> str:
        """What else is to be said of what was found, in few words; by default nothing."""
        return ""

    def faults(self, types: Mapping[str, pl.DataType]) -> list[str]:
        """What is wrong with its own arguments, given the types of its columns."""
        return []

    def breaks(self) -> pl.Expr | None:
        """True for a row that breaks it, told from this row alone; None where others decide."""
        return None

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that it is about: its field `column`, or `columns` where it has several."""
        one = getattr(self, "column", None)
        return tuple(getattr(self, "columns", ())) if one is None else (one,)


@dataclass(frozen=True, slots=True, init=False)
class ColumnsCheck(Check):
    """A check of several columns at once, written one after the other.

    Args:
        columns: Their names.
        at_most: As in `Check`, and so the others.
    """

    columns: tuple[str, ...]

    def __init__(
        self,
        *columns: str,
        at_most: int | float | None = None,
        where: Any = None,
        on_break: OnBreak = "fail",
    ) -> None:
        Check.__init__(self, at_most=at_most, where=where, on_break=on_break)
        object.__setattr__(self, "columns", columns)
