"""FeatureView: the features of one entity from one source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from headwater.aggregations.base import Aggregation, Windowed
from headwater.spec.plain import plain
from headwater.spec.view import View


@dataclass(frozen=True, slots=True, eq=False)
class FeatureView(View):
    """The features of one entity from one source.

    A view attaches to a spine that has the entity's columns by name, or as `on` says; a feature's
    column is `<view>__<feature>`.

    Args:
        features: Aggregations with windows, such as `hw.Mean("amount").within("1d", "7d")`.
        ttl: How long a row counts after its event time, for all features; by default for ever.
    """

    features: Sequence[Windowed | Aggregation] = field(kw_only=True)
    ttl: str | timedelta | None = field(default=None, kw_only=True)

    def definition(self) -> dict[str, Any]:
        """What this view computes, as plain values."""
        own = {"features": plain(list(self.features))}
        return {**View.definition(self), **own, **({"ttl": plain(self.ttl)} if self.ttl else {})}
