"""A recipe checked against the columns it will meet, as far as they are known before fitting."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from headwater.errors import Place, SpecError
from headwater.kernel.row_operations import ColumnKind
from headwater.plan.faults import Faults
from headwater.plan.kinds import column_kind
from headwater.spec.recipe import Recipe


def check_recipe(
    recipe: Recipe, columns: Mapping[str, pl.DataType], faults: Faults, place: Place | None
) -> None:
    """Add the faults of a recipe over the inputs of a model, before preparation.

    Kinds are known until a step takes categories, which it may leave as numbers or not; names are
    known until a step makes columns of the values that it finds. The rest is checked when the
    recipe is fitted.
    """
    kinds = _kinds(columns, faults, place)
    are_known = True
    for step in recipe.steps:
        try:
            if are_known:
                step.select(kinds)
            else:
                step.columns.resolve(kinds, place=step.place)
        except SpecError as error:
            faults.found.append(error)
        are_known = are_known and step.takes == "number"
        if not step.keeps_names:
            break
    if not faults.found and not any(step.takes == "category" for step in recipe.steps):
        _refuse_categories(kinds, faults, place)


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
