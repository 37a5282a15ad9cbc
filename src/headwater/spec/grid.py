"""Grid: moments at equal distances, each asked for every entity that was active before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from headwater.errors import Place, caller
from headwater.spec.plain import names, plain
from headwater.spec.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The moments of a `Spine.every`, and the entities that are asked at each.

    Args:
        period: The distance between two moments.
        source: What entities do.
        entity: Its column, or columns, that name one.
        active_within: How long before a moment an entity must have done something.
        start: The first moment; by default moments are multiples of the period since 1970.
        end: The last moment at which may be asked; by default, and at most, the time through which
            the source is complete.
    """

    period: str | timedelta
    source: Source = field(kw_only=True)
    entity: str | Sequence[str] = field(kw_only=True)
    active_within: str | timedelta = field(kw_only=True)
    start: str | datetime | None = field(default=None, kw_only=True)
    end: str | datetime | None = field(default=None, kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The entity's columns."""
        return names(self.entity)

    def definition(self) -> dict[str, Any]:
        """What this grid is, as plain values."""
        return {
            "period": plain(self.period),
            "source": self.source.definition(),
            "entity": list(self.keys),
            "active_within": plain(self.active_within),
            "start": _text(self.start),
            "end": _text(self.end),
        }


def _text(moment: str | datetime | None) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else moment
