"""Frames in which every known edge occurs, made after the columns of any frame.

What prepares, checks or folds rows meets them sooner or later: no row, a single one, nulls only,
the ends of each type, values that were never seen before, and one value throughout.

>>> seen = pl.DataFrame({"word": ["a", None, "b"], "number": [1.5, 2.0, None]})
>>> {name: frame.height for name, frame in edge_frames(seen).items()}
{'no row': 0, 'one row': 1, 'nulls only': 3, 'extremes': 8, 'unseen values': 2, 'one value': 3}
>>> edge_frames(seen)["unseen values"].rows()
[('b, not seen', 3.0), ('a, not seen', 0.5)]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

_FLOATS = (math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 1e8 + 1e-8)
_WORDS = ("", "ä", "a\u0308", "日本", "NaN", "null", "x" * 10_000)
_MOMENTS = (
    datetime(1, 1, 2),  # a day inside, so that no zone leaves the years that Python has
    datetime(1969, 12, 31, 23, 59, 59, 999_999),
    datetime(1970, 1, 1),
    datetime(2024, 3, 31, 1),  # the European clock jumps
    datetime(2024, 10, 27, 1),  # and is set back
    datetime(9999, 12, 30, 23, 59, 59, 999_999),
)
_DAYS = (date(1, 1, 1), date(1970, 1, 1), date(2024, 2, 29), date(9999, 12, 31))
_LENGTHS = (timedelta(0), timedelta(microseconds=1), timedelta(days=-1), timedelta(days=36_500))
_HOURS = (time(0), time(23, 59, 59, 999_999))
_STEPS: tuple[tuple[type[pl.DataType], Any], ...] = (
    (pl.Datetime, timedelta(days=1)),
    (pl.Date, timedelta(days=1)),
    (pl.Duration, timedelta(days=1)),
)


def edge_frames(seen: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Frames with the columns and types of `seen`, by what is at the edge in them.

    Args:
        seen: Ordinary rows, at least one, such as those that something was fitted on.

    Returns:
        `no row`, `one row`, `nulls only`, `extremes` (the ends of each type, then a null),
        `unseen values` (which no row of `seen` holds) and `one value` (the first row, repeated).
        A type without ends, such as a list, has nulls there.
    """
    first = seen.head(1)
    return {
        "no row": seen.clear(),
        "one row": first,
        "nulls only": seen.clear(n=3),
        "extremes": _together([_extremes(column) for column in seen.iter_columns()]),
        "unseen values": _together([_unseen(column) for column in seen.iter_columns()]),
        "one value": pl.concat([first] * 3),
    }


def _together(columns: Sequence[pl.Series]) -> pl.DataFrame:
    """Columns of any length as one frame, the shorter ones filled up with nulls."""
    height = max(map(len, columns), default=0)
    return pl.DataFrame([column.extend_constant(None, height - len(column)) for column in columns])


def _extremes(seen: pl.Series) -> pl.Series:
    dtype = seen.dtype
    if dtype.is_integer():
        nothing = pl.lit(None, dtype)
        ends = pl.select(low=nothing.lower_bound(), high=nothing.upper_bound()).row(0)
        return pl.Series(seen.name, [*ends, 0, None], dtype)
    if isinstance(dtype, pl.Datetime):
        return _moments(seen.name, dtype)
    values: dict[Any, Sequence[Any]] = {
        pl.Boolean: (True, False),
        pl.String: _WORDS,
        pl.Date: _DAYS,
        pl.Time: _HOURS,
    }
    found = _FLOATS if dtype.is_float() else values.get(dtype, ())
    if isinstance(dtype, pl.Duration):
        found = _LENGTHS
    return pl.Series(seen.name, [*found, None], dtype)


def _moments(name: str, dtype: pl.Datetime) -> pl.Series:
    """Moments that the type can hold, as instants where it has a zone."""
    naive = pl.Series(name, [*_MOMENTS, None], pl.Datetime("us"))
    held = naive.cast(pl.Datetime(dtype.time_unit), strict=False)
    if dtype.time_zone is None:
        return held
    return held.dt.replace_time_zone("UTC").dt.convert_time_zone(dtype.time_zone)


def _unseen(seen: pl.Series) -> pl.Series:
    """Values next to the greatest and the least; nulls where there are none."""
    known, dtype = seen.drop_nulls(), seen.dtype
    step: Any = next(
        (by for kind, by in _STEPS if dtype == kind), 1 if dtype.is_numeric() else None
    )
    nothing = pl.Series(seen.name, [None], dtype)
    if known.is_empty():
        return nothing
    if dtype == pl.Boolean:
        return pl.Series(seen.name, [v for v in (True, False) if v not in known] or [None], dtype)
    if dtype == pl.String:
        words = known.sort(descending=True).to_list()
        return pl.Series(seen.name, [f"{words[0]}, not seen", f"{words[-1]}, not seen"])
    if step is None:
        return nothing
    ends: list[Any] = [known.max(), known.min()]
    return pl.Series(seen.name, [ends[0] + step, ends[1] - step], dtype, strict=False)
