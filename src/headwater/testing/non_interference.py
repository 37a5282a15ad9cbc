"""What nobody could have known at a moment, changed: the strongest test of a leak.

A feature that was asked for by then must not move, not by a bit, whatever happens to values whose
clock had not been reached. The functions here need a source's clocks and its rows, and nothing of
the engine: clocks are read again, in expressions of their own.

>>> import polars as pl
>>> from headwater.plan.faults import Faults
>>> from headwater.plan.sources import plan_source
>>> from headwater.spec.frame import Frame
>>> from headwater.spec.source import Source
>>> times = pl.Series([10, 20]).cast(pl.Datetime("us", "UTC"))
>>> rows = pl.DataFrame({"at": times, "paid": times.dt.offset_by("5us"), "amount": [1.0, 2.0]})
>>> orders = Source("orders", Frame(rows), event_time="at", known_time="paid")
>>> plan = plan_source(orders, Faults())
>>> truncated(plan, rows, at=15)["amount"].to_list()
[1.0]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from headwater.plan.sources import SourcePlan
from headwater.plan.views import ViewPlan
from headwater.spec.frame import Frame

_DAY = 86_400_000_000
_LEAPS = (0, 0, 1, 3 * _DAY, 60 * _DAY)


def reading(view: ViewPlan, frame: pl.DataFrame) -> ViewPlan:
    """The same view over other rows; what its source asks of them in a contract is not asked."""
    source = replace(view.source.source, reader=Frame(frame), contract=())
    return replace(view, source=replace(view.source, source=source))


def unknown(plan: SourcePlan, frame: pl.DataFrame, *, at: int) -> pl.DataFrame:
    """For each column of the reader whether its clock is after a moment, or is never reached.

    Args:
        plan: Whose clocks are asked; their columns must come from the reader.
        frame: Rows of the reader.
        at: UTC microseconds.
    """
    flags = {}
    for column in frame.columns:
        moments = [pl.col(m.column).dt.epoch("us") + m.offset for m in plan.clocks[column].moments]
        late = [(moment > at).fill_null(True) for moment in moments]
        flags[column] = pl.any_horizontal(late) if late else pl.lit(False)
    return frame.select(pl.lit(0).alias("<row>"), **flags).drop("<row>")


def truncated(plan: SourcePlan, frame: pl.DataFrame, *, at: int) -> pl.DataFrame:
    """What was known at a moment and nothing else: later values null, later rows gone.

    The identity of a row is known with anything else of it.
    """
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
    plan: SourcePlan, frame: pl.DataFrame, *, at: int, seed: int, versions: bool = True
) -> pl.DataFrame:
    """The same rows as far as they were known at a moment, and anything else in place of the rest.

    Every value whose clock is after the moment is replaced; rows of which nothing was known are
    deleted, and others invented; all rows are shuffled.

    Args:
        plan: The source, resolved.
        frame: Rows of its reader.
        at: UTC microseconds.
        seed: Chooses what comes in the place of what.
        versions: Whether to invent versions of known events that nobody knew of (R6), too.
    """
    rng = np.random.default_rng(seed)
    hidden = unknown(plan, frame, at=at)
    other = pl.DataFrame(
        [_replaced(plan, frame[name], hidden[name], at, rng) for name in frame.columns]
    )
    nothing = hidden.select(pl.all_horizontal(pl.all())).to_series().to_numpy()
    kept = ~nothing | (rng.random(frame.height) > 0.3)
    rows = [other.filter(pl.Series(kept)), _invented(plan, other, nothing, rng)]
    identity = plan.source.identity
    if versions and identity and all(_first_unknown(plan, name, at) is None for name in identity):
        rows.append(_later_versions(plan, frame, nothing, at, rng))
    return pl.concat(rows).sample(fraction=1.0, shuffle=True, seed=seed)


def _replaced(
    plan: SourcePlan, values: pl.Series, hidden: pl.Series, at: int, rng: Any
) -> pl.Series:
    """The column with other values where it was not known; an identity does not change."""
    if values.name in plan.source.identity or not hidden.any():
        return values
    other = _other_times if isinstance(values.dtype, pl.Datetime) else _other_values
    found = other(plan, values, at, rng)
    return pl.select(pl.when(hidden).then(found).otherwise(values)).to_series().alias(values.name)


def _other_values(plan: SourcePlan, values: pl.Series, at: int, rng: Any) -> pl.Series:
    """Values unlike these, of the same type, in another order, some of them null."""
    dtype = values.dtype
    shuffled = values.gather(rng.permutation(len(values)))
    if dtype == pl.Boolean:
        other = ~values.fill_null(False)
    elif dtype.is_integer():
        other = (shuffled.fill_null(7) * -3 + 1_000_003).cast(dtype)
    elif dtype.is_float():
        other = shuffled.fill_null(7.0) * -3.5 + 1e6
    elif dtype == pl.String:
        other = shuffled.fill_null("unknown") + pl.Series(rng.choice(["", "!"], len(values)))
    else:
        other = shuffled
    return other.set(pl.Series(rng.random(len(values)) < 0.1), None)


def _other_times(plan: SourcePlan, values: pl.Series, at: int, rng: Any) -> pl.Series:
    """Other times; those of a clock from the microsecond on that comes after the moment."""
    size = len(values)
    least = _first_unknown(plan, values.name, at)
    if least is None:
        leaps = rng.integers(-40 * _DAY, 40 * _DAY, size)
        return (values.dt.epoch("us").fill_null(at) + pl.Series(leaps)).cast(values.dtype)
    other = pl.Series(least + rng.choice(_LEAPS, size))
    if values.name != plan.source.event_time and plan.source.null_known_time == "never":
        other = other.set(pl.Series(rng.random(size) < 0.1), None)
    return other.cast(values.dtype)


def _first_unknown(plan: SourcePlan, column: str, at: int) -> int | None:
    """The first value of a column with which no clock on it is reached; None: it is in no clock."""
    clocks = (*plan.clocks.values(), plan.clock)
    offsets = [m.offset for clock in clocks for m in clock.moments if m.column == column]
    return at - min(offsets) + 1 if offsets else None


def _invented(plan: SourcePlan, other: pl.DataFrame, nothing: Any, rng: Any) -> pl.DataFrame:
    """Rows like those of which nothing was known, as events of their own."""
    rows = other[_some(np.flatnonzero(nothing), rng)]
    number = pl.int_range(pl.len())
    own = []
    for name in plan.source.identity:
        if rows.schema[name].is_integer():
            own.append((pl.col(name) + 10_000_000 + number).cast(rows.schema[name]).alias(name))
        elif rows.schema[name] == pl.String:
            own.append(pl.format("{} {}", name, number).alias(name))
    return rows.with_columns(own)


def _later_versions(
    plan: SourcePlan, frame: pl.DataFrame, nothing: Any, at: int, rng: Any
) -> pl.DataFrame:
    """Versions of known events of which nothing was known: another time, entity and values."""
    picked = frame[_some(np.flatnonzero(~nothing), rng)]
    late = pl.Series(np.ones(picked.height, np.bool_))
    columns = []
    for name in frame.columns:
        least = _first_unknown(plan, name, at)
        if not plan.clocks[name].moments:
            columns.append(picked[name])
        elif least is None:
            columns.append(_replaced(plan, picked[name], late, at, rng))
        else:  # an order of their own, behind all other versions
            apart = pl.Series(least + 100 * _DAY + np.arange(picked.height))
            columns.append(apart.cast(picked.schema[name]).alias(name))
    return pl.DataFrame(columns)


def _some(places: Any, rng: Any) -> list[int]:
    """A few hundred of these places."""
    found: list[int] = rng.choice(places, min(len(places), 500), replace=False).tolist()
    return found
