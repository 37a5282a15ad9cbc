"""FeatureView: the features of one entity from one source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater.aggregations.base import Aggregation, Windowed
from headwater.errors import Place, caller
from headwater.spec.plain import plain
from headwater.spec.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class FeatureView:
    """The features of one entity from one source.

    A view attaches to a spine that has the entity's columns by name; a feature's column is
    `<view>__<feature>`.

    Args:
        name: Unique in a project.
        source: Where the history is read.
        entity: The column, or the columns, that say what a row is about; a null in any of them is
            a null key, which gives the empty result.
        features: Aggregations with windows, such as `hw.Mean("amount").within("1d", "7d")`.
    """

    name: str
    source: Source
    entity: str | Sequence[str] = field(kw_only=True)
    features: Sequence[Windowed | Aggregation] = field(kw_only=True)
    description: str = field(default="", kw_only=True)
    owner: str = field(default="", kw_only=True)
    tags: Sequence[str] = field(default=(), kw_only=True)
    version: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The entity's columns."""
        return (self.entity,) if isinstance(self.entity, str) else tuple(self.entity)

    def definition(self) -> dict[str, Any]:
        """What this view computes, as plain values."""
        return {
            "name": self.name,
            "source": self.source.definition(),
            "entity": list(self.keys),
            "features": plain(list(self.features)),
        }
