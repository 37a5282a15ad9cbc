"""A recipe checked against the columns it will meet, as far as they are known before fitting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from headwater.errors import Place, SpecError
from headwater.kernel.row_operations import ColumnKind
from headwater.plan.faults import Faults
from headwater.plan.kinds import column_kind
from headwater.spec.recipe import Recipe
from headwater.steps.base import Step


def is_recipe(value: Any, what: str, faults: Faults, place: Place | None) -> bool:
    """Whether an argument is a recipe, or None for none; a fault where it is not."""
    if hasattr(value, "learned_from"):
        message = f"{what} is fitted already, so it has learned from other rows"
        hint = "give the hw.Recipe(...) itself: it is fitted on the training part, and on no other"
        faults.add("HW211", message, place=place, hint=hint)
        return False
    return value is None or faults.is_a(value, Recipe, what, place)


def check_recipe(
    recipe: Recipe, columns: Mapping[str, pl.DataType], faults: Faults, place: Place | None
) -> None:
    """Add the faults of a recipe over the inputs of a model, before preparation.

    Steps are followed as far as their columns are known: one that makes a column of each value that
    it finds ends that. The rest is checked when the recipe is fitted.
    """
    known = len(faults.found)
    kinds: Mapping[str, ColumnKind] = _kinds(columns, faults, place)
    for step in recipe.steps:
        after = _after(step, kinds, faults)
        if after is None:
            return
        kinds = after
    if len(faults.found) == known:
        _refuse_categories(kinds, faults, place)


def _after(
    step: Step, columns: Mapping[str, ColumnKind], faults: Faults
) -> Mapping[str, ColumnKind] | None:
    """The columns after a step; None where they are not known. Its fault is noted, not raised."""
    try:
        return step.columns_after(columns)
    except SpecError as error:
        faults.found.append(error)
        return columns if step.keeps_names else None


def _kinds(
    columns: Mapping[str, pl.DataType], faults: Faults, place: Place | None
) -> dict[str, ColumnKind]:
    kinds: dict[str, ColumnKind] = {}
    for name, dtype in columns.items():
        kind = column_kind(dtype)
        if kind is not None:
            kinds[name] = kind
        else:
            faults.add(
                "HW601",
                f"column {name!r} is a {dtype}, neither a number nor text",
                place=place,
                hint="derive a number from it, such as pl.col(...).dt.hour(), or leave it out",
            )
    return kinds


def _refuse_categories(
    kinds: Mapping[str, ColumnKind], faults: Faults, place: Place | None
) -> None:
    left = [name for name, kind in kinds.items() if kind == "category"]
    if left:
        faults.add(
            "HW601",
            "a recipe ends with numbers, and these columns are still categories: "
            + ", ".join(map(repr, left)),
            place=place,
            hint="encode them, for example with EncodeTarget or EncodeOneHot",
        )
