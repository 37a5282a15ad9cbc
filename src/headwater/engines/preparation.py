"""Preparation: a recipe that has learned from training rows, applied to any rows.

`fit` is given training rows only; nothing else can reach a statistic. What it returns serves whole
frames and single rows with one compiled program, and is written as text (see
`headwater.engines.preparation_state`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl

from headwater.engines.border import (
    PLAIN_NUMBERS,
    PLAIN_WORDS,
    check_kinds,
    column_kinds,
    digest,
    enter,
    plain_row,
    run,
)
from headwater.engines.program_rendering import to_expressions
from headwater.engines.recipe_fitting import TrainingRows, fit_steps
from headwater.errors import DataError, SpecError
from headwater.kernel.assembly import assemble, columns_after
from headwater.kernel.programs import Floats, Input, Program, bound_interpreter
from headwater.kernel.row_operations import ColumnKind
from headwater.spec.recipe import Recipe
from headwater.steps.base import LABEL

_ARE_NUMBERS = PLAIN_NUMBERS.issuperset
_ARE_WORDS = PLAIN_WORDS.issuperset


@dataclass(frozen=True, slots=True)
class LearnedFrom:
    """The training rows that a preparation was learned from.

    Args:
        rows: How many.
        fingerprint: Their identity.
        seed: The seed of what was dealt at random.
        proved: Whether it is proved that these are training rows, and no row of another part.
    """

    rows: int
    fingerprint: str
    seed: int
    proved: bool


@dataclass(frozen=True, slots=True, eq=False)
class Preparation:
    """A fitted recipe.

    Args:
        recipe: The definition of the recipe.
        inputs: The columns that it reads, with their kinds.
        program: What it does to a row.
        learned_from: Where that comes from.
    """

    recipe: Mapping[str, Any]
    inputs: Mapping[str, ColumnKind]
    program: Program
    learned_from: LearnedFrom

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that come out, in order."""
        return self.program.columns

    def apply(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows prepared as serving does: Float64 columns in a fixed order, missing is null.

        Columns that the recipe does not know are left out.

        Raises:
            DataError: HW603, a column is missing or has another kind than it was fitted on.
        """
        check_kinds(frame, self.inputs)
        return run(self.program, frame)

    def expressions(self) -> dict[str, pl.Expr]:
        """The same as Polars expressions, by output column."""
        return to_expressions(self.program)

    def row_function(self) -> Callable[[Mapping[str, Any]], Floats]:
        """A function from one row to its prepared values, in the order of `columns`.

        It runs the program that `apply` runs, so the bits are the same; missing is NaN. It may be
        called from several threads at once.

        Raises:
            DataError: HW603, on a call: a column is missing or has another kind.
        """
        return _row_function(self.program)


@dataclass(frozen=True, slots=True, eq=False)
class FittedPreparation(Preparation):
    """A preparation with the training rows as it left them.

    Args:
        training_output: The training rows prepared, in their order. Not always what `apply` makes
            of them: an `OutOfFoldStep` shows no training row its own label.
    """

    training_output: pl.DataFrame = field(kw_only=True, repr=False)


def fit(
    recipe: Recipe,
    training: pl.DataFrame,
    *,
    columns: Sequence[str],
    label: pl.Series | None = None,
    seed: int,
    fingerprint: str | None = None,
    proved: bool = False,
) -> FittedPreparation:
    """Learn a recipe from training rows.

    Args:
        recipe: The steps.
        training: The training rows, and no others.
        columns: The features among its columns, in order.
        label: One number or boolean per training row; only supervised steps are shown it.
        seed: From 0; each step derives its own random numbers from it.
        fingerprint: The identity of the training rows where it is known; else their digest.
        proved: Whether a plan says which rows these are; see `LearnedFrom`.

    Raises:
        SpecError: HW601, a step does not fit the columns, or a category is left at the end; HW605,
            a supervised step has no usable label.
        DataError: HW602, the training rows do not give what a step needs.
    """
    if LABEL in columns:
        raise SpecError("HW207", f"column {LABEL!r} is the label", place=recipe.place)
    kinds = column_kinds(training, columns, place=recipe.place)
    frame = enter(training, kinds)
    numbers = _label_numbers(recipe, label, training.height)
    operations, output = fit_steps(recipe.steps, TrainingRows(frame, numbers, seed))
    if training.is_empty():  # where no step asked for anything
        raise DataError("HW602", "there is no training row", place=recipe.place)
    _refuse_categories(columns_after(kinds, operations), recipe)
    rows = frame if numbers is None else frame.with_columns(numbers.alias(LABEL))
    return FittedPreparation(
        recipe.definition(),
        kinds,
        assemble(kinds, operations),
        LearnedFrom(training.height, fingerprint or digest(rows), seed, proved),
        training_output=output,
    )


def _label_numbers(recipe: Recipe, label: pl.Series | None, rows: int) -> pl.Series | None:
    """The label for the steps that learn from it; without such a step nothing is made of it."""
    if label is None or not any(step.supervised for step in recipe.steps):
        return None
    if not (label.dtype.is_numeric() or label.dtype == pl.Boolean):
        message = f"the label must be a number or a boolean, and is {label.dtype}"
        raise SpecError("HW605", message, place=label.name or None)
    if len(label) != rows:
        raise SpecError("HW605", f"the label has {len(label)} values for {rows} training rows")
    return label.cast(pl.Float64).fill_nan(None)


def _refuse_categories(columns: Mapping[str, ColumnKind], recipe: Recipe) -> None:
    left = [column for column, kind in columns.items() if kind == "category"]
    if left:
        listed = ", ".join(map(repr, left))
        raise SpecError(
            "HW601",
            f"a recipe ends with numbers, and these columns are still categories: {listed}",
            place=recipe.place,
            hint="encode them, for example with EncodeTarget or EncodeOneHot",
        )


def _row_function(program: Program) -> Callable[[Mapping[str, Any]], Floats]:
    numbers = [entry for entry in program.inputs if entry.kind == "number"]
    categories = [entry for entry in program.inputs if entry.kind == "category"]
    read_numbers, read_words = _reader(numbers), _reader(categories)
    coders = [(_codes(entry).get, entry.null_code + 1.0) for entry in categories]
    wanted = np.array([register for _, register in program.outputs], np.int64)
    first, own = len(program.inputs), _OwnRow(program)

    def prepare(row: Mapping[str, Any]) -> Floats:
        try:
            values, words = read_numbers(row), read_words(row)
        except KeyError as error:
            raise DataError("HW603", f"column {error.args[0]!r} is missing") from None
        except (TypeError, IndexError):
            raise DataError("HW603", f"a row is a mapping, not a {type(row).__name__}") from None
        if not (_ARE_NUMBERS(map(type, values)) and _ARE_WORDS(map(type, words))):
            cleaned = plain_row(program.inputs, (*values, *words))
            values, words = cleaned[: len(values)], cleaned[len(values) :]
        codes = [code(word, unseen) for word, (code, unseen) in zip(words, coders, strict=True)]
        try:
            own.registers[:first] = (*values, *codes)
        except OverflowError:
            raise DataError("HW603", "a value is an integer beyond what a float holds") from None
        own.run()
        results: Floats = own.registers[wanted]
        return results

    return prepare


class _OwnRow(threading.local):
    """The registers of one row, for each thread its own, and the program that runs on them."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.registers = np.empty(program.registers)
        self.run = bound_interpreter(
            self.registers.reshape(program.registers, 1),
            program.operations,
            program.parameters,
            program.table,
            1,
        )


def _reader(inputs: Sequence[Input]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    names = [entry.column for entry in inputs]
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: tuple(row[name] for name in names)


def _codes(entry: Input) -> dict[str | None, float]:
    words = (*entry.vocabulary, None)
    return {word: float(code) for code, word in enumerate(words)}
