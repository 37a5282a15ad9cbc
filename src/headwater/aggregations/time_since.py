"""TimeSince: how long ago the last or the first row was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from headwater.aggregations.base import EVERY_KIND, Aggregation, Extra, Kind, Returns
from headwater.kernel.gaps import lift_time, merge_ends, prepare_ends, time_since

ENDS = ("last", "first")


@dataclass(frozen=True, slots=True)
class TimeSince(Aggregation):
    """The time from the last visible row (or the first one) to `as_of`, a duration.

    With `where=` it is that since the last row which meets a condition; with a column that since
    its last value: nulls are skipped, NaN is a value. Empty input gives null. The times decide, the
    order of rows that tie does not matter. What was not yet known at `as_of` has not happened, so
    that the last row may be a late one's elder.

    Args:
        which: "last" or "first".

    >>> TimeSince(which="first").label
    ('first',)
    """

    which: str = "last"

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    reads: ClassVar[Literal["value", "rows"]] = "rows"
    returns: ClassVar[Returns] = "duration"
    reads_also: ClassVar[tuple[Extra, ...]] = ("time", "parameters", "as_of")
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_ends)
    lift = staticmethod(lift_time)
    merge = staticmethod(merge_ends)
    result = staticmethod(time_since)

    @property
    def label(self) -> tuple[str, ...]:
        """Which row."""
        return (str(self.which),)

    @property
    def parameters(self) -> tuple[float, ...]:
        """1 for the first row, 0 for the last."""
        return (float(self.which == "first"),)

    def parameter_fault(self) -> str | None:
        """The last row or the first."""
        return None if self.which in ENDS else f"which= is 'last' or 'first', found {self.which!r}"
