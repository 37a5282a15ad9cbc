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

Where states of hundreds of words add (`merge = staticmethod(add_words)`), too many to hold one for
each row, a function `count_row(state, x, i, scale, number)` adds what `lift` makes of a row, or,
for a number of -1, takes it away again; rows then enter and leave one state, which `result` has to
leave as it is. See `approximate_quantile.py`. Where they do not add, `slides_as` may name a class
with `prepare`, `count_row` and `result` over a state that does.

A statistic that only fits need (`serves = ("fit",)`) may be written as one function of how often
each value occurs, `summarise(counts)`; see `median.py`.

A member that needs more names it in `reads_also`. Arrays then follow `x` wherever a function takes
`x`, in this order: `time` (event times, int64 microseconds), `other` (float64 values of the field
`other`, a second column; rows where one of both is null do not count), `parameters` (float64, what
the property `parameters` gives) and `index` (int64, a row of each different `x`, in the order of
`x`). `as_of` is the moment T, a number, which follows the other
arguments of `result`. Of a fold over values only `result` is given more, never time or other.
A member that `returns` a list (`rows`, `integers` or `counted`) writes its items into one array
more, the last argument of `result`, and gives their number; the property `most` is its length.
`example` holds the arguments with which such a member is tried and shown. A complete one:

```python
from dataclasses import dataclass

from headwater.aggregations.base import NULL, VALUE, Aggregation


@dataclass(frozen=True, slots=True)
class EachSide(Aggregation):
    """How many values are below a limit, and how many are not; NaN is on no side.

    Nulls are skipped, empty input gives null, order does not matter.
    """

    limit: float = 0.0

    takes = ("integer", "float")
    returns = "integers"
    reads_also = ("parameters",)
    most = 2
    example = {"limit": 1.5}

    @property
    def label(self):                      # in the name of a column: amount_each_side_1.5_7d
        return (f"{self.limit:g}",)

    @property
    def parameters(self):
        return (self.limit,)

    def parameter_fault(self):            # told with the other faults of a plan
        return "limit= is not a number" if self.limit != self.limit else None

    @staticmethod
    def prepare(x, parameters, valid, start, stop):
        return 0, 2

    @staticmethod
    def lift(state, x, parameters, i, scale):
        state[0] = 1 if x[i] < parameters[0] else 0
        state[1] = 1 if x[i] >= parameters[0] else 0

    @staticmethod
    def merge(into, left, right, x, parameters, rank):
        for k in range(2):
            into[k] = left[k] + right[k]

    @staticmethod
    def result(state, x, parameters, scale, into):
        for k in range(2):
            into[k] = state[k]
        return (VALUE if state[0] + state[1] > 0 else NULL), 2
```

What is made of the results of other aggregations is a `Composite`: it names them as `parts`, each
folded over the same window, or `Earlier` over the window of the same length just before.
'''

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Literal

from headwater.errors import Place, caller
from headwater.kernel.passes import NAN_CODE as NAN_CODE
from headwater.kernel.passes import NULL as NULL
from headwater.kernel.passes import OVERFLOW as OVERFLOW
from headwater.kernel.passes import TIE as TIE
from headwater.kernel.passes import VALUE as VALUE
from headwater.schema.windows import DeclaredWindow, Hopping, NewestRows, Session, SoFar

Kind = Literal["integer", "float", "boolean", "decimal", "string", "time", "duration", "other"]
EVERY_KIND: tuple[Kind, ...] = (
    "integer",
    "float",
    "boolean",
    "decimal",
    "string",
    "time",
    "duration",
    "other",
)
NUMBERS: tuple[Kind, ...] = ("integer", "float", "boolean", "decimal")
ORDERED_KINDS: tuple[Kind, ...] = (*NUMBERS, "string", "time", "duration")
Extra = Literal["time", "other", "parameters", "index", "as_of"]
Returns = Literal[
    "float",
    "integer",
    "boolean",
    "duration",
    "value",
    "difference",
    "row",
    "rows",
    "integers",
    "counted",
]
LISTS: tuple[Returns, ...] = ("rows", "integers", "counted")
POSITIONS: tuple[Returns, ...] = ("row", "rows", "counted")
"""Results that name rows, of whose values they are made."""


@dataclass(frozen=True, slots=True)
class Error:
    """What an approximate aggregation promises.

    Args:
        exact: The aggregation that it stands for, by name.
        bound: How far it may be away, as a share of what `of` says.
        of: `result`: of the exact result. `values`: of the larger of the values between which it
            lies. `rows`: of the number of rows, by which a count may be too high.
        confidence: The share of results that keep the bound; 1 where all do.
    """

    exact: str
    bound: float
    of: Literal["result", "values", "rows"]
    confidence: float


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A fold over the rows of one entity, or of a training set.

    Args:
        column: A column's name or a Polars row expression; None where no value is read.
        name: The feature's name; needed for an expression, else made from column and aggregation.
        where: A Polars row expression or the name of a boolean column; other rows do not count.
        by: A column's name or a row expression: one feature for each of its `values`.
        values: Those, a list; each is in the name of its feature. Rows with another value, or
            none, are in none of them.
        top: Instead of `values` their number: the most frequent of what was known when training
            ended, learned by the build of a training set; `top_1` is in the name of the first.
    """

    column: Any = None
    name: str | None = field(default=None, kw_only=True)
    where: Any = field(default=None, kw_only=True)
    by: Any = field(default=None, kw_only=True)
    values: Sequence[Any] | None = field(default=None, kw_only=True)
    top: int | None = field(default=None, kw_only=True)
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
    returns: ClassVar[Returns] = "float"
    """`value`: an integer for integers and booleans, a decimal of their scale for decimals, a
    duration for durations, else a float. `row`: one of the values.
    `boolean`: 0 or 1. `duration`: microseconds. `difference`: as `value`, a duration for times and
    durations. Lists: `rows` of values, `integers`, `counted` of values with how often they occur
    (a position and a number for each item)."""
    when_empty: ClassVar[int | tuple[()] | None] = None
    """The result over no row; `()` is an empty list."""
    reads_also: ClassVar[tuple[Extra, ...]] = ()
    """What its functions are given besides `x`; see above."""
    ticks: ClassVar[bool] = False
    """Whether times and durations are folded as int64 microseconds instead of codes. Where values
    hold nanoseconds and the result is a duration, these are folded, and the result is rounded to
    the microsecond, half to even."""
    unit_power: ClassVar[int] = 0
    """The power of the values' unit that a float result has; it is then exact for decimals.
    Where it is 1, durations give a duration, rounded to the microsecond, half to even."""
    tolerance: ClassVar[float] = 0.0
    """How far results may lie from the exact ones, relatively, where bits cannot be promised."""
    hashes: ClassVar[bool] = False
    """Whether `x` holds an int64 hash of each value instead, the same on every machine; see
    `headwater.kernel.hashing`. Both zeros have one, and so has NaN."""
    slides_as: ClassVar[type | None] = None
    """The functions over windows which rows leave one by one, where they are others; see above."""
    example: ClassVar[Mapping[str, Any]] = {}
    """The arguments besides the column with which laws and docs try it."""
    ordered: ClassVar[bool] = False
    """Whether the result depends on event order, so that ties need a sequence."""
    integers: ClassVar[type | None] = None
    """A class with the four functions for int64 values; None where the same serve both."""
    serves: ClassVar[tuple[str, ...]] = ("window", "fit")
    """`window` for features, `fit` for statistics over training rows."""

    def within(
        self,
        *windows: str | timedelta,
        hop: str | timedelta | None = None,
        min_rows: int | None = None,
    ) -> Windowed:
        """This aggregation over the window `[as_of - length, as_of)`, once for each length.

        Args:
            windows: Lengths such as "7d" or a timedelta.
            hop: Rounds the start of the window down to a multiple of this since 1970 in UTC, so
                that a window is up to this much longer.
            min_rows: See `Windowed`.
        """
        asked = windows if hop is None else [Hopping(one, hop) for one in windows]
        return Windowed(self, asked, min_rows)

    def over_rows(
        self,
        *rows: int,
        within: str | timedelta | None = None,
        min_rows: int | None = None,
    ) -> Windowed:
        """This aggregation over the newest rows, once for each number of them.

        Rows count that are visible and meet `where=`, those with a null value too. Of rows that tie
        a sequence decides which are newer.

        Args:
            rows: At most how many.
            within: Rows count in `[as_of - within, as_of)` only.
            min_rows: See `Windowed`; at most the number of rows.
        """
        return Windowed(self, [NewestRows(one, within) for one in rows], min_rows)

    def so_far(
        self, *periods: str, zone: str | None = None, min_rows: int | None = None
    ) -> Windowed:
        """This aggregation since the start of the day, or another period, in which `as_of` is.

        Args:
            periods: "day", "week" (from Monday), "month", "quarter" or "year". A day begins at
                midnight by the zone's clocks and has 23 or 25 hours where they change.
            zone: Such as "Europe/Zurich"; by default that of the source.
            min_rows: See `Windowed`.
        """
        return Windowed(self, [SoFar(one, zone) for one in periods], min_rows)

    def over_session(self, *gaps: str | timedelta, min_rows: int | None = None) -> Windowed:
        """This aggregation over the session that lasts until `as_of`, once for each gap.

        That is the longest run of rows, visible and meeting `where=`, of which no two that follow
        one another, and not the last one and `as_of`, lie further apart than the gap.

        Args:
            gaps: Lengths such as "30m" or a timedelta.
            min_rows: See `Windowed`.
        """
        return Windowed(self, [Session(one) for one in gaps], min_rows)

    def over_all(self, *, min_rows: int | None = None) -> Windowed:
        """This aggregation over all history before `as_of`.

        Args:
            min_rows: See `Windowed`.
        """
        return Windowed(self, (None,), min_rows)

    def ahead(self, horizon: str | timedelta) -> Ahead:
        """This aggregation over what comes, `[as_of, as_of + horizon)`; for labels only."""
        return Ahead(self, horizon)

    @property
    def label(self) -> tuple[str, ...]:
        """Its arguments as a column's name says them: `("0.9",)`."""
        return ()

    @property
    def parameters(self) -> tuple[float, ...]:
        """Numbers that its functions are given, where `reads_also` names them."""
        return ()

    @property
    def most(self) -> int:
        """The items that a list may have."""
        return 0

    @property
    def parts(self) -> tuple[Aggregation | Earlier, ...]:
        """The aggregations of whose results it is made; see `Composite`."""
        return ()

    @property
    def error(self) -> Error | None:
        """How far its results may lie from those of another member; None where they are exact."""
        return None

    def parameter_fault(self) -> str | None:
        """What is wrong with its arguments; None where nothing is."""
        return None

    @classmethod
    def of_example(cls, column: Any, **given: Any) -> Aggregation:
        """One over this column, with the arguments of its example where no others are given."""
        return cls(column, **{**cls.example, **given})

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
        windows: Lengths such as "7d" or a timedelta, or windows of other kinds.
        min_rows: The result is null where fewer rows count: rows that meet `where=` and whose value
            is not null. What is made of other aggregations needs so many for each of them. It is in
            the column's name, `x_mean_3rows_min_2rows`. pandas calls it `min_periods`, Polars
            `min_samples`.
    """

    aggregation: Aggregation
    windows: Sequence[DeclaredWindow]
    min_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """An aggregation over the time after `as_of`, which only a label may read.

    Args:
        aggregation: What is folded.
        horizon: A length such as "30d" or a timedelta.
    """

    aggregation: Aggregation
    horizon: str | timedelta


@dataclass(frozen=True, slots=True)
class Earlier:
    """An aggregation over the window of the same length just before; a part of a `Composite`.

    Args:
        aggregation: What is folded over `[start - length, start)`, where `start` is that of the
            window; a hop rounds both starts down.
    """

    aggregation: Aggregation


@dataclass(frozen=True, slots=True)
class Composite(Aggregation):
    """What is made of the results of other aggregations over the same rows.

    A member gives its `parts` and how their results are combined. A row counts for all parts or for
    none: once everything is known that any of them reads.
    """

    serves: ClassVar[tuple[str, ...]] = ("window",)

    @staticmethod
    def combine(*given: Any) -> tuple[Any, Any]:
        """The results, and where they are null.

        Elementwise, with what rounds alike for one row and for many: comparisons and `+ - * /`.

        Args:
            given: An array for each part, float64, or int64 where the part gives integers, booleans
                or durations; where each is null (it then holds 0); the parameters, float64.
        """
        # nothing is unfinished: each member says it, and a composite is never asked itself
        raise NotImplementedError
