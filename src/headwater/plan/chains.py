"""Chained views: what the rows of a source see of other sources, as of their event time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from headwater.plan.attachments import check_keys
from headwater.plan.faults import Faults
from headwater.plan.features import place_of
from headwater.plan.views import ViewPlan, plan_view
from headwater.spec.source import Source
from headwater.spec.view import View


def plan_chained(
    source: Source, schema: Mapping[str, pl.DataType], faults: Faults
) -> tuple[ViewPlan, ...]:
    """The views of a source resolved, as far as they are some.

    Args:
        source: With views.
        schema: Its columns and types after `derive`.
        faults: Hears of views that cannot be attached to its rows.
    """
    place = source.place and source.place.of(f"source {source.name!r}")
    views: Any = source.views
    if not faults.is_a(views, Sequence, "views=", place) or not views:
        return ()
    if source.event_time is None:
        faults.add(
            "HW211",
            f"source {source.name!r} has views= and no event_time=",
            place=place,
            hint="a view is asked as of the event time of each row",
        )
        return ()
    listed = [view for view in views if faults.is_a(view, View, "one of views=", place)]
    return tuple(_attached(listed, source, dict(schema), faults))


def _attached(
    views: Sequence[View], source: Source, known: dict[str, pl.DataType], faults: Faults
) -> Iterator[ViewPlan]:
    owner = f"source {source.name!r}"
    for view in views:
        place = place_of(view)
        has_keys = faults.has_columns(view.spine_keys, known, owner, place)
        plan = plan_view(view, faults)
        if plan is None or not has_keys:
            continue
        keys = zip(view.spine_keys, view.keys, strict=True)
        check_keys(keys, known, plan.source, faults, place)
        for column in (name for name in plan.names if name in known):
            faults.add(
                "HW203",
                f"{owner} has a column named {column!r} already",
                place=place,
                hint="rename the view with on({}, name=...)",
            )
        known |= {feature.column: feature.dtype for feature in plan.features}
        yield plan
