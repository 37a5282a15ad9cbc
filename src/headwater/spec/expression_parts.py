"""The parts of a Polars expression, each as an expression of its own with its type.

A part within `list.eval` or `struct.with_fields` has no meaning outside, and a branch of a
condition is of no account in rows that take the other one: a part knows its setting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from headwater.spec.expression_tree import Node, node_of, tree_of
from headwater.spec.remembered import Schema

_NEW = "\0"
"""A field that no struct has."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What lies around a part.

    Args:
        values: Makes an expression over the rows of one that means something in the setting.
        flags: The same of conditions: whether one holds anywhere in a row, where that counts.
        depth: In how many lists the setting lies.
    """

    values: Callable[[pl.Expr], pl.Expr]
    flags: Callable[[pl.Expr], pl.Expr]
    depth: int = 0

    def types(self, expression: pl.Expr, schema: Schema) -> tuple[pl.DataType, ...]:
        """The types of what an expression yields here; of several columns where it selects some.

        Raises:
            polars.exceptions.PolarsError: An operation does not take the type it is given.
        """
        found = pl.LazyFrame(schema=schema).select(self.values(expression)).collect_schema()
        return tuple(_within(dtype, self.depth) for dtype in found.dtypes())

    def where(self, condition: pl.Expr) -> Setting:
        """The same setting, of account where a condition holds."""
        return Setting(self.values, lambda flag: self.flags(condition & flag), self.depth)

    def in_list(self, lists: pl.Expr) -> Setting:
        """The elements of lists."""
        return Setting(
            lambda value: self.values(lists.list.eval(value)),
            lambda flag: self.flags(lists.list.eval(flag).list.any()),
            self.depth + 1,
        )

    def in_struct(self, structs: pl.Expr) -> Setting:
        """The fields of structs."""

        def with_field(value: pl.Expr) -> pl.Expr:
            return structs.struct.with_fields(value.alias(_NEW)).struct.field(_NEW)

        return Setting(
            lambda value: self.values(with_field(value)),
            lambda flag: self.flags(with_field(flag)),
            self.depth,
        )


_ROWS = Setting(lambda value: value, lambda flag: flag)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of an expression.

    Args:
        node: What it is.
        expression: Itself, in its setting.
        types: Of what it yields, one but where it selects several columns.
        inputs: The parts that it computes with, in order; none where these are not known.
        setting: What lies around it.
    """

    node: Node
    expression: pl.Expr
    types: tuple[pl.DataType, ...]
    inputs: tuple[Part, ...]
    setting: Setting

    @property
    def operation(self) -> str:
        """See `operation_of`."""
        return operation_of(self.node)


def operation_of(node: Node) -> str:
    """What a node does, as a user would call it: `plus` or `sum_horizontal`."""
    is_operator = node.kind == "BinaryExpr" and "op" in node.body  # a format of binary has its name
    return str(node.body["op"]).lower() if is_operator else node.name


def whole_of(expression: pl.Expr, schema: Schema) -> Part:
    """The outermost part of an expression.

    Raises:
        ExpressionError: Polars cannot write it down.
        polars.exceptions.PolarsError: An operation does not take the type it is given.

    >>> whole = whole_of(pl.col("a") * 2, {"a": pl.Int8()})
    >>> whole.operation, whole.types, whole.inputs[0].node.body
    ('multiply', (Int8,), 'a')
    """
    return _part(tree_of(expression), expression, schema, _ROWS)


def _part(node: Node, expression: pl.Expr, schema: Schema, setting: Setting) -> Part:
    nodes, inputs = _inputs(node), _popped(node, expression)
    known = zip(nodes, inputs, strict=True) if len(nodes) == len(inputs) else ()
    parts = tuple(
        _part(below, one, schema, _setting(node, place, inputs, setting, schema))
        for place, (below, one) in enumerate(known)
    )
    return Part(node, expression, setting.types(expression, schema), parts, setting)


def _inputs(node: Node) -> tuple[Node, ...]:
    inside = (node_of(node.body["evaluation"]),) if node.kind == "Eval" else ()
    return node.inputs + inside


def _popped(node: Node, expression: pl.Expr) -> list[pl.Expr]:
    """What Polars says are the inputs, in the order of those of the node."""
    inputs = expression.meta.pop()[::-1]
    return [inputs[2], *inputs[:2]] if node.kind == "Ternary" else inputs


def _setting(
    node: Node, place: int, inputs: list[pl.Expr], around: Setting, schema: Schema
) -> Setting:
    """The setting of the input in a place."""
    if place == 0:
        return around
    if node.kind == "Ternary":
        is_met = inputs[0].fill_null(False)
        return around.where(is_met if place == 1 else ~is_met)
    if node.name in ("fill_null", "coalesce"):
        return around.where(pl.all_horizontal(*(one.is_null() for one in inputs[:place])))
    if node.kind == "StructEval":
        return around.in_struct(inputs[0])
    if node.kind == "Eval":
        is_array = isinstance(around.types(inputs[0], schema)[0], pl.Array)
        return around.in_list(inputs[0].arr.to_list() if is_array else inputs[0])
    return around


def _within(dtype: Any, depth: int) -> pl.DataType:
    """The type of the elements of lists that lie so deep in each other."""
    for _ in range(depth):
        dtype = dtype.inner
    found: pl.DataType = dtype
    return found
