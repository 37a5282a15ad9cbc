"""Latest: the value of the newest row, null where it holds none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from headwater.aggregations.base import EVERY_KIND, Aggregation, Kind
from headwater.kernel.positions import lift_position, newest, newest_position, prepare_newest


@dataclass(frozen=True, slots=True)
class Latest(Aggregation):
    """What the row of the greatest `(event_time, sequence)` among the visible ones says.

    Nulls count as values: a value that was taken back is null, where `Last` would still give it.
    Empty input gives null; order is that of event time, never that of arrival. Rows that tie with
    other values, null among them, stop the build (HW404) until the source declares a `sequence`.

    >>> Latest("gate").word
    'latest'
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    returns: ClassVar[Literal["float", "integer", "value", "row"]] = "row"
    ordered: ClassVar[bool] = True
    counts_nulls: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_newest)
    lift = staticmethod(lift_position)
    merge = staticmethod(newest)
    result = staticmethod(newest_position)
