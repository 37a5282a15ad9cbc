"""Whole numbers that leave their type: found, where Polars goes on at the other end of the type.

Each operation of an expression is judged by itself, over operands that Polars computed. First by
the ranges of the columns, which is next to nothing; only where these do not exclude an overflow the
operation is computed once more in floats. That is exact: a result that wrapped is wrong by a
multiple of `2**bits`, and a float is never wrong by half as much. What aggregates or filters within
lists is not examined, nor is a function of Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import add, floordiv, mul, neg, sub

import polars as pl

from headwater.spec.expression_parts import Part, operation_of, whole_of
from headwater.spec.expression_tree import Node, nodes_within, tree_of
from headwater.spec.integer_ranges import TOTALS, Ranges, bits_of, ratios_of, tick_of
from headwater.spec.remembered import Schema, remembered

Floats = Callable[..., pl.Expr]

_MEANT: dict[str, Floats] = {
    "plus": add,
    "minus": sub,
    "multiply": mul,
    "floordivide": floordiv,
    "negate": neg,
    "abs": abs,
    "pow": pow,
    "sum_horizontal": pl.sum_horizontal,
    "sum": lambda items: items.list.sum(),
    "duration": pl.sum_horizontal,
    **dict.fromkeys(TOTALS, lambda time: time),
}
"""What operations on whole numbers mean, as operations on floats."""
_WRITTEN = {"plus": "+", "minus": "-", "multiply": "*", "floordivide": "//"}
_MEAN = "mean_horizontal"
_CHECKED = frozenset({*_MEANT, _MEAN})
_KINDS = frozenset({"BinaryExpr", "Function"})
_LONG = 64
_ROUNDED = 2.0**-40
"""More than floats are rounded by, relatively; far less than what a wrapped result is wrong by."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation on whole numbers within an expression.

    Args:
        part: Where it stands.
        flag: Whether its result wrapped, per row; null counts as no.
    """

    part: Part
    flag: pl.Expr

    @property
    def written(self) -> str:
        """Its type and what it does, such as `the Int8 result of *`."""
        word = self.part.operation
        types = " or ".join(sorted({str(dtype) for dtype in self.part.types}))
        return f"the {types} result of {_WRITTEN.get(word, word)}"

    @property
    def hint(self) -> str:
        """What to do where results wrap."""
        dtype = self.part.types[0]
        if tick_of(dtype) is not None:
            return "mend such times, or let the expression give null for them"
        is_below_zero = dtype == pl.UInt64 and self.part.operation == "minus"
        has_room = is_below_zero or (bits_of(dtype) or 0) < _LONG
        wider = "Int64" if has_room else "Float64"
        return f"cast what it computes with first, such as pl.col(...).cast(pl.{wider})"


class DoesNotFit(pl.exceptions.PolarsError):
    """Whole numbers leave their type in some rows of an expression; an error as Polars has others.

    Args:
        name: Of the expression.
        operation: What is computed there.
        rows: In how many rows.
    """

    def __init__(self, name: str, operation: Operation, *, rows: int) -> None:
        where = "1 row" if rows == 1 else f"{rows:,} rows"
        super().__init__(f"{operation.written} does not fit in {where}")
        self.name = name
        self.hint = operation.hint


def unproved(
    frame: pl.DataFrame, expressions: Mapping[str, pl.Expr]
) -> list[tuple[str, Operation]]:
    """The operations whose results may leave their type, with the names of their expressions.

    Args:
        frame: What the expressions are computed on.
        expressions: By name.

    Raises:
        ExpressionError: One cannot be examined, as `tree_of` says.
    """
    ranges, schema = Ranges(frame), frame.schema
    return [
        (name, operation)
        for name, expression in expressions.items()
        for operation in operations(expression, schema)
        if not ranges.fits(operation.part)
    ]


def operations(expression: pl.Expr, schema: Schema) -> tuple[Operation, ...]:
    """The operations of an expression that compute whole numbers, and so could overflow.

    Raises:
        ExpressionError: It cannot be examined, as `tree_of` says.

    >>> [one.written for one in operations(pl.col("a") * 2 > 5, {"a": pl.Int8()})]
    ['the Int8 result of *']
    """
    return () if expression.meta.is_column() else _operations(expression, schema)


@remembered
def _operations(expression: pl.Expr, schema: Schema) -> tuple[Operation, ...]:
    tree = tree_of(expression)
    found = nodes_within({tree.kind: tree.body}, _KINDS)
    if not any(operation_of(node) in _CHECKED for node in found):
        return ()  # finding the types of all parts takes longer
    return tuple(_walked(whole_of(expression, schema), schema))


def _walked(part: Part, schema: Schema) -> Iterator[Operation]:
    for below in part.inputs:
        yield from _walked(below, schema)
    if part.operation == _MEAN:
        part = _summed(part, schema)
    bits = [bits_of(dtype) for dtype in part.types]
    narrowest = min((one for one in bits if one is not None), default=None)
    if part.operation in _MEANT and narrowest is not None and part.inputs:
        yield Operation(part, part.setting.flags(_wraps(part, narrowest)))


def _summed(mean: Part, schema: Schema) -> Part:
    """The sum that a mean of several columns is made of, which wraps as they do."""
    total = pl.sum_horizontal(*(one.expression for one in mean.inputs))
    node = Node("Function", {"function": "SumHorizontal", "input": []})
    return replace(mean, node=node, expression=total, types=mean.setting.types(total, schema))


def _wraps(part: Part, bits: int) -> pl.Expr:
    """Whether a result lies further from what is meant than rounding explains, per row.

    Args:
        part: The operation.
        bits: Those of its narrowest result.
    """
    scaled = zip(part.inputs, ratios_of(part), strict=True)
    meant = _MEANT[part.operation](*(_float(one, ratio) for one, ratio in scaled))
    apart = meant - _float(part)
    if isinstance(part.types[0], pl.List | pl.Array):
        return apart.list.eval(pl.element().abs() >= 2.0 ** (bits - 1)).list.any()
    apart = apart.abs()
    if len(part.types) == 1:
        return apart >= 2.0 ** (bits - 1)
    # the first condition alone is too strict where another of the types is wider, or of floats
    is_far = (apart >= 2.0 ** (bits - 1)) & (apart >= meant.abs() * _ROUNDED) & apart.is_not_nan()
    return pl.any_horizontal(is_far)


def _float(part: Part, ratio: Fraction = Fraction(1)) -> pl.Expr:
    """A part as floats in another unit: of times their whole numbers, of lists each item."""
    dtype, values = part.types[0], part.expression
    if isinstance(dtype, pl.Array):
        values = values.arr.to_list()
    if isinstance(dtype, pl.List | pl.Array):
        return values.cast(pl.List(pl.Float64))
    floats = (values if tick_of(dtype) is None else values.to_physical()).cast(pl.Float64)
    return floats if ratio == 1 else floats * float(ratio)
