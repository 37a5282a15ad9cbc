"""Answers about expressions, kept: one is asked about for each view and each plan that uses it.

What is answered depends on what an expression says and on the types of the columns, and on nothing
else, so that an answer holds for as long as the process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import TypeVar

import polars as pl

Schema = Mapping[str, pl.DataType]
Answer = TypeVar("Answer")

MOST_SCHEMAS = 64
MOST_EXPRESSIONS = 20_000
"""How many answers are kept for one schema; past them, all of these are given up at once."""


def remembered(
    ask: Callable[[pl.Expr, Schema], Answer],
) -> Callable[[pl.Expr, Schema], Answer]:
    """The function, which answers what it was asked before without being run again.

    An expression that cannot be written down is asked each time, and so is one that raised.

    >>> @remembered
    ... def width(expression, schema):
    ...     print("asked")
    ...     return len(schema)
    >>> [width(pl.col("a") + 1, {"a": pl.Int64()}) for _ in range(2)]
    asked
    [1, 1]
    """

    @lru_cache(maxsize=MOST_SCHEMAS)
    def of(columns: tuple[tuple[str, pl.DataType], ...]) -> dict[bytes, Answer]:
        return {}

    @wraps(ask)
    def answer(expression: pl.Expr, schema: Schema) -> Answer:
        try:
            written = expression.meta.serialize()
        except pl.exceptions.PolarsError:
            return ask(expression, schema)
        known = of(tuple(schema.items()))
        if written in known:
            return known[written]
        found = ask(expression, schema)
        if len(known) >= MOST_EXPRESSIONS:
            known.clear()
        known[written] = found
        return found

    return answer
