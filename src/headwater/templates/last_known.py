"""last_known: the last known state, as long as it holds."""

from __future__ import annotations

from datetime import timedelta

from headwater.aggregations.base import Windowed
from headwater.aggregations.last import Last


def last_known(*columns: str, ttl: str | timedelta) -> list[Windowed]:
    """The newest value of each column that is not null and not older than `ttl`; else null.

    `hw.Attributes(ttl=)` gives the newest row's value instead, null where that is.

    Args:
        columns: Of any type.
        ttl: How long a value holds after its event.

    >>> last_known("status", ttl="7d")[0].windows
    ('7d',)
    """
    return [Last(column).within(ttl) for column in columns]
