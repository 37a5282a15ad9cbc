"""Which rows of a source break a check by themselves, and what is left of it without them."""

from __future__ import annotations

import polars as pl

from headwater.checks.base import Check
from headwater.engines.computed import computed
from headwater.errors import DataError, Place
from headwater.plan.checks import expression
from headwater.plan.sources import SourcePlan


def kept(plan: SourcePlan, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that no check sets aside, in their order and in one chunk.

    Args:
        plan: The source.
        frame: Rows with the columns `plan.set_aside_by`.

    Raises:
        DataError: HW410, an expression of a check cannot be computed.
    """
    if not plan.sets_aside:
        return frame
    aside = pl.DataFrame({f"{n}": broken(one, frame) for n, one in enumerate(plan.sets_aside)})
    return frame.filter(~aside.select(pl.any_horizontal(pl.all())).to_series()).rechunk()


def none_kept(plan: SourcePlan) -> DataError:
    """The error for a source of which nothing is left."""
    return DataError(
        "HW402",
        f"all rows of source {plan.source.name!r} are set aside by its checks",
        place=plan.source.place,
    )


def broken(check: Check, frame: pl.DataFrame) -> pl.Series:
    """Whether each row is asked and breaks a check that tells so from the row alone.

    Raises:
        DataError: HW410.
    """
    breaks = check.breaks()
    if breaks is None:
        raise AssertionError("the plan refuses a check that depends on other rows")
    where = pl.lit(True) if check.where is None else expression(check.where)
    found = computed(frame, {"where": where, "breaks": breaks}, place=place_of(check))
    return found.select(pl.all_horizontal(pl.all().fill_null(False))).to_series()


def place_of(check: Check) -> Place | None:
    """The line of a check, speaking of it."""
    return None if check.place is None else check.place.of(type(check).__name__)
