"""TimeBetween: how far rows lie apart in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from headwater.aggregations.base import EVERY_KIND, Aggregation, Extra, Kind, Returns
from headwater.kernel.gaps import lift_time, merge_gaps, prepare_gaps, time_between

STATISTICS = ("mean", "std")


@dataclass(frozen=True, slots=True)
class TimeBetween(Aggregation):
    """The gaps between visible rows that follow one another: their mean or deviation, a duration.

    Both are exact, rounded once to a whole microsecond, half-way to the even one; the standard
    deviation is that of a sample (n - 1). With a column, rows count that hold a value: nulls are
    skipped, NaN is a value. Empty input and too few gaps give null: a mean needs one, a deviation
    two. Rows of one time have a gap of zero; the times decide, the order of rows that tie does not
    matter.

    Args:
        what: "mean" or "std".

    >>> TimeBetween(what="std").within("30d").aggregation.label
    ('std',)
    """

    what: str = "mean"

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    reads: ClassVar[Literal["value", "rows"]] = "rows"
    returns: ClassVar[Returns] = "duration"
    reads_also: ClassVar[tuple[Extra, ...]] = ("time", "parameters")
    serves: ClassVar[tuple[str, ...]] = ("window",)
    prepare = staticmethod(prepare_gaps)
    lift = staticmethod(lift_time)
    merge = staticmethod(merge_gaps)
    result = staticmethod(time_between)

    @property
    def label(self) -> tuple[str, ...]:
        """Which statistic."""
        return (str(self.what),)

    @property
    def parameters(self) -> tuple[float, ...]:
        """1 for the deviation, 0 for the mean."""
        return (float(self.what == "std"),)

    def parameter_fault(self) -> str | None:
        """The mean or the standard deviation."""
        return None if self.what in STATISTICS else f"what= is 'mean' or 'std', found {self.what!r}"
