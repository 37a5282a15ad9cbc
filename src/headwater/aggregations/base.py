'''How an aggregation is written: one file, one frozen class, four small functions.

An aggregation is a mergeable state. It is written once and serves windows in batch and at request
time, fits on training rows, and (as `merge`) anything that is computed in parts. The file's name is
the aggregation's name; nothing else lists it. A complete one:

```python
from dataclasses import dataclass

from headwater.aggregations.base import NULL, VALUE, Aggregation


@dataclass(frozen=True, slots=True)
class Longest(Aggregation):
    """The largest number, NaN above all.

    Nulls are skipped, empty input gives null, order does not matter.
    """

    takes = ("integer", "float")
    returns = "value"

    @staticmethod
    def prepare(x, valid, start, stop):
        return 0, 1                       # (a scale for the group, words of state)

    @staticmethod
    def lift(state, x, i, scale):         # the state of row i alone; `state` holds zeros
        state[0] = i + 1

    @staticmethod
    def merge(into, left, right, x, rank):  # left before right; into may be one of them
        a, b = left[0], right[0]
        if a > 0 and b > 0:
            b = b if x[b - 1] > x[a - 1] or x[b - 1] != x[b - 1] else a
        into[0] = b if b > 0 else a

    @staticmethod
    def result(state, x, scale):          # (VALUE, NULL, TIE or OVERFLOW, the value)
        if state[0] == 0:
            return NULL, 0
        return VALUE, x[state[0] - 1] + 0  # both zeros become one, so that order does not matter
```

`state` is a row of 64-bit integer words; zeros are the empty state and must be neutral in `merge`.
`x` holds the group's values in event order as float64 or int64; values that are not numbers are
codes that order as they do. Where `returns` is "row" the result is a position, and the value there
is taken whatever its type; `x` then always holds codes, for an `ordered` aggregation only where
rows tie. Write plain Python that Numba can compile: loops, integers, floats, `math`; helpers from
`headwater.kernel.limbs` may be called. `headwater.testing.aggregation_laws` says which laws the
result has to meet, and `check_laws(Longest)` whether it does.

What no few words can merge, such as a number of distinct values or the middle one, is folded over
the values in sight instead. A complete one of this kind:

```python
from dataclasses import dataclass

from headwater.aggregations.base import NULL, ORDERED_KINDS, VALUE, Aggregation


@dataclass(frozen=True, slots=True)
class Commonest(Aggregation):
    """The value that most rows hold, of several the least.

    Nulls are skipped, empty input gives null, order does not matter.
    """

    takes = ORDERED_KINDS
    folds = "values"
    returns = "row"

    @staticmethod
    def room(distinct):                   # words of state for so many distinct values
        return distinct

    @staticmethod
    def add(state, code, x):              # one more row holds the value of this code
        state[code] += 1

    @staticmethod
    def remove(state, code, x):           # one row less holds it
        state[code] -= 1

    @staticmethod
    def result(state, x):                 # (VALUE or NULL, the value)
        best = 0
        for code in range(state.shape[0]):
            if state[code] > state[best]:
                best = code
        if state.shape[0] == 0 or state[best] == 0:
            return NULL, -1
        return VALUE, x[best]
```

An entity's distinct values are numbered from 0 in their order (that of lists and structs is any):
both zeros are one value, NaN is the last. Where `returns` is "float" or "value", `x[code]` is the
number itself; else the position of a row that holds the value. A state depends on what is in sight
only, not on what came first or has left; so `remove` undoes `add` exactly.

A statistic that only fits need (`serves = ("fit",)`) may be written as one function of how often
each value occurs, `summarise(counts)`; see `median.py`.
'''

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Literal

from headwater.errors import Place, caller
from headwater.kernel.passes import NAN_CODE as NAN_CODE
from headwater.kernel.passes import NULL as NULL
from headwater.kernel.passes import OVERFLOW as OVERFLOW
from headwater.kernel.passes import TIE as TIE
from headwater.kernel.passes import VALUE as VALUE

Kind = Literal["integer", "float", "boolean", "string", "time", "duration", "other"]
EVERY_KIND: tuple[Kind, ...] = (
    "integer",
    "float",
    "boolean",
    "string",
    "time",
    "duration",
    "other",
)
NUMBERS: tuple[Kind, ...] = ("integer", "float", "boolean")
ORDERED_KINDS: tuple[Kind, ...] = (*NUMBERS, "string", "time", "duration")


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A fold over the rows of one entity, or of a training set.

    Args:
        column: A column's name or a Polars row expression; None where no value is read.
        name: The feature's name; needed for an expression, else made from column and aggregation.
        where: A Polars row expression or the name of a boolean column; other rows do not count.
    """

    column: Any = None
    name: str | None = field(default=None, kw_only=True)
    where: Any = field(default=None, kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, compare=False, repr=False)

    takes: ClassVar[tuple[Kind, ...]] = NUMBERS
    """The kinds of value it can take."""
    reads: ClassVar[Literal["value", "rows"]] = "value"
    """`rows`: it may be written without a column and then reads none."""
    folds: ClassVar[Literal["states", "values"]] = "states"
    """`states` are lifted and merged; `values` are added and removed one by one."""
    counts_nulls: ClassVar[bool] = False
    """Whether a row whose value is null counts too."""
    computes_in: ClassVar[Literal["float", "same"]] = "same"
    """`float`: booleans and integers within 2**53 are folded as float64, which is exact."""
    returns: ClassVar[Literal["float", "integer", "value", "row"]] = "float"
    """`value`: an integer for integers and booleans, else a float. `row`: one of the values."""
    when_empty: ClassVar[int | None] = None
    """The result over no row."""
    ordered: ClassVar[bool] = False
    """Whether the result depends on event order, so that ties need a sequence."""
    integers: ClassVar[type | None] = None
    """A class with the four functions for int64 values; None where the same serve both."""
    serves: ClassVar[tuple[str, ...]] = ("window", "fit")
    """`window` for features, `fit` for statistics over training rows."""

    def within(self, *windows: str | timedelta) -> Windowed:
        """This aggregation over the window `[as_of - length, as_of)`, once for each length."""
        return Windowed(self, windows)

    def over_all(self) -> Windowed:
        """This aggregation over all history before `as_of`."""
        return Windowed(self, (None,))

    def ahead(self, horizon: str | timedelta) -> Ahead:
        """This aggregation over what comes, `[as_of, as_of + horizon)`; for labels only."""
        return Ahead(self, horizon)

    @property
    def word(self) -> str:
        """The aggregation's name in a column's name: `Mean` is `mean`."""
        name = type(self).__name__
        return "".join(
            f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name)
        )


@dataclass(frozen=True, slots=True)
class Windowed:
    """An aggregation with its windows; None is all history.

    Args:
        aggregation: What is folded.
        windows: Lengths such as "7d" or a timedelta.
    """

    aggregation: Aggregation
    windows: Sequence[str | timedelta | None]


@dataclass(frozen=True, slots=True)
class Ahead:
    """An aggregation over the time after `as_of`, which only a label may read.

    Args:
        aggregation: What is folded.
        horizon: A length such as "30d" or a timedelta.
    """

    aggregation: Aggregation
    horizon: str | timedelta
