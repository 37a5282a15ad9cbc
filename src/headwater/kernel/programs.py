"""Row programs: what a fitted recipe does to a row, and the one interpreter that does it.

A program works on registers, each a block of float64 values of one column; missing (null or NaN
alike) is NaN inside. Categories enter as codes: the position in the sorted list of training words,
then one code for null and one for a word that training never saw. Batch runs the interpreter on
blocks of rows and a request on a block of one: the same function, so the same bits. Programs are
made in `headwater.kernel.assembly`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from headwater.kernel.compile import bound, compiled
from headwater.kernel.row_operations import ColumnKind, Operation

Floats: TypeAlias = NDArray[np.float64]

BLOCK = 1024
"""Rows of a block: a few hundred registers of it stay in the second-level cache."""

SIGNATURE = (
    "void(float64[:,::1], const int64[:,::1], const float64[:,::1], const float64[::1], int64)"
)
FILL = int(Operation.FILL)
IS_MISSING = int(Operation.IS_MISSING)
AFFINE = int(Operation.AFFINE)
CLIP = int(Operation.CLIP)
EQUALS = int(Operation.EQUALS)
LOOK_UP = int(Operation.LOOK_UP)
LOG1P = int(Operation.LOG1P)
NEVER_RUN = {Operation.DROP, Operation.RECODE}
"""What assembly resolves, so that no program holds it."""


@dataclass(frozen=True, slots=True)
class Input:
    """A column as a program reads it.

    Args:
        column: Its name.
        kind: Whether it holds numbers or categories.
        vocabulary: The sorted training words of a category.
    """

    column: str
    kind: ColumnKind
    vocabulary: tuple[str, ...] = ()

    @property
    def null_code(self) -> int:
        """The code of null; that of an unseen word is the next."""
        return len(self.vocabulary)


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """What happens to a row, as arrays that an interpreter reads.

    Args:
        inputs: What the first registers hold, in order; a column may occur with two vocabularies.
        operations: int64 of shape (n, 3): code, register read, register written.
        parameters: float64 of shape (n, 2).
        table: The values of all look-ups, one after the other.
        outputs: Names and registers of the results, in order.
        registers: How many registers there are.

    Raises:
        ValueError: Something points outside, so that running it would read foreign memory.
    """

    inputs: tuple[Input, ...]
    operations: NDArray[np.int64]
    parameters: Floats
    table: Floats
    outputs: tuple[tuple[str, int], ...]
    registers: int

    def __post_init__(self) -> None:
        _validate(self)
        for array in (self.operations, self.parameters, self.table):
            array.flags.writeable = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the results, in order."""
        return tuple(name for name, _ in self.outputs)


def log1p_or_missing(x: float) -> float:
    """`log(1 + x)`, where `math.log1p` of an uncompiled run would raise too."""
    if x > -1.0:
        return math.log1p(x)
    return -math.inf if x == -1.0 else math.nan


def run_program(
    registers: Floats, operations: NDArray[np.int64], parameters: Floats, table: Floats, rows: int
) -> None:
    """Run all operations over the first `rows` rows of the registers, in place."""
    for step in range(operations.shape[0]):
        code = operations[step, 0]
        x = registers[operations[step, 1]]
        y = registers[operations[step, 2]]
        p = parameters[step, 0]
        q = parameters[step, 1]
        if code == FILL:
            for i in range(rows):
                y[i] = p if x[i] != x[i] else x[i]
        elif code == IS_MISSING:
            for i in range(rows):
                y[i] = 1.0 if x[i] != x[i] else 0.0
        elif code == AFFINE:
            for i in range(rows):
                y[i] = (x[i] - p) * q
        elif code == CLIP:
            for i in range(rows):
                y[i] = p if x[i] < p else (q if x[i] > q else x[i])
        elif code == EQUALS:
            for i in range(rows):
                y[i] = 1.0 if x[i] == p else 0.0
        elif code == LOOK_UP:
            for i in range(rows):
                y[i] = table[int(p) + int(x[i])] if 0.0 <= x[i] < q else math.nan
        elif code == LOG1P:
            for i in range(rows):
                y[i] = log1p_or_missing(x[i])
        else:  # a copy: programs hold nothing else
            for i in range(rows):
                y[i] = x[i]


def interpreter() -> Callable[..., Any]:
    """`run_program` as machine code."""
    return compiled(run_program, SIGNATURE)


def bound_interpreter(*arguments: Any) -> Callable[[], Any]:
    """`run_program` with all of its arguments, for calls that follow one another.

    Passing arrays costs more than a program of some hundred operations over one row.
    """
    return bound(interpreter(), *arguments)


def execute(program: Program, columns: Sequence[Floats], *, rows: int) -> Floats:
    """The results for whole columns, block by block.

    Args:
        program: What to do.
        columns: One float64 array per input of the program, each of length `rows`.
        rows: How many rows there are.

    Returns:
        An array of shape (outputs, rows); missing is NaN.
    """
    run = interpreter()
    results = np.empty((len(program.outputs), rows))
    registers = np.empty((program.registers, min(BLOCK, max(rows, 1))))
    for start in range(0, rows, BLOCK):
        size = min(BLOCK, rows - start)
        for register, column in enumerate(columns):
            registers[register, :size] = column[start : start + size]
        run(registers, program.operations, program.parameters, program.table, size)
        for result, (_, register) in zip(results, program.outputs, strict=True):
            result[start : start + size] = registers[register, :size]
    return results


def _validate(program: Program) -> None:
    operations, parameters, size = program.operations, program.parameters, program.registers
    if operations.ndim != 2 or operations.shape[1] != 3 or operations.dtype != np.int64:
        raise ValueError("operations are not int64 of shape (n, 3)")
    if parameters.shape != (len(operations), 2) or parameters.dtype != np.float64:
        raise ValueError("parameters are not float64 of shape (n, 2)")
    if program.table.ndim != 1 or program.table.dtype != np.float64:
        raise ValueError("the table is not float64 of one dimension")
    if not {int(code) for code in operations[:, 0]} <= {*Operation} - NEVER_RUN:
        raise ValueError("an operation is not known")
    pointers = [*operations[:, 1:].ravel().tolist(), *(register for _, register in program.outputs)]
    if len(program.inputs) > size or any(not 0 <= pointer < size for pointer in pointers):
        raise ValueError("a register is out of range")
    for start, length in parameters[operations[:, 0] == LOOK_UP].tolist():
        if not (0 <= start <= start + length <= len(program.table)):
            raise ValueError("a look-up is out of range")
