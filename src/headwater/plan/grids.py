"""A grid resolved: its moments in microseconds, and what makes an entity active."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from headwater.aggregations.count import Count
from headwater.errors import Place
from headwater.plan.faults import Faults, retold
from headwater.plan.moments import moment
from headwater.plan.sources import SourcePlan, has_an_end
from headwater.plan.views import ViewPlan, plan_view
from headwater.plan.windows import positive
from headwater.schema.clocks import ALWAYS
from headwater.spec.feature_view import FeatureView
from headwater.spec.grid import Grid
from headwater.spec.source import Source

MOMENT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True, eq=False)
class GridPlan:
    """A grid resolved.

    Args:
        grid: As declared.
        activity: How many rows an entity has within the time that keeps it active.
        period: Microseconds between two moments.
        start: The first moment; None for multiples of the period since 1970.
        end: The last moment at which may be asked; None for how far the source is complete.
    """

    grid: Grid
    activity: ViewPlan
    period: int
    start: int | None
    end: int | None

    @property
    def source(self) -> SourcePlan:
        """What entities do."""
        return self.activity.source

    def rows(self) -> SourcePlan:
        """The rows of the grid as a source of their own, all of whose columns are known."""
        schema = {"as_of": MOMENT, **{key: self.source.schema[key] for key in self.grid.keys}}
        return SourcePlan(self.grid.source, schema, (), dict.fromkeys(schema, ALWAYS))


def plan_grid(grid: Grid, faults: Faults, place: Place | None) -> GridPlan | None:
    """Resolve a grid; None where it has faults."""
    own = Faults()
    if not faults.is_names(grid.entity, "entity=", place):
        return None
    period = _length(grid.period, "period", own, place)
    active = _length(grid.active_within, "active_within=", own, place)
    activity = _activity(grid, "1us" if active is None else grid.active_within, own, place)
    source: object = grid.source
    zone = source.zone if isinstance(source, Source) else None
    moments = {"start=": grid.start, "end=": grid.end}
    given = {
        name: None if one is None else moment(one, name, zone, own, place)
        for name, one in moments.items()
    }
    if "as_of" in grid.keys:
        words = "an entity's column is called 'as_of', like the moments of the grid"
        own.add("HW203", words, place=place, hint="derive it under another name")
    faults.take(retold(fault, "feature view 'spine'", "the spine") for fault in own.found)
    if own.found or activity is None or period is None:
        return None
    return GridPlan(grid, activity, period, given["start="], given["end="])


def _length(given: object, what: str, faults: Faults, place: Place | None) -> int | None:
    if not isinstance(given, str | timedelta):
        found = type(given).__name__
        faults.add("HW211", f"{what} takes a duration, found {found}", place=place)
        return None
    return positive(given, what, faults, place)


def _activity(
    grid: Grid, active_within: str | timedelta, faults: Faults, place: Place | None
) -> ViewPlan | None:
    """How often an entity was active, as the feature that it is."""
    count = Count(place=place).within(active_within)
    view = FeatureView("spine", grid.source, entity=grid.keys, features=[count], place=place)
    plan = plan_view(view, faults)
    if plan is None:
        return None
    has_an_end(plan.source, faults, place)
    return plan
