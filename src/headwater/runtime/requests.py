"""Requests: `enrich` for a few rows, from checked plans and histories that are kept.

A plan is kept under the definitions themselves, which are frozen, and the columns of the frame; it
holds for as long as the stamps of its sources, on whose columns it was checked.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from headwater.engines.standing import Standing
from headwater.plan.enrichment import Enrichment
from headwater.spec.source import Source
from headwater.spec.view import View

FEW_ROWS = 100
"""Rows up to which a call is a request; more are a batch."""
MOST_PLANS = 64

Stamps = Mapping[int, Hashable]
"""The stamp of each source that can be kept, by its identity."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A plan with what it depends on; the definitions are held, as keys speak of their identity."""

    plan: Enrichment
    stamps: Stamps
    definitions: tuple[Any, ...]


class Requests:
    """Plans and histories of this process; safe to use from several threads."""

    def __init__(self) -> None:
        self.histories = Standing()
        self._lock = threading.Lock()
        self._plans: OrderedDict[Hashable, _Kept] = OrderedDict()

    def clear(self) -> None:
        """Let all plans and histories go."""
        self.histories.clear()
        with self._lock:
            self._plans.clear()

    def plan(self, key: Hashable, stamps: Stamps) -> Enrichment | None:
        """The plan that was kept under a key, if its sources are what they were."""
        with self._lock:
            kept = self._plans.get(key)
            if kept is None or kept.stamps != stamps:
                return None
            self._plans.move_to_end(key)
            return kept.plan

    def keep(
        self, key: Hashable, plan: Enrichment, stamps: Stamps, definitions: Sequence[Any]
    ) -> None:
        """Keep a plan, if all its sources can tell whether they changed."""
        if all(id(view.source.source) in stamps for view in plan.views):
            with self._lock:
                self._plans[key] = _Kept(plan, stamps, tuple(definitions))
                while len(self._plans) > MOST_PLANS:
                    self._plans.popitem(last=False)


def stamps_of(views: Sequence[Any]) -> Stamps:
    """The stamps of the sources of these views, as far as they are views and have some."""
    stamps: dict[int, Hashable] = {}
    for view in views:
        source = view.source if isinstance(view, View) else None
        if isinstance(source, Source) and id(source) not in stamps:
            stamp = source.stamp()
            if stamp is not None:
                stamps[id(source)] = stamp
    return stamps


def key_of(definitions: Sequence[Any], rows: pl.DataFrame) -> Hashable:
    """What a plan depends on, but for its sources: the definitions and the columns of the rows."""
    named = (one if isinstance(one, str) else id(one) for one in definitions)
    return (*named, *rows.columns, *rows.dtypes)
