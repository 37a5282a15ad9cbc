"""Attributes resolved: the feature `Latest` of each column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from headwater.aggregations.latest import Latest
from headwater.plan.faults import REPORTED, Faults
from headwater.plan.features import FeaturePlan, check_delay, place_of, reads_of
from headwater.plan.kinds import result_type
from headwater.plan.sources import SourcePlan
from headwater.plan.windows import EVERYTHING, Window, positive
from headwater.spec.attributes import Attributes


def attribute_plans(view: Attributes, source: SourcePlan, faults: Faults) -> Iterator[FeaturePlan]:
    """One feature per column, in their order; those at fault are left out."""
    place = place_of(view)
    window: Window | None = EVERYTHING
    if view.ttl is not None:
        ttl = positive(view.ttl, "ttl", faults, place)
        window = None if ttl is None else EVERYTHING.within(ttl)
    if view.ttl is not None and source.source.static is not None:
        faults.add(
            "HW212",
            f"ttl= of attributes {view.name!r} counts from event times, and source "
            f"{source.source.name!r} is static",
            place=place,
            hint="leave ttl= out: what a static table says holds at all times",
        )
    columns = _columns(view, faults)
    faults.has_columns(columns, source.schema, f"source {source.source.name!r}", place)
    for column in columns:
        dtype = source.schema.get(column, REPORTED)
        if window is None or dtype == REPORTED:
            continue
        latest = Latest(column, place=view.place)
        read = reads_of(view, (pl.col(column),), source, ordered=latest.ordered)
        clock = source.clock_of(read)
        check_delay(window, clock, source, faults, place)
        yield FeaturePlan(
            column=f"{view.name}__{column}",
            aggregation=latest,
            value=pl.col(column),
            where=None,
            window=window,
            reads=read,
            clock=clock,
            mask=clock,
            value_type=dtype,
            dtype=result_type(latest, dtype),
        )


def _columns(view: Attributes, faults: Faults) -> list[str]:
    """The columns as declared, as far as they are some."""
    place = place_of(view)
    listed: Any = (view.columns,) if isinstance(view.columns, str) else view.columns
    if not isinstance(listed, Sequence):
        found = type(listed).__name__
        faults.add("HW211", f"columns= takes a list, found {found}", place=place)
        return []
    if not listed:
        faults.add("HW211", f"attributes {view.name!r} have no columns", place=place)
    for one in listed:
        if not isinstance(one, str):
            faults.add(
                "HW211",
                f"columns= takes names of columns, found {type(one).__name__}",
                place=place,
                hint="add a value as a column of the source with derive= and name that",
            )
    return [one for one in listed if isinstance(one, str)]
