"""Label: what is predicted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from headwater.errors import Place, caller
from headwater.spec.plain import plain


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """What is predicted: a row expression over the spine's own row.

    The label is known when everything that it reads is known; a row whose label is never known is
    left out and counted, not called negative (R8).

    Args:
        name: The label's column.
        expression: A Polars row expression; its result is a boolean or a number.
        known_time: For a spine from a frame, the column that says when the label was known.
    """

    name: str
    expression: pl.Expr
    known_time: str | None = field(default=None, kw_only=True)
    description: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    def definition(self) -> dict[str, Any]:
        """What this label is, as plain values."""
        return {
            "name": self.name,
            "expression": plain(self.expression),
            "known_time": self.known_time,
        }
