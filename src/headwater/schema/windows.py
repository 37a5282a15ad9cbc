"""Windows as a definition states them; lengths alone are text or a timedelta, all history is None.

What each means is in the docstrings of `headwater.aggregations.base.Aggregation`, which make them.
They hold what a user wrote, which the plan checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Hopping:
    """The last `length`, its start rounded down to a multiple of `hop`."""

    length: str | timedelta
    hop: str | timedelta


@dataclass(frozen=True, slots=True)
class NewestRows:
    """The newest rows, at most so many, and of the last `within` only where that is given."""

    rows: int
    within: str | timedelta | None = None


@dataclass(frozen=True, slots=True)
class SoFar:
    """The day, week, month, quarter or year of `as_of` in a zone, as far as it has come."""

    period: str
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """The longest run of rows without a gap over `gap` that lasts until `as_of`."""

    gap: str | timedelta


DeclaredWindow = str | timedelta | Hopping | NewestRows | SoFar | Session | None
