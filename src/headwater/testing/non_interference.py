"""What nobody could have known at a moment, changed: the strongest test of a leak.

A feature that was asked for by then must not move, not by a bit, whatever happens to values whose
clock had not been reached. The functions here need a source's clocks and its rows, and nothing of
the engine: clocks are read again, in expressions of their own.

>>> import headwater as hw
>>> import polars as pl
>>> times = pl.Series([10, 20]).cast(pl.Datetime("us", "UTC"))
>>> rows = pl.DataFrame({"at": times, "paid": times.dt.offset_by("5us"), "amount": [1.0, 2.0]})
>>> orders = hw.Source("orders", hw.Frame(rows), event_time="at", known_time="paid")
>>> truncated(orders, rows, at=15)["amount"].to_list()
[1.0]
>>> changed(orders, rows, at=15, seed=1)["amount"].sort()[0]
1.0
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from headwater.plan.faults import Faults
from headwater.plan.sources import SourcePlan, plan_source
from headwater.plan.views import ViewPlan
from headwater.spec.frame import Frame
from headwater.spec.source import Source

_DAY = 86_400_000_000
_LEAPS = (0, 0, 1, 3 * _DAY, 60 * _DAY)


def reading(view: ViewPlan, frame: pl.DataFrame) -> ViewPlan:
    """The same view over other rows; what its source asks of them in a contract is not asked."""
    source = replace(view.source.source, reader=Frame(frame), contract=())
    return replace(view, source=replace(view.source, source=source))


def unknown(source: Source | SourcePlan, frame: pl.DataFrame, *, at: int) -> pl.DataFrame:
    """For each column of the reader whether its clock is after a moment, or is never reached.

    A time at which something else became known is known with that.

    Args:
        source: Whose clocks are asked; their columns must come from the reader.
        frame: Rows of the reader.
        at: UTC microseconds.

    Raises:
        SpecError: The source has faults.
    """
    plan, flags = _resolved(source), {}
    for column in frame.columns:
        moments = [pl.col(m.column).dt.epoch("us") + m.offset for m in plan.clocks[column].moments]
        late = [(moment > at).fill_null(True) for moment in moments]
        first = _first_unknown(plan, column, at)
        flag = pl.any_horizontal(late) if late else pl.lit(False)
        if first is not None:
            flag &= (pl.col(column).dt.epoch("us") >= first).fill_null(True)
        flags[column] = flag
    return frame.select(pl.lit(0).alias("<row>"), **flags).drop("<row>")


def truncated(source: Source | SourcePlan, frame: pl.DataFrame, *, at: int) -> pl.DataFrame:
    """What was known at a moment and nothing else: later values null, later rows gone.

    The identity of a row is known with anything else of it. Arguments are those of `unknown`.
    """
    plan = _resolved(source)
    hidden = unknown(plan, frame, at=at)
    event_time = plan.source.event_time
    kept = pl.Series(np.ones(frame.height, np.bool_))
    if event_time is not None:
        kept = ~hidden[event_time]
    columns = [
        frame[name] if name in plan.source.identity else frame[name].set(hidden[name], None)
        for name in frame.columns
    ]
    return pl.DataFrame(columns).filter(kept)


def changed(
    source: Source | SourcePlan,
    frame: pl.DataFrame,
    *,
    at: int,
    seed: int,
    versions: bool = True,
) -> pl.DataFrame:
    """The same rows as far as they were known at a moment, and anything else in place of the rest.

    Every value whose clock is after the moment is replaced; rows of which nothing was known are
    deleted, and others invented; all rows are shuffled.

    Args:
        source: Whose clocks are asked; their columns must come from the reader.
        frame: Rows of its reader.
        at: UTC microseconds.
        seed: Chooses what comes in the place of what.
        versions: Whether to invent versions of known events that nobody knew of (R6), too.

    Raises:
        SpecError: The source has faults.
    """
    plan = _resolved(source)
    rng = np.random.default_rng(seed)
    hidden = unknown(plan, frame, at=at)
    change = _Change(plan, at, rng)
    nothing = hidden.select(pl.all_horizontal(pl.all())).to_series().to_numpy()
    other = change.of(frame, hidden)
    kept = ~nothing | (rng.random(frame.height) > 0.3)
    rows = [other.filter(pl.Series(kept)), change.invented(other, nothing)]
    if versions and change.can_tell_again:
        rows.append(change.told_again(frame, nothing))
    return pl.concat(rows).sample(fraction=1.0, shuffle=True, seed=seed)


def _resolved(source: Source | SourcePlan) -> SourcePlan:
    if isinstance(source, SourcePlan):
        return source
    faults = Faults()
    plan = plan_source(source, faults)
    faults.raise_all()
    if plan is None:
        raise AssertionError("a source that cannot be resolved has faults")
    return plan


def _first_unknown(plan: SourcePlan, column: str, at: int) -> int | None:
    """The first value of a column with which no clock on it is reached; None: it is in no clock."""
    clocks = (*plan.clocks.values(), plan.clock)
    offsets = [m.offset for clock in clocks for m in clock.moments if m.column == column]
    return at - min(offsets) + 1 if offsets else None


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """What is put in the place of values that were not known at a moment."""

    plan: SourcePlan
    at: int
    rng: Any

    def of(self, frame: pl.DataFrame, hidden: pl.DataFrame) -> pl.DataFrame:
        """The rows with other values where they were not known; an identity does not change."""
        columns = []
        for name in frame.columns:
            if name in self.plan.source.identity or not hidden[name].any():
                columns.append(frame[name])
                continue
            is_time = isinstance(frame.schema[name], pl.Datetime)
            other = self._times(frame, name) if is_time else self._values(frame[name])
            new = pl.when(hidden[name]).then(other).otherwise(frame[name])
            columns.append(pl.select(new).to_series().alias(name))
        return pl.DataFrame(columns)

    def _values(self, values: pl.Series) -> pl.Series:
        """Values unlike these, of the same type, in another order, some of them null."""
        dtype = values.dtype
        shuffled = values.gather(self.rng.permutation(len(values)))
        if dtype == pl.Boolean:
            other = ~values.fill_null(False)
        elif dtype.is_integer():
            other = (shuffled.fill_null(7) * -3 + 1_000_003).cast(dtype)
        elif dtype.is_float():
            other = shuffled.fill_null(7.0) * -3.5 + 1e6
        elif dtype == pl.String:
            other = shuffled.fill_null("unknown") + pl.Series(
                self.rng.choice(["", "!"], len(values))
            )
        else:
            other = shuffled
        return self._with_nulls(other)

    def _times(self, frame: pl.DataFrame, name: str) -> pl.Series:
        """Other times; those of a clock from the microsecond on that comes after the moment.

        Versions of one event become known apart, since nothing else orders them for certain.
        """
        source, size = self.plan.source, frame.height
        least = _first_unknown(self.plan, name, self.at)
        if least is None:
            leaps = pl.Series(self.rng.integers(-40 * _DAY, 40 * _DAY, size))
            other = frame[name].dt.epoch("us").fill_null(self.at) + leaps
        else:
            other = pl.Series(least + self.rng.choice(_LEAPS, size))
            if source.identity:
                other += 2 * self._number(frame)
            elif name != source.event_time and source.null_known_time == "never":
                other = self._with_nulls(other)
        return other.cast(frame.schema[name])

    def _number(self, frame: pl.DataFrame) -> pl.Series:
        """Which of the rows of its event each is, from zero on."""
        event = frame.select(self.plan.source.identity)
        if event.n_unique() == frame.height:  # as a rule, and sooner found out
            return pl.zeros(frame.height, pl.Int64, eager=True)
        number = pl.int_range(pl.len()).over(event.columns)
        return event.select(number).to_series()

    def _with_nulls(self, values: pl.Series) -> pl.Series:
        return values.set(pl.Series(self.rng.random(len(values)) < 0.1), None)

    def invented(self, other: pl.DataFrame, nothing: Any) -> pl.DataFrame:
        """Rows like those of which nothing was known, as events of their own."""
        rows = other[self._some(np.flatnonzero(nothing))]
        number = pl.int_range(pl.len())
        own = []
        for name in self.plan.source.identity:
            if rows.schema[name].is_integer():
                own.append((pl.col(name) + 10_000_000 + number).cast(rows.schema[name]).alias(name))
            elif rows.schema[name] == pl.String:
                own.append(pl.format("{} {}", name, number).alias(name))
        return rows.with_columns(own)

    @property
    def can_tell_again(self) -> bool:
        """Whether an event may have versions, and its identity is not itself a clock."""
        identity = self.plan.source.identity
        clocks = [name for name in identity if _first_unknown(self.plan, name, self.at) is not None]
        return bool(identity) and not clocks

    def told_again(self, frame: pl.DataFrame, nothing: Any) -> pl.DataFrame:
        """Versions of known events of which nothing is known: other times, entities, values."""
        picked = frame[self._some(np.flatnonzero(~nothing))]
        always = [name for name in frame.columns if not self.plan.clocks[name].moments]
        is_late = {name: pl.lit(name not in always) for name in frame.columns}
        rows = self.of(picked, picked.select(pl.repeat(0, pl.len()).alias("<row>"), **is_late))
        for name in frame.columns:
            least = _first_unknown(self.plan, name, self.at)
            if least is not None:  # an order of their own, behind all other versions
                apart = pl.Series(name, least + 100 * _DAY + np.arange(picked.height))
                rows = rows.with_columns(apart.cast(picked.schema[name]))
        return rows

    def _some(self, places: Any) -> list[int]:
        """A few hundred of these places."""
        size = min(len(places), 500)
        found: list[int] = self.rng.choice(places, size, replace=False).tolist()
        return found
