"""Spine: the rows to enrich, and the moment that each looks back from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from headwater.errors import Place, caller
from headwater.spec.plain import plain
from headwater.spec.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Spine:
    """The rows to enrich, and the moment that each looks back from.

    Args:
        rows: A source, or a frame (Polars, pandas, Arrow) whose columns count as known.
        as_of: A time column, or a row expression that gives a time.
        keep: Columns of the row itself (or one) that become inputs of a model, each masked by its
            clock (R5): what is not known at `as_of` is null and counted, what is provably not known
            is an error.
        filter: A row expression; rows where it is not true are left out as `filtered`.
    """

    rows: Any
    as_of: str | pl.Expr = field(kw_only=True)
    keep: str | Sequence[str] = field(default=(), kw_only=True)
    filter: pl.Expr | None = field(default=None, kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.keep, str):
            object.__setattr__(self, "keep", (self.keep,))

    @property
    def source(self) -> Source | None:
        """The source whose rows these are; None for a frame."""
        return self.rows if isinstance(self.rows, Source) else None

    def definition(self) -> dict[str, Any]:
        """What this spine is, as plain values; a frame's rows are part of the snapshot instead."""
        return {
            "source": None if self.source is None else self.source.definition(),
            "as_of": plain(self.as_of),
            "keep": list(self.keep),
            "filter": plain(self.filter),
        }
