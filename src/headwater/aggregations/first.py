"""First: the oldest value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headwater.aggregations.base import EVERY_KIND, Aggregation, Kind, Returns
from headwater.kernel.positions import lift_position, newest_position, oldest, prepare_newest


@dataclass(frozen=True, slots=True)
class First(Aggregation):
    """The value of the least `(event_time, sequence)` among the visible rows, of any type.

    Nulls are skipped, NaN is a value; empty input gives null; order is that of event time, never
    that of arrival. Rows that tie with other values stop the build (HW404) until the source
    declares a `sequence`.

    >>> First("channel").word
    'first'
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    returns: ClassVar[Returns] = "row"
    ordered: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_newest)
    lift = staticmethod(lift_position)
    merge = staticmethod(oldest)
    result = staticmethod(newest_position)
