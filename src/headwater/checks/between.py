"""Between: values within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation
from headwater.aggregations.count import Count
from headwater.checks.base import Check, Planted

_EXACT = 1 << 100
"""Numbers up to here are compared as integers where they are whole."""


@dataclass(frozen=True, slots=True)
class Between(Check):
    """Values of a column from `low` to `high`, both included.

    Nulls pass; NaN breaks it. Text is ordered by code points, times are compared to the
    microsecond. No rows pass; the order of rows does not matter.

    Args:
        column: Numbers, text, times, dates or durations.
        low: The least value; None for no limit.
        high: The greatest value; None for no limit.

    >>> Between("wind_speed", 0, 150).faults({"wind_speed": pl.Float64()})
    []
    >>> Between("wind_speed", 150, 0).faults({"wind_speed": pl.Float64()})
    ['low= 150 is above high= 0']
    """

    column: str
    low: Any = None
    high: Any = None

    def wanted(self) -> dict[str, Aggregation]:
        return {"broken": Count(where=self.breaks())}

    def broken(self, statistics: Mapping[str, Any]) -> int:
        return int(statistics["broken"])

    def breaks(self) -> pl.Expr:
        column = _comparable(self.column, self.high if self.low is None else self.low)
        is_outside = [
            *([column < _literal(self.low)] if self.low is not None else []),
            *([column > _literal(self.high)] if self.high is not None else []),
            *([column.is_nan()] if _is_number(self.low) or _is_number(self.high) else []),
        ]
        return pl.any_horizontal(*is_outside)

    def faults(self, types: Mapping[str, pl.DataType]) -> list[str]:
        bounds = {"low": self.low, "high": self.high}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        if not given:
            return ["it has neither low= nor high="]
        dtype = types[self.column]
        takes = _takes(dtype)
        if takes is None:
            return [f"column {self.column!r} holds {dtype}, which has no bounds"]
        wrong = [
            f"{name}= {bound!r} is no bound for {dtype}: give {takes}"
            for name, bound in given.items()
            if _kind(bound) != takes
        ]
        if not wrong and len(given) == 2 and self.low > self.high:
            return [f"low= {self.low!r} is above high= {self.high!r}"]
        return wrong

    @classmethod
    def planted(cls) -> Planted:
        return Planted(
            cls("delay", -60, 1301.5),
            keeps={"delay": [-60.0, 0.0, 1301.5, None]},
            breaks={"delay": [-60.5, 1302.0, float("nan"), float("inf")]},
        )


def _is_number(bound: Any) -> bool:
    return isinstance(bound, int | float)


def _comparable(column: str, bound: Any) -> pl.Expr:
    """The column in the form in which it is compared to bounds of this kind."""
    if isinstance(bound, str):
        return pl.col(column).cast(pl.String)  # categories have an order of their own
    if isinstance(bound, datetime):
        times = pl.col(column).dt.cast_time_unit("us")
        return times if bound.tzinfo is None else times.dt.convert_time_zone("UTC")
    if isinstance(bound, timedelta):
        return pl.col(column).dt.cast_time_unit("us")
    return pl.col(column)


def _literal(bound: Any) -> pl.Expr:
    """The bound so that no digit of it is lost against integers, and no zone of a time."""
    if isinstance(bound, float) and abs(bound) < _EXACT and bound.is_integer():
        return pl.lit(int(bound))
    if isinstance(bound, int) and abs(bound) >= _EXACT:
        return pl.lit(float(bound))
    if isinstance(bound, datetime) and bound.tzinfo is not None:
        return pl.lit(bound.astimezone(UTC))
    return pl.lit(bound)


def _takes(dtype: pl.DataType) -> str | None:
    """What bounds a type has, in words; None where it has none."""
    if dtype.is_integer() or dtype.is_float():
        return "a number"
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "text"
    if dtype == pl.Date:
        return "a date"
    if isinstance(dtype, pl.Datetime):
        return "a datetime without a zone" if dtype.time_zone is None else "a datetime with a zone"
    return "a timedelta" if dtype == pl.Duration else None


def _kind(bound: Any) -> str:
    """The same words for a bound; others for what is none."""
    if isinstance(bound, datetime):
        return "a datetime without a zone" if bound.tzinfo is None else "a datetime with a zone"
    if _is_number(bound):
        return "a number" if _is_usable(bound) else "no number"
    kinds = {str: "text", date: "a date", timedelta: "a timedelta"}
    return next((words for kind, words in kinds.items() if isinstance(bound, kind)), "no bound")


def _is_usable(number: int | float) -> bool:
    """Whether a number can be compared: neither a truth value, nor NaN, nor beyond all floats."""
    if isinstance(number, bool) or number != number:
        return False
    return isinstance(number, float) or number.bit_length() < 1024
