"""FittedRecipe: a recipe that has learned, for frames of any kind and for single rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from headwater.engines import preparation
from headwater.engines.preparation import LearnedFrom, Preparation
from headwater.engines.preparation_state import load, save
from headwater.errors import DataError, SpecError, closest
from headwater.kernel.row_operations import ColumnKind
from headwater.spec.cards import SHOWN, card
from headwater.spec.foreign_frames import in_kind_of, to_polars
from headwater.spec.recipe import Recipe
from headwater.stores.atomic import write_whole


@dataclass(frozen=True, eq=False)  # no slots: what one row needs is made once and kept
class FittedRecipe:
    """A recipe that has learned from training rows.

    It comes from `hw.Recipe(...).fit(frame)`, or from a file: its own, or the one that every
    training set keeps, `FittedRecipe.load(artifact.path / "states" / "recipe.json")`.
    """

    preparation: Preparation = field(repr=False)
    output: Any = field(default=None, repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that come out, in order."""
        return self.preparation.columns

    @property
    def inputs(self) -> dict[str, ColumnKind]:
        """The columns that go in, and whether each is a `number` or a `category`."""
        return dict(self.preparation.inputs)

    @property
    def learned_from(self) -> LearnedFrom:
        """The training rows: how many, their fingerprint, the seed, and whether it is proved.

        `proved` is true of a training set's own recipe: the plan proves that no other row was seen.
        """
        return self.preparation.learned_from

    @property
    def training_output(self) -> Any:
        """The training rows prepared, in their order and in the kind of frame that was fitted.

        Fit a model on these and not on `apply` of the same rows: a step that learns from the label,
        such as `EncodeTarget`, shows no training row its own.

        Raises:
            DataError: HW604, it was loaded; the rows are not part of a saved recipe.
        """
        if self.output is None:
            message = "a saved recipe does not hold the training rows"
            hint = "keep training_output where you fit, or take artifact.prepared('train')"
            raise DataError("HW604", message, hint=hint)
        return self.output

    def apply(self, frame: Any) -> Any:
        """The rows prepared as serving does, in the caller's kind of frame.

        Float64 columns in a fixed order, missing is null (NaN in pandas); other columns of the
        frame, the label too, are left out. One row, chunks and the whole give the same bits.

        Args:
            frame: A frame of Polars (also lazy), pandas or Arrow.

        Raises:
            DataError: HW603, a column is missing or has another kind than it was fitted on.
        """
        return in_kind_of(frame, self.preparation.apply(to_polars(frame)))

    def apply_one(self, row: Mapping[str, Any]) -> dict[str, float | None]:
        """One row prepared, to the bits that `apply` gives; missing is None.

        It may be called from several threads at once. The first call compiles what it needs.

        Args:
            row: A value, or None, for each of `inputs`; others are left out.

        Raises:
            DataError: HW603, a value is missing or has another kind than it was fitted on.
        """
        return self._one(row)

    def to_expressions(self) -> dict[str, pl.Expr]:
        """The same as Polars expressions, by output column; durations have to be in microseconds.

        >>> import headwater as hw
        >>> frame = pl.DataFrame({"x": [1.0, None, 3.0]})
        >>> fitted = hw.Recipe(hw.ImputeMedian(hw.numeric())).fit(frame)
        >>> frame.select(**fitted.to_expressions())["x"].to_list()
        [1.0, 2.0, 3.0]
        """
        return self.preparation.expressions()

    def save(self, path: str | Path) -> None:
        """Write it as one JSON file, which appears whole or not at all.

        Raises:
            EngineError: HW502, the disk does not take it.
        """
        write_whole(Path(path), save(self.preparation).encode())

    @staticmethod
    def load(path: str | Path) -> FittedRecipe:
        """The recipe that `save` wrote, or that a training set keeps.

        Raises:
            DataError: HW604, there is no file, or it is not a whole recipe as it was written.
        """
        try:
            text = Path(path).read_text("utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            message = f"a fitted recipe cannot be read: {reason}"
            raise DataError("HW604", message, place=Path(path).name) from error
        return FittedRecipe(load(text, name=Path(path).name))

    def _repr_html_(self) -> str:
        """What it learned from, what goes in and what comes out, for a notebook."""
        learned = self.learned_from
        proof = "proved to be training rows" if learned.proved else "not proved"
        return card(
            "FittedRecipe",
            [
                ("learned from", f"{learned.rows:,} rows, {proof}; seed {learned.seed}"),
                ("fingerprint", learned.fingerprint[:SHOWN]),
                ("steps", [step["is"] for step in self.preparation.recipe["steps"]]),
                ("inputs", self.inputs),
                ("columns", self.columns),
            ],
        )

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_one"}

    @cached_property
    def _one(self) -> Callable[[Mapping[str, Any]], dict[str, float | None]]:
        prepare, names = self.preparation.row_function(), self.columns
        empty: dict[str, float | None] = dict.fromkeys(names)  # a copy has its size from the start

        def one(row: Mapping[str, Any]) -> dict[str, float | None]:
            values = prepare(row)
            prepared = empty.copy()
            prepared.update(zip(names, values.tolist(), strict=True))
            for place in np.isnan(values).nonzero()[0].tolist():
                prepared[names[place]] = None
            return prepared

        return one


def fit(
    recipe: Recipe,
    frame: Any,
    *,
    label: str | None,
    columns: Sequence[str] | None,
    seed: int,
) -> FittedRecipe:
    """A recipe fitted on all rows of a frame; see `headwater.runtime.recipes.Recipe.fit`."""
    if not (type(seed) is int and seed >= 0):
        raise _refused(recipe, "HW211", f"seed must be an integer from 0, not {seed!r}")
    rows = to_polars(frame)
    values = _label(recipe, rows, label)
    fitted = preparation.fit(
        recipe,
        rows,
        columns=_columns(recipe, rows, columns, label),
        label=values,
        seed=seed,
    )
    return FittedRecipe(fitted, in_kind_of(frame, fitted.training_output))


def _label(recipe: Recipe, rows: pl.DataFrame, label: str | None) -> pl.Series | None:
    if label is None:
        return None
    given: object = label
    if not isinstance(given, str):
        found = type(given).__name__
        raise _refused(recipe, "HW211", f"label= takes a column's name, found {found}")
    if label not in rows.columns:
        hint = closest(str(label), rows.columns)
        raise _refused(recipe, "HW605", f"there is no column {label!r} to be the label", hint=hint)
    return rows[label]


def _columns(
    recipe: Recipe, rows: pl.DataFrame, columns: Sequence[str] | None, label: str | None
) -> list[str]:
    if columns is None:
        columns = [column for column in rows.columns if column != label]
    given: object = columns
    is_list = isinstance(given, Sequence) and not isinstance(given, str)
    if not is_list or not all(isinstance(column, str) for column in columns):
        raise _refused(recipe, "HW211", f"columns must be a list of names, not {columns!r}")
    if not columns:
        raise _refused(recipe, "HW601", "there is no column to prepare")
    if label in columns:
        raise _refused(recipe, "HW207", f"column {label!r} is the label, and among the columns")
    if len(set(columns)) < len(columns):
        raise _refused(recipe, "HW211", "columns names a column twice")
    return list(columns)


def _refused(recipe: Recipe, code: str, message: str, *, hint: str | None = None) -> SpecError:
    return SpecError(code, message, place=recipe.place, hint=hint)
