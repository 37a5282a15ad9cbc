"""From the operations of all steps, which speak of columns, to one program, which has registers.

A category is read as codes over the training words that a step knew. Where an earlier step has
recoded it, those codes are not over the same words any more, and assembly puts the translation in
between: one more look-up, from codes to codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from headwater.errors import SpecError
from headwater.kernel.programs import Input, Program
from headwater.kernel.row_operations import ColumnKind, Operation, RowOperation, equals_word

Words: TypeAlias = tuple[str, ...]


def columns_after(
    columns: Mapping[str, ColumnKind], operations: Iterable[RowOperation]
) -> dict[str, ColumnKind]:
    """The columns that there are after the operations; new ones come last.

    Raises:
        SpecError: HW601, an operation reads a column that is not there or has the other kind.
    """
    return _spelt_out(columns, operations)[1]


def assemble(columns: Mapping[str, ColumnKind], operations: Sequence[RowOperation]) -> Program:
    """One program for operations in sequence; its outputs are the numbers that are left.

    Args:
        columns: The columns that come in, with their kinds.
        operations: Of all steps, in order.

    Raises:
        SpecError: HW601, an operation reads a column that is not there or has the other kind.
    """
    spelt, left = _spelt_out(columns, operations)
    work = _Assembly(_inputs(columns, spelt))
    for operation in spelt:
        work.add(operation)
    return work.program([column for column, kind in left.items() if kind == "number"])


@dataclass(slots=True)
class _Assembly:
    """A program in the making.

    Args:
        inputs: What the first registers hold.
        numbers: The register of each number that has had one.
        codes: The register of each category by the words that its codes are over.
        recoded: The words of the categories that do not hold any more what came in.
    """

    inputs: tuple[Input, ...]
    numbers: dict[str, int] = field(init=False)
    codes: dict[tuple[str, Words], int] = field(init=False)
    recoded: dict[str, Words] = field(default_factory=dict)
    registers: int = field(init=False)
    pointers: list[tuple[int, int, int]] = field(default_factory=list)
    parameters: list[tuple[float, float]] = field(default_factory=list)
    table: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        entries = list(enumerate(self.inputs))
        self.numbers = {one.column: i for i, one in entries if one.kind == "number"}
        self.codes = {(one.column, one.vocabulary): i for i, one in entries if one.kind != "number"}
        self.registers = len(self.inputs)

    def add(self, operation: RowOperation) -> None:
        """One more operation; to drop a column takes none."""
        if operation.operation is Operation.DROP:
            return
        words = operation.vocabulary
        source = self.numbers[operation.column] if words is None else self._coded(operation, words)
        if operation.words is not None:
            self._recode(operation, source, operation.words)
            return
        target = self._number(operation.into)
        if operation.table:
            self._look_up(source, target, operation.table)
        else:
            self._line(operation.operation, source, target, (operation.p, operation.q))

    def program(self, outputs: Iterable[str]) -> Program:
        """What has been put together, with the numbers that come out of it."""
        return Program(
            inputs=self.inputs,
            operations=np.array(self.pointers, np.int64).reshape(-1, 3),
            parameters=np.array(self.parameters, np.float64).reshape(-1, 2),
            table=np.array(self.table, np.float64),
            outputs=tuple((column, self.numbers[column]) for column in outputs),
            registers=self.registers,
        )

    def _recode(self, operation: RowOperation, source: int, words: Words) -> None:
        target = self._register()
        self._look_up(source, target, operation.table)
        column = operation.into
        self.codes = {key: register for key, register in self.codes.items() if key[0] != column}
        self.codes[column, words] = target
        self.recoded[column] = words

    def _coded(self, operation: RowOperation, words: Words) -> int:
        """The register of a category's codes over these words."""
        column = operation.column
        found = self.codes.get((column, words))
        if found is not None:
            return found
        now = self.recoded[column]
        target = self.codes[column, words] = self._register()
        self._look_up(self.codes[column, now], target, _translation(now, words))
        return target

    def _look_up(self, source: int, target: int, table: Sequence[float]) -> None:
        place = (float(len(self.table)), float(len(table)))
        self.table += table
        self._line(Operation.LOOK_UP, source, target, place)

    def _line(
        self, operation: Operation, source: int, target: int, parameters: tuple[float, float]
    ) -> None:
        self.pointers.append((int(operation), source, target))
        self.parameters.append(parameters)

    def _number(self, column: str) -> int:
        if column not in self.numbers:
            self.numbers[column] = self._register()
        return self.numbers[column]

    def _register(self) -> int:
        self.registers += 1
        return self.registers - 1


def _translation(now: Words, words: Words) -> tuple[float, ...]:
    """The code over `words` for each code over the words that a category holds now."""
    place = {word: float(code) for code, word in enumerate(words)}
    null = float(len(words))
    return (*(place.get(word, null + 1.0) for word in now), null, null + 1.0)


def _spelt_out(
    columns: Mapping[str, ColumnKind], operations: Iterable[RowOperation]
) -> tuple[list[RowOperation], dict[str, ColumnKind]]:
    """The operations with `is_missing` said for the kind that it meets; the columns after them."""
    after = dict(columns)
    spelt = []
    for operation in operations:
        if operation.operation is Operation.IS_MISSING and after.get(operation.column) != "number":
            operation = equals_word(operation.column, None, vocabulary=(), into=operation.into)
        _check(operation, after)
        if operation.operation is Operation.DROP:
            del after[operation.column]
        else:
            after[operation.into] = operation.makes
        spelt.append(operation)
    return spelt, after


def _inputs(
    columns: Mapping[str, ColumnKind], operations: Iterable[RowOperation]
) -> tuple[Input, ...]:
    """The numbers, then each category with each vocabulary by which it is read as it came in."""
    numbers = [Input(column, "number") for column, kind in columns.items() if kind == "number"]
    coded: dict[Input, None] = {}
    recoded = set()
    for operation in operations:
        if operation.vocabulary is not None and operation.column not in recoded:
            coded[Input(operation.column, "category", operation.vocabulary)] = None
        if operation.words is not None:
            recoded.add(operation.into)
    return (*numbers, *coded)


def _check(operation: RowOperation, columns: Mapping[str, ColumnKind]) -> None:
    found = columns.get(operation.column)
    needed = "number" if operation.vocabulary is None else "category"
    if found is None or (found != needed and operation.operation is not Operation.DROP):
        is_what = "does not exist" if found is None else f"is a {found}"
        message = f"{operation} needs a {needed}, and column {operation.column!r} {is_what} here"
        raise SpecError("HW601", message)
    if operation.into != operation.column and operation.into in columns:
        raise SpecError("HW601", f"column {operation.into!r} would be written over")
