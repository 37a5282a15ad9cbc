"""A row program as Polars expressions: for export, and as the oracle of the interpreter.

Both do the same additions and multiplications in the same order, so they agree to the bit; only
`log1p` is left to each one's library.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import polars as pl

from headwater.kernel.programs import Input, Program
from headwater.kernel.row_operations import Operation

NAN = float("nan")


def to_expressions(program: Program) -> dict[str, pl.Expr]:
    """One expression per result, over the columns that the program reads; missing is null.

    Args:
        program: As fitted.
    """
    registers = dict(enumerate(map(_read, program.inputs)))
    pairs = zip(program.operations.tolist(), program.parameters.tolist(), strict=True)
    for (code, source, target), (p, q) in pairs:
        if code == Operation.LOOK_UP:
            table = program.table[int(p) : int(p) + int(q)].tolist()
            registers[target] = _look_up(registers[source], table)
        else:
            registers[target] = _RENDERED[Operation(code)](registers[source], p, q)
    return {
        name: registers[register].fill_nan(None).alias(name) for name, register in program.outputs
    }


def _read(entry: Input) -> pl.Expr:
    """The column as a register holds it."""
    column = pl.col(entry.column)
    if entry.kind == "number":
        return column.cast(pl.Float64).fill_null(NAN)
    words = list(entry.vocabulary)
    known = column.cast(pl.String).replace_strict(
        words,
        [float(code) for code in range(len(words))],
        default=entry.null_code + 1.0,
        return_dtype=pl.Float64,
    )
    return pl.when(column.is_null()).then(float(entry.null_code)).otherwise(known)


def _look_up(codes: pl.Expr, table: list[float]) -> pl.Expr:
    places = [float(code) for code in range(len(table))]
    return codes.replace_strict(places, table, default=NAN, return_dtype=pl.Float64)


def _clip(x: pl.Expr, p: float, q: float) -> pl.Expr:
    # Polars orders NaN above all numbers
    return pl.when(x < p).then(p).when((x > q) & x.is_not_nan()).then(q).otherwise(x)


def _log1p(x: pl.Expr, p: float, q: float) -> pl.Expr:
    return pl.when(x >= -1.0).then(x.log1p()).otherwise(math.nan)


_RENDERED: dict[Operation, Callable[[pl.Expr, float, float], pl.Expr]] = {
    Operation.FILL: lambda x, p, q: x.fill_nan(p),
    Operation.IS_MISSING: lambda x, p, q: x.is_nan().cast(pl.Float64),
    Operation.AFFINE: lambda x, p, q: (x - p) * q,
    Operation.CLIP: _clip,
    Operation.EQUALS: lambda x, p, q: (x == p).cast(pl.Float64),
    Operation.LOG1P: _log1p,
    Operation.COPY: lambda x, p, q: x,
}
