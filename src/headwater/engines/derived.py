"""Derived columns computed, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headwater.engines.computed import computed
from headwater.plan.derived import DerivedPlan, place_of


def with_derived(rows: pl.DataFrame, derived: Sequence[DerivedPlan]) -> pl.DataFrame:
    """The rows with derived columns at the end, each of which may read those before it.

    Args:
        rows: `as_of`, kept columns and features.
        derived: What to compute, in the order of reading.

    Raises:
        DataError: HW410, a value does not fit an operation.
    """
    for plan in derived:
        expression = {plan.column: plan.derived.expression}
        read = rows.select(plan.reads) if plan.reads else rows
        rows = rows.with_columns(computed(read, expression, place=place_of(plan.derived)))
    return rows
