"""Times as UTC microseconds: event time and `as_of` rounded down, known time rounded up (R11)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl

from headwater.errors import DataError, Place
from headwater.kernel.passes import NEVER

_LEAST = -(1 << 62)
_MOST = 1 << 62


def microseconds(
    times: pl.Series,
    zone: str | None,
    *,
    rounded: Literal["down", "up"],
    place: Place | None = None,
) -> pl.Series:
    """Int64 UTC microseconds, null where the time is null.

    Args:
        times: Datetimes of any unit, or dates; naive ones were written in `zone`.
        zone: The declared zone of naive times. Of an hour that a clock change repeats, the earlier
            is taken where rounding is down and the later where it is up.
        rounded: What happens to nanoseconds.
        place: Named in the error.

    Raises:
        DataError: HW408, a local time does not exist, or is beyond 64-bit microseconds.
    """
    if times.dtype == pl.Date:
        times = times.cast(pl.Datetime("us"))
    if getattr(times.dtype, "time_zone", None) is None and zone != "UTC":
        ambiguous: Literal["earliest", "latest"] = "earliest" if rounded == "down" else "latest"
        try:
            times = times.dt.replace_time_zone(zone, ambiguous=ambiguous)
        except pl.exceptions.ComputeError as error:
            reason = str(error).splitlines()[0]
            raise DataError("HW408", f"column {times.name!r}: {reason}", place=place) from error
    ticks = times.cast(pl.Int64)
    unit = getattr(times.dtype, "time_unit", "us")
    if unit == "ns":
        down = ticks // 1_000
        return down if rounded == "down" else -((-ticks) // 1_000)
    result = ticks * 1_000 if unit == "ms" else ticks
    _check_range(ticks, 1_000 if unit == "ms" else 1, place)
    return result


def rounds_alike(dtype: pl.DataType, zone: str | None) -> bool:
    """Whether such times are the same, rounded down and up."""
    return getattr(dtype, "time_unit", "us") != "ns" and (
        zone == "UTC" or getattr(dtype, "time_zone", None) is not None
    )


def filled(times: pl.Series) -> Any:
    """The microseconds as an array, `NEVER` where they are null."""
    return np.ascontiguousarray(times.fill_null(NEVER).to_numpy(), dtype=np.int64)


def plus(times: Any, offset: int) -> Any:
    """Microseconds plus a constant, within 64 bits; `NEVER` stays what it is."""
    if offset == 0:
        return times
    if offset > 0:
        return np.where(times > NEVER - offset, NEVER, times + min(offset, NEVER))
    earlier = np.where(times < -NEVER - offset, -NEVER, times + max(offset, -NEVER))
    return np.where(times == NEVER, NEVER, earlier)


def _check_range(ticks: pl.Series, factor: int, place: Place | None) -> None:
    if ticks.null_count() == len(ticks):
        return
    least: Any = ticks.min()
    most: Any = ticks.max()
    if int(least) * factor < _LEAST or int(most) * factor > _MOST:
        raise DataError(
            "HW408",
            f"column {ticks.name!r} holds times beyond what microseconds hold",
            place=place,
        )
