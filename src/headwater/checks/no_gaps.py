"""NoGaps: no period without a row between two that have one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import polars as pl

from headwater.aggregations.base import EVERY_KIND, Aggregation, Kind
from headwater.checks.base import Check, Planted

_LENGTH = re.compile(r"([1-9][0-9]{0,5})(m|h|d|w|mo|q|y)")
_MICROSECONDS = {"m": 60_000_000, "h": 3_600_000_000}
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_MONDAY = 3
"""Days from the Monday before 1970-01-01 to that day."""
_PERIOD, _MISSING, _SHOWN = "period", "missing", 3


@dataclass(frozen=True, slots=True)
class _Gaps(Aggregation):
    """How many periods are missing, in how many gaps, and where the first of these begin.

    Its state is the count of each period of each entity, which merges by adding.
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    serves: ClassVar[tuple[str, ...]] = ("fit",)

    @staticmethod
    def summarise(counts: pl.DataFrame) -> dict[str, Any]:
        """`gaps`, `missing`, and the `first` of them: the first missing period, with the keys."""
        if counts.is_empty():
            return {"gaps": 0, "missing": 0, "first": []}
        rows = counts["value"].struct.unnest()
        keys = [name for name in rows.columns if name != _PERIOD]
        rows = rows.sort(*keys, _PERIOD)
        before = pl.col(_PERIOD).shift(1)
        since = (pl.col(_PERIOD) - (before.over(keys) if keys else before) - 1).alias(_MISSING)
        gaps = rows.with_columns(since).filter(pl.col(_MISSING) > 0)
        shown = gaps.sort(_PERIOD, *keys).head(_SHOWN)
        listed = shown.select(*keys, _PERIOD, _MISSING).rows()
        first = [(row[-2] - row[-1], row[:-2]) for row in listed]
        return {"gaps": gaps.height, "missing": int(gaps[_MISSING].sum()), "first": first}


@dataclass(frozen=True, slots=True)
class NoGaps(Check):
    """No period without a row between two that have one, for each entity.

    Of the rows of the first period after a gap one breaks it, so that as many break it as there are
    gaps; what was found also says how many periods are missing, and where the first three gaps
    begin. Several rows of a period are no fault. Before the first row of an entity and after its
    last one nothing is missing: an entity that came late or went is no gap. Rows with a null in the
    column or in a column of `by` are not compared and pass. No rows pass; the order of rows does
    not matter.

    Args:
        column: Dates or times.
        every: The length of a period, such as "1d": a number with `m` or `h`, which are counted in
            UTC; `d` or `w` (from Monday), `mo`, `q` or `y`, which are those of the calendar of the
            column's zone. Periods of several are counted from 1970.
        by: The column, or the columns, that identify an entity.

    >>> NoGaps("day", every="1d", by="shop").faults({"day": pl.Date(), "shop": pl.String()})
    []
    >>> NoGaps("day", every="1h").faults({"day": pl.Date()})
    ["every= '1h' is shorter than a day, and column 'day' holds dates"]
    """

    column: str
    every: str = field(kw_only=True)
    by: str | Sequence[str] = field(default=(), kw_only=True)

    @property
    def named(self) -> tuple[str, ...]:
        """The column and those of `by`."""
        return (self.column, *self._keys)

    @property
    def _keys(self) -> tuple[str, ...]:
        return (self.by,) if isinstance(self.by, str) else tuple(self.by)

    def wanted(self) -> dict[str, Aggregation]:
        number, unit = _parsed(self.every)
        keys = [pl.col(key).alias(f"key {place}") for place, key in enumerate(self._keys)]
        period = _index(pl.col(self.column), unit) // number
        is_whole = pl.all_horizontal(*(pl.col(name).is_not_null() for name in self.named))
        return {"found": _Gaps(pl.struct(*keys, period.alias(_PERIOD)), where=is_whole)}

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["found"]["gaps"])

    def note(self, statistics: Mapping[str, Any]) -> str:
        """How many periods are missing, and where the first gaps begin."""
        found = statistics["found"]
        if not found["gaps"]:
            return ""
        number, unit = _parsed(self.every)
        shown = [
            " of ".join([_start(period * number, unit), *self._said(key)])
            for period, key in found["first"]
        ]
        more = ["..."] if found["gaps"] > len(shown) else []
        listed = ", ".join([*shown, *more])
        return f"{found['missing']:,} missing of {self.every} each, gaps begin at {listed}"

    def _said(self, key: tuple[Any, ...]) -> list[str]:
        named = (f"{name} {value!r}" for name, value in zip(self._keys, key, strict=True))
        return [", ".join(named)] if key else []

    def faults(self, types: Mapping[str, pl.DataType]) -> list[str]:
        given: Any = self.every
        if not isinstance(given, str) or not _LENGTH.fullmatch(given):
            return [f"every= is a length such as '1d', '6h' or '1mo', found {given!r}"]
        dtype = types[self.column]
        if dtype not in (pl.Date, pl.Datetime):
            return [f"column {self.column!r} holds {dtype}, not dates or times"]
        if dtype == pl.Date and _parsed(given)[1] in _MICROSECONDS:
            held = f"column {self.column!r} holds dates"
            return [f"every= {given!r} is shorter than a day, and {held}"]
        return []

    @classmethod
    def planted(cls) -> Planted:
        days = [date(2024, 2, day) for day in (28, 29)]
        return Planted(
            cls("day", every="1d", by="shop"),
            keeps={
                "day": [*days, date(2024, 3, 1), days[0], None, date(2024, 9, 1)],
                "shop": ["a", "a", "a", "b", "b", None],
            },
            breaks={
                "day": [date(2024, 3, 3), date(2024, 5, 1), date(2024, 3, 1)],
                "shop": ["a", "a", "b"],
            },
        )


def _parsed(every: str) -> tuple[int, str]:
    """The number and the unit of a length."""
    found = _LENGTH.fullmatch(every)
    if found is None:
        raise AssertionError("the plan refuses other lengths")
    return int(found[1]), found[2]


def _index(times: pl.Expr, unit: str) -> pl.Expr:
    """Which minute, hour, day, week, month, quarter or year a time is in, counted from 1970."""
    if unit in _MICROSECONDS:
        return times.dt.epoch("us") // _MICROSECONDS[unit]
    if unit in _DAYS:
        days = times.dt.date().cast(pl.Int32).cast(pl.Int64)
        return days if unit == "d" else (days + _MONDAY) // _DAYS[unit]
    year, month = (part.cast(pl.Int64) for part in (times.dt.year(), times.dt.month()))
    return ((year - 1970) * 12 + month - 1) // _MONTHS[unit]


def _start(index: int, unit: str) -> str:
    """The first moment of a period, as one writes it."""
    if unit in _MICROSECONDS:
        since = timedelta(microseconds=index * _MICROSECONDS[unit])
        moment = datetime(1970, 1, 1, tzinfo=UTC) + since
        return moment.strftime("%Y-%m-%d %H:%M")
    if unit in _DAYS:
        days = index if unit == "d" else index * _DAYS[unit] - _MONDAY
        return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
    year, month = divmod(index * _MONTHS[unit], 12)
    return date(1970 + year, month + 1, 1).isoformat()
