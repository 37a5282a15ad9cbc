"""Spine: the rows to enrich, and the moment that each looks back from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from headwater.errors import Place, caller
from headwater.spec.cards import definition_card
from headwater.spec.grid import Grid
from headwater.spec.plain import plain
from headwater.spec.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Spine:
    """The rows to enrich, and the moment that each looks back from.

    Args:
        rows: A source, or a frame (Polars, pandas, Arrow) whose columns count as known. For rows
            at regular moments see `Spine.every`.
        as_of: A time column, or a row expression that gives a time.
        keep: Columns of the row itself (or one) that become inputs of a model, each masked by its
            clock (R5): what is not known at `as_of` is null and counted, what is provably not known
            is an error.
        filter: A row expression over what is known at `as_of`; rows where it is not true are left
            out as `filtered`.
        label_filter: A row expression over what is known later, with which rows are chosen for
            learning only; rows where it is not true are left out as `label_filtered` (R10).
        label_filter_reason: Why rows are chosen by what a served row cannot know yet; it is part
            of a finding.
    """

    rows: Any
    as_of: str | pl.Expr = field(kw_only=True)
    keep: str | Sequence[str] = field(default=(), kw_only=True)
    filter: pl.Expr | None = field(default=None, kw_only=True)
    label_filter: pl.Expr | None = field(default=None, kw_only=True)
    label_filter_reason: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.keep, str):
            object.__setattr__(self, "keep", (self.keep,))

    @classmethod
    def every(
        cls,
        period: str | timedelta,
        *,
        source: Source,
        entity: str | Sequence[str],
        active_within: str | timedelta,
        start: str | datetime | None = None,
        end: str | datetime | None = None,
        keep: str | Sequence[str] = (),
        filter: pl.Expr | None = None,
    ) -> Spine:
        """A row for each moment of a grid and each entity that was active before it.

        An entity is active at T if a row of it with `T - active_within <= event_time < T` was
        known by T. Rows have the columns `as_of` and those of the entity, and are sorted by them.

        Args:
            period: The distance between two moments, such as "7d".
            source: What entities do.
            entity: Its column, or columns, that name one.
            active_within: How long before a moment an entity must have done something.
            start: The first moment, as a datetime or ISO text; by default moments are multiples of
                the period since 1970 in UTC.
            end: The last moment at which may be asked; by default, and at most, the time through
                which the source is complete.
            keep: Nothing: such a row has no columns of its own, which is what `hw.Attributes` are
                for.
            filter: A row expression over `as_of` and the entity's columns.

        >>> import headwater as hw
        >>> orders = hw.Source("orders", hw.Parquet("orders.parquet"), event_time="ordered_at")
        >>> weekly = hw.Spine.every("7d", source=orders, entity="customer", active_within="90d")
        >>> weekly.entity
        ('customer',)
        """
        grid = Grid(
            period, source=source, entity=entity, active_within=active_within, start=start, end=end
        )
        return cls(grid, as_of="as_of", keep=keep, filter=filter)

    @property
    def source(self) -> Source | None:
        """The source whose rows these are; None for a frame and for a grid."""
        return self.rows if isinstance(self.rows, Source) else None

    @property
    def grid(self) -> Grid | None:
        """The moments and entities of a `Spine.every`; None for other spines."""
        return self.rows if isinstance(self.rows, Grid) else None

    @property
    def history(self) -> Source | None:
        """The source that the rows come from: their own, or that of a grid; None for a frame."""
        return self.source if self.grid is None else self.grid.source

    @property
    def entity(self) -> tuple[str, ...]:
        """The columns that name what a row of a grid is about; none for other spines."""
        return () if self.grid is None else self.grid.keys

    _repr_html_ = definition_card

    def definition(self) -> dict[str, Any]:
        """What this spine is, as plain values; a frame's rows are part of the snapshot instead."""
        return {
            "source": None if self.source is None else self.source.definition(),
            "grid": None if self.grid is None else self.grid.definition(),
            "as_of": plain(self.as_of),
            "keep": list(self.keep),
            "filter": plain(self.filter),
            "label_filter": plain(self.label_filter),
            "label_filter_reason": self.label_filter_reason,
        }
