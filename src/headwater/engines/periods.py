"""Where days, weeks, months, quarters and years of a zone begin, in UTC microseconds.

They begin at midnight by the zone's clocks: of an hour that a change of clocks repeats the first
one counts, and where it skips midnight, the change does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from headwater.schema.durations import DAY, MICROSECONDS

_BLOCK = 400
"""Days that are looked up together, more than the longest period has."""
_FAR = 26 * MICROSECONDS["h"]
"""More than clocks differ from UTC."""


def period_starts(period: str, zone: str, as_of: Any) -> Any:
    """The latest start of a period that is not after each moment.

    Args:
        period: "day", "week" (from Monday), "month", "quarter" or "year".
        zone: Of the time zone database.
        as_of: Int64 microseconds.

    >>> period_starts("year", "UTC", np.array([5, -1])).tolist()
    [0, -31536000000000]
    """
    blocks = np.floor_divide(as_of, _BLOCK * DAY)
    if len(blocks) > 1:
        blocks = pl.Series(blocks).unique().to_numpy()
    tables = [_table(period, zone, block) for block in blocks.tolist()]
    table = tables[0] if len(tables) == 1 else np.unique(np.concatenate([_NONE, *tables]))
    return table[np.searchsorted(table, as_of, "right") - 1] if len(as_of) else as_of


_NONE = np.zeros(0, np.int64)


@lru_cache(maxsize=1024)
def _table(period: str, zone: str, block: int) -> Any:
    """The starts of all periods that a moment of a block of days can be in, in order."""
    first = block * _BLOCK
    days = pl.Series(range(first - _BLOCK, first + _BLOCK + 2)).cast(pl.Int32).cast(pl.Date)
    return np.unique(_midnights(days.filter(_begins(period, days)), zone))


def _begins(period: str, days: pl.Series) -> pl.Series:
    """Whether a period begins with each day."""
    if period == "day":
        return days.is_not_null()
    if period == "week":
        return days.dt.weekday() == 1
    is_first = days.dt.day() == 1
    months = {"month": 1, "quarter": 3, "year": 12}
    return is_first & ((days.dt.month() - 1) % months[period] == 0)


def _midnights(days: pl.Series, zone: str) -> Any:
    """When each day begins."""
    local = days.cast(pl.Datetime("us"))
    found = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    starts = found.to_physical()
    if not starts.null_count():
        return starts.to_numpy()
    skipped = starts.is_null()
    changes = _changes(local.filter(skipped).to_physical().to_numpy(), zone)
    moments = starts.fill_null(0).to_numpy().copy()
    moments[skipped.to_numpy()] = changes
    return moments


def _changes(midnights: Any, zone: str) -> Any:
    """The first moments at which the zone's clocks are past these local times."""
    before, after = midnights - _FAR, midnights + _FAR
    while (after - before > 1).any():
        middle = (before + after) // 2
        moments = pl.Series(middle).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
        is_past = moments.dt.replace_time_zone(None).to_physical().to_numpy() >= midnights
        before, after = np.where(is_past, before, middle), np.where(is_past, middle, after)
    return after
