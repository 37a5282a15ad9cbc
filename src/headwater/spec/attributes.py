"""Attributes: the latest known values of columns, per entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from headwater.spec.plain import plain
from headwater.spec.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Attributes(View):
    """The latest visible value of each column of an entity, nulls included.

    Each column has its own clock, so that two columns may come from different rows; `hw.Last` in
    place of this skips nulls. An attribute's column is `<name>__<column>`.

    Args:
        columns: The columns of the source, or one.
        ttl: How long a row counts after its event time; by default for ever.
    """

    columns: str | Sequence[str] = field(kw_only=True)
    ttl: str | timedelta | None = field(default=None, kw_only=True)

    def definition(self) -> dict[str, Any]:
        """What these attributes are, as plain values."""
        own = {"is": "Attributes", "columns": plain(self.columns), "ttl": plain(self.ttl)}
        return {**View.definition(self), **own}
