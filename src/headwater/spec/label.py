"""Label: what is predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from headwater.aggregations.base import Ahead
from headwater.errors import Place, caller
from headwater.spec.cards import definition_card
from headwater.spec.plain import names, plain
from headwater.spec.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """What is predicted: a row expression over the spine's own row, or over what comes after it.

    A label of the own row is known when everything that it reads is known. A label that looks
    ahead covers `[as_of, as_of + h)`, is known at `as_of + h + delay` of its source, and counts
    the rows that were known by then and no later ones, so that it never changes afterwards. A row
    whose label is never known, or whose source is not complete that far, is left out and counted,
    not called negative (R8). A row with a null key looks ahead at no rows: the empty result.

    Args:
        name: The label's column.
        expression: A Polars row expression; its result is a boolean or a number.
        known_time: For a spine from a frame, the column that says when the label was known. Over a
            source it can only make the label wait longer than the clocks of what it reads.
        ahead: What the expression reads of the future, by name.
        source: Where `ahead` is read; by default the source of the spine.
        entity: The column, or the columns, of `source` and spine by which a row finds what comes;
            by default the entity of a `Spine.every`.

    >>> from headwater.aggregations.count import Count
    >>> churned = Label("churned", pl.col("orders") == 0, ahead={"orders": Count().ahead("30d")})
    >>> churned.ahead["orders"].horizon
    '30d'
    """

    name: str
    expression: pl.Expr
    known_time: str | None = field(default=None, kw_only=True)
    ahead: Mapping[str, Ahead] = field(default_factory=dict, kw_only=True)
    source: Source | None = field(default=None, kw_only=True)
    entity: str | Sequence[str] | None = field(default=None, kw_only=True)
    description: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The entity's columns, as far as they are declared here."""
        return names(self.entity)

    _repr_html_ = definition_card

    def definition(self) -> dict[str, Any]:
        """What this label is, as plain values."""
        return {
            "name": self.name,
            "expression": plain(self.expression),
            "known_time": self.known_time,
            "ahead": plain(self.ahead),
            "source": None if self.source is None else self.source.definition(),
            "entity": list(self.keys),
        }
