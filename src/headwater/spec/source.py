"""Source: a table with its two clocks."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from headwater.checks.base import Check
from headwater.errors import Place, caller
from headwater.schema.clocks import Clock
from headwater.spec.cards import definition_card
from headwater.spec.plain import fingerprint, plain
from headwater.spec.reader import Reader, Stamped

if TYPE_CHECKING:
    from headwater.spec.view import View

ClockLike = str | pl.Expr | Clock
"""A time column, a time column plus or minus a constant, or `ALWAYS`."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A table with its two clocks: when a row happened, and when each column could be known.

    Args:
        name: Unique in a project.
        reader: `hw.Parquet("data/orders.parquet")` or another reader.
        event_time: The column that says when a row happened; left out for a `static` table only.
        known_time: The clock of all columns without one of their own. Without any declaration it
            is event time, and that assumption is reported. A date is reached when it is over, at
            the next midnight of `zone`.
        known_times: Clocks of single columns.
        null_known_time: What a null clock means: `error` stops the build (HW403), `never` hides
            the columns of that clock in that row.
        derive: Row expressions added right after reading, before clocks are read.
        zone: The zone of naive timestamps and dates, such as "Europe/Zurich".
        sequence: The column that orders rows of one event time.
        identity: The columns, or the column, that identify an event. Rows with the same identity
            are its versions, each a whole row; ordered by `known_time`, then by `sequence` (R6).
        deleted: The boolean column of a version that says that the event does not exist.
        static: For a table without times: why it may count as always known. Its keys must not
            repeat (HW405), and only `hw.Attributes` can read it.
        delay: How late rows may become known, such as "2h". Without `known_time` it is the clock
            `event_time + delay`; with one it only says when labels are mature (R8).
        complete_through: The time up to which all rows are there: a datetime or ISO text. By
            default the last time at which a row became known.
        views: Views whose columns every row gets, as of its event time; such a column is known when
            the row is. So a view reads what another one says (chained views).
        contract: Checks such as `hw.NotNull("carrier")`: what reads the source stops where its rows
            break one (HW411), warns, or sets these rows aside. Only checks that set rows aside
            decide a feature's value, so `definition` leaves the others out.
    """

    name: str
    reader: Reader
    event_time: str | None = field(default=None, kw_only=True)
    known_time: ClockLike | None = field(default=None, kw_only=True)
    known_times: Mapping[str, ClockLike] = field(default_factory=dict, kw_only=True)
    null_known_time: Literal["error", "never"] = field(default="error", kw_only=True)
    derive: Mapping[str, pl.Expr] = field(default_factory=dict, kw_only=True)
    zone: str | None = field(default=None, kw_only=True)
    sequence: str | None = field(default=None, kw_only=True)
    identity: str | Sequence[str] = field(default=(), kw_only=True)
    deleted: str | None = field(default=None, kw_only=True)
    static: str | None = field(default=None, kw_only=True)
    delay: str | timedelta | None = field(default=None, kw_only=True)
    complete_through: str | datetime | None = field(default=None, kw_only=True)
    views: Sequence[View] = field(default=(), kw_only=True)
    contract: Sequence[Check] = field(default=(), kw_only=True)
    description: str = field(default="", kw_only=True)
    owner: str = field(default="", kw_only=True)
    tags: Sequence[str] = field(default=(), kw_only=True)
    version: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.identity, str):
            object.__setattr__(self, "identity", (self.identity,))

    _repr_html_ = definition_card

    @property
    def chained(self) -> tuple[View, ...]:
        """Its views, as far as they are some; the plan has a fault for what is none."""
        given: Any = self.views
        listed = given if isinstance(given, Sequence) else ()
        return tuple(view for view in listed if isinstance(getattr(view, "source", None), Source))

    @property
    def sets_aside(self) -> tuple[Check, ...]:
        """The checks of its contract that set rows aside, as far as they are some."""
        given: Any = self.contract
        listed = given if isinstance(given, Sequence) else ()
        checks = (check for check in listed if isinstance(check, Check))
        return tuple(check for check in checks if check.on_break == "set_aside")

    def snapshot(self) -> str:
        """What the data is now, that of the sources of its views included.

        Raises:
            DataError: HW401, data is missing.
        """
        own = self.reader.snapshot()
        inner = [view.source.snapshot() for view in self.chained]
        return fingerprint([own, *inner]) if inner else own

    def stamp(self) -> Hashable:
        """All data is what it was for as long as this is; None where that cannot be told."""
        own = self.reader.stamp() if isinstance(self.reader, Stamped) else None
        stamps = (own, *(view.source.stamp() for view in self.chained))
        return None if None in stamps else stamps

    def definition(self) -> dict[str, Any]:
        """What this source computes, as plain values; prose about it is left out."""
        return {
            "name": self.name,
            "reader": self.reader.definition(),
            "event_time": self.event_time,
            "known_time": plain(self.known_time),
            "known_times": plain(dict(self.known_times)),
            "null_known_time": self.null_known_time,
            "derive": plain(dict(self.derive)),
            "zone": self.zone,
            "sequence": self.sequence,
            "identity": list(self.identity),
            "deleted": self.deleted,
            "static": self.static,
            "delay": plain(self.delay),
            "views": [view.definition() for view in self.chained],
            "complete_through": _text(self.complete_through),
            **({"set_aside": plain(self.sets_aside)} if self.sets_aside else {}),
        }


def _text(moment: str | datetime | None) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else moment
