"""Last: the newest value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from headwater.aggregations.base import EVERY_KIND, Aggregation, Kind
from headwater.kernel.positions import lift_position, newest, newest_position, prepare_newest


@dataclass(frozen=True, slots=True)
class Last(Aggregation):
    """The value of the greatest `(event_time, sequence)` among the visible rows, of any type.

    Nulls are skipped, NaN is a value; empty input gives null; order is that of event time, never
    that of arrival. Rows that tie with other values stop the build (HW404) until the source
    declares a `sequence`.

    >>> Last("gate").word
    'last'
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    returns: ClassVar[Literal["float", "integer", "value", "row"]] = "row"
    ordered: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_newest)
    lift = staticmethod(lift_position)
    merge = staticmethod(newest)
    result = staticmethod(newest_position)
