"""Fitting the steps of a recipe, level by level, on training rows and nothing else.

Steps that prepare different columns do not wait for each other: they form a level, and their
statistics are asked in one fold. The next level sees the training rows as this one left them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headwater.aggregations.base import Aggregation
from headwater.engines.border import column_kinds, run
from headwater.engines.folding import fold
from headwater.errors import SpecError
from headwater.kernel.assembly import assemble, columns_after
from headwater.kernel.row_operations import ColumnKind, RowOperation
from headwater.spec.row_expressions import PythonExpression
from headwater.steps.base import LABEL, Grouped, OutOfFoldStep, Statistic, Step

Answers = dict[int, dict[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """What a recipe learns from.

    Args:
        frame: The features as Float64 and String, missing as null.
        label: One Float64 per row; None where no step is supervised.
        seed: The seed from which each step derives its own.
    """

    frame: pl.DataFrame
    label: pl.Series | None
    seed: int

    def kinds(self) -> dict[str, ColumnKind]:
        """The kind of each feature."""
        return column_kinds(self.frame, self.frame.columns)

    def only(self, chosen: pl.Series) -> TrainingRows:
        """Those of the rows for which `chosen` is true."""
        label = None if self.label is None else self.label.filter(chosen)
        return replace(self, frame=self.frame.filter(chosen), label=label)


@dataclass(frozen=True, slots=True)
class Placed:
    """A step with its place in the recipe and the columns that it prepares."""

    position: int
    step: Step
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """The columns that statistics read, and the category that they are asked for."""

    columns: tuple[str, ...]
    by: str | None


def fit_steps(steps: Sequence[Step], rows: TrainingRows) -> tuple[list[RowOperation], pl.DataFrame]:
    """What serving does to a row, and the training rows as a model should see them.

    Raises:
        SpecError: HW601, a step does not fit the columns; HW605, a supervised one has no label.
        DataError: HW602, the training rows do not give what a step needs.
    """
    operations: list[RowOperation] = []
    position = 0
    while position < len(steps):
        level = next_level(steps, rows.kinds(), start=position)
        answers = ask(level, rows)
        for placed in level:
            own = _outputs(placed, answers[placed.position], rows.frame)
            prepared = _out_of_fold(placed, rows) if _is_out_of_fold(placed) else None
            frame = advance(rows.frame, own) if prepared is None else prepared
            rows = replace(rows, frame=frame)
            operations += own
        position += len(level)
    return operations, rows.frame


def next_level(
    steps: Sequence[Step], kinds: Mapping[str, ColumnKind], *, start: int
) -> list[Placed]:
    """The steps from `start` that can be fitted on the columns as they are.

    The first always can. Another can where it prepares none of the columns of those before it, and
    these keep all names, so that its selector means now what it will mean then.

    Raises:
        SpecError: HW601, the first step does not fit the columns.
    """
    level = [Placed(start, steps[start], steps[start].select(kinds))]
    after = dict(kinds)
    for position in range(start + 1, len(steps)):
        if not level[-1].step.keeps_names:
            break
        after = level[-1].step.columns_after(after) or after
        columns = _selected(steps[position], after)
        if not columns or any(set(columns) & set(placed.columns) for placed in level):
            break
        level.append(Placed(position, steps[position], columns))
    return level


def ask(level: Sequence[Placed], rows: TrainingRows) -> Answers:
    """The statistics that the steps want, over these rows, by position and name."""
    answers: Answers = {placed.position: {} for placed in level}
    frame = _with_label(level, rows)
    for question, wanted in _questions(level).items():
        names = {f"{position} {name}": (position, name) for position, name in wanted}
        aggregations = dict(zip(names, wanted.values(), strict=True))
        found = fold(aggregations, frame.select(question.columns), by=question.by)
        for key, (position, name) in names.items():
            answers[position][name] = found[key]
    return answers


def advance(frame: pl.DataFrame, operations: Sequence[RowOperation]) -> pl.DataFrame:
    """The rows after these operations; columns that none of them touches are handed on."""
    kinds = column_kinds(frame, frame.columns)
    touched = {name for operation in operations for name in (operation.column, operation.into)}
    program = assemble({c: kind for c, kind in kinds.items() if c in touched}, operations)
    results = run(program, frame)
    texts = _recoded(frame, operations)
    return pl.DataFrame(
        [
            results[column] if column in results.columns else texts[column]
            for column in columns_after(kinds, operations)
        ]
    )


def _recoded(frame: pl.DataFrame, operations: Sequence[RowOperation]) -> pl.DataFrame:
    """The rows with the words of recoded categories; inside a program they are only codes."""
    for operation in operations:
        if operation.words is not None:
            frame = frame.with_columns(_words(operation))
    return frame


def _words(operation: RowOperation) -> pl.Expr:
    column, known = pl.col(operation.column), operation.vocabulary or ()
    places = [int(place) for place in operation.table]
    of_code = dict(enumerate(operation.words or ()))  # without null, and unseen which stays itself
    *new, missing, unseen = (of_code.get(place) for place in places)
    default = column if unseen is None else pl.lit(unseen)
    words = column.replace_strict(known, new, default=default, return_dtype=pl.String)
    filled = pl.when(column.is_null()).then(pl.lit(missing, pl.String)).otherwise(words)
    return filled.alias(operation.into)


def derived_generator(seed: int, position: int, name: str) -> np.random.Generator:
    """The random numbers of one step: those of the seed, the step's place and its name."""
    words = hashlib.sha256(f"{position} {name}".encode()).digest()
    sequence = np.random.SeedSequence([seed, int.from_bytes(words[:8], "big")])
    return np.random.Generator(np.random.PCG64(sequence))


def deal_folds(rows: int, folds: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """A fold for each row, at random, of sizes that differ by one at most."""
    return generator.permutation(rows) % min(folds, max(rows, 1))


def _questions(level: Sequence[Placed]) -> dict[_Question, dict[tuple[int, str], Aggregation]]:
    """What the steps want, put together where it is read from the same columns."""
    questions: dict[_Question, dict[tuple[int, str], Aggregation]] = {}
    for placed in level:
        for name, statistic in _wanted(placed).items():
            # a count of rows reads no column, and a frame without columns has no rows
            columns = tuple(sorted(set(_read(statistic)))) or placed.columns[:1]
            if isinstance(statistic, Grouped):
                question, aggregation = _Question(columns, statistic.by), statistic.aggregation
            else:
                question, aggregation = _Question(columns, None), statistic
            questions.setdefault(question, {})[placed.position, name] = aggregation
    return questions


def _is_out_of_fold(placed: Placed) -> bool:
    return isinstance(placed.step, OutOfFoldStep)


def _out_of_fold(placed: Placed, rows: TrainingRows) -> pl.DataFrame:
    """The training rows, each prepared with what the other folds say."""
    step, height = placed.step, rows.frame.height
    if height < 2 or not isinstance(step, OutOfFoldStep):
        step.refuse(f"out of fold needs two training rows, and there are {height}")
    generator = derived_generator(rows.seed, placed.position, type(step).__name__)
    folds = deal_folds(height, step.folds, generator)
    parts = []
    for number in range(int(folds.max()) + 1):
        inside = pl.Series(folds == number)
        answers = ask([placed], rows.only(~inside))[placed.position]
        own = rows.frame.filter(inside)
        parts.append(advance(own, _outputs(placed, answers, own)))
    dealt = np.argsort(folds, kind="stable")
    return pl.concat(parts)[np.argsort(dealt, kind="stable")]


def _outputs(placed: Placed, answers: Mapping[str, Any], frame: pl.DataFrame) -> list[RowOperation]:
    """The step's operations, checked against the columns with the author's line at hand."""
    step, before = placed.step, column_kinds(frame, frame.columns)
    declared = step.columns_after(before)
    operations = step.outputs(placed.columns, answers)
    try:
        after = columns_after(before, operations)
    except SpecError as error:
        raise _at(step, error.code, error.message) from None
    if declared is not None and after != declared:
        raise _at(step, "HW601", _difference(step, declared, after))
    return operations


def _difference(
    step: Step, declared: Mapping[str, ColumnKind], after: Mapping[str, ColumnKind]
) -> str:
    """In what a step does not do as it declares."""
    changed = ", ".join(sorted(map(repr, after.keys() ^ declared.keys())))
    if changed and step.keeps_names:
        return f"it declares keeps_names, and makes or drops {changed}"
    if changed:
        return f"columns_after does not tell what becomes of {changed}"
    other = [column for column, kind in declared.items() if after[column] != kind]
    return f"it does not make of {other[0]!r} the {declared[other[0]]} that gives= declares"


def _selected(step: Step, columns: Mapping[str, ColumnKind]) -> tuple[str, ...]:
    """The columns of a step if it can be placed already; a fault is told when its turn comes."""
    try:
        return step.select(columns)
    except SpecError:
        return ()


def _wanted(placed: Placed) -> dict[str, Statistic]:
    """What the step asks for, which may be about its own columns and nothing else."""
    allowed = {*placed.columns, *([LABEL] if placed.step.supervised else [])}
    wanted = placed.step.wanted(placed.columns)
    for statistic in wanted.values():
        foreign = sorted(set(_read(statistic)) - allowed)
        if foreign == [LABEL]:
            raise _at(placed.step, "HW605", "the step asks for the label and is not supervised")
        if foreign:
            message = f"the step asks about column {foreign[0]!r}, which it does not prepare"
            raise _at(placed.step, "HW601", message)
    return wanted


def _read(statistic: Statistic) -> Iterator[str]:
    aggregation = statistic.aggregation if isinstance(statistic, Grouped) else statistic
    if isinstance(statistic, Grouped):
        yield statistic.by
    for expression in (aggregation.column, aggregation.where):
        if isinstance(expression, str):
            yield expression
        elif isinstance(expression, pl.Expr):
            yield from expression.meta.root_names()
        elif isinstance(expression, PythonExpression):
            yield from expression.columns


def _with_label(level: Sequence[Placed], rows: TrainingRows) -> pl.DataFrame:
    for placed in level:
        if placed.step.supervised and rows.label is None:
            raise _at(placed.step, "HW605", "the step learns from a label, and there is none")
    if rows.label is None or not any(placed.step.supervised for placed in level):
        return rows.frame
    return rows.frame.with_columns(rows.label.alias(LABEL))


def _at(step: Step, code: str, message: str) -> SpecError:
    name = type(step).__name__
    place = None if step.place is None else step.place.of(name)
    return SpecError(code, f"{name}: {message}", place=place)
