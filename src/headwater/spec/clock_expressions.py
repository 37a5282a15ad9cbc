"""Clock expressions: a time column plus or minus durations, proved by walking the expression.

A clock is compared with `as_of` before a row is read, so its constant must follow from the
definition alone; a value that data happened to show is no proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from headwater.schema.clocks import Moment
from headwater.spec.expression_tree import ExpressionError, Node, tree_of
from headwater.spec.row_expressions import Schema, UnknownColumn, selected

_NANOSECONDS = {"Nanoseconds": 1, "Microseconds": 1_000, "Milliseconds": 1_000_000}
_SHAPE = "a clock is a time column plus or minus durations"


@dataclass(frozen=True, slots=True)
class _Sum:
    """A constant number of nanoseconds, and at most one column."""

    column: str | None
    nanoseconds: int


def moment_of(clock: pl.Expr | str, schema: Schema) -> Moment:
    """The column and the constant that a clock is made of.

    Durations are `timedelta`, `pl.lit(timedelta)` and `pl.duration` with numbers, added or
    subtracted in any order and with any parentheses.

    Raises:
        UnknownColumn: The column is not in the schema.
        ExpressionError: It is not a time column plus a constant of whole microseconds.

    >>> schema = {"departs": pl.Datetime("us", "UTC")}
    >>> str(moment_of(pl.col("departs") - pl.duration(hours=2), schema))
    'departs - 2h'
    """
    total = _Sum(clock, 0) if isinstance(clock, str) else _sum(tree_of(clock), schema)
    if total.column is None:
        raise ExpressionError(f"it reads no column; {_SHAPE}")
    _check_type(total.column, schema, moves=total.nanoseconds != 0)
    offset, rest = divmod(total.nanoseconds, 1_000)
    if rest:
        raise ExpressionError("its constant is not a whole number of microseconds")
    return Moment(total.column, offset)


def _check_type(column: str, schema: Schema, *, moves: bool) -> None:
    if column not in schema:
        raise UnknownColumn(column)
    dtype = schema[column]
    if dtype == pl.Date and moves:
        # Polars would add whole days only, so the definition and the data would disagree
        raise ExpressionError(f"column {column!r} holds dates, not times: cast it to Datetime")
    if dtype not in (pl.Date, pl.Datetime):
        raise ExpressionError(f"column {column!r} holds {dtype}, not times")


def _sum(node: Node, schema: Schema) -> _Sum:
    match node.kind:
        case "Column" | "Selector":
            return _column(node, schema)
        case "Literal":
            return _Sum(None, _duration(node))
        case "Alias" | "KeepName":
            return _sum(node.inputs[0], schema)
        case "BinaryExpr" if node.body["op"] in ("Plus", "Minus"):
            left, right = (_sum(part, schema) for part in node.inputs)
            return _added(left, right if node.body["op"] == "Plus" else _negated(right))
        case "Function" if node.words == ("Negate",):
            return _negated(_sum(node.inputs[0], schema))
        case "Function" if "Duration" in node.words:
            raise ExpressionError("a duration in it is computed: give pl.duration numbers")
    raise ExpressionError(f"it holds {_called(node)}; {_SHAPE}")


def _called(node: Node) -> str:
    return f"the operation {node.body['op']}" if node.kind == "BinaryExpr" else f"{node.name}()"


def _column(node: Node, schema: Schema) -> _Sum:
    columns = selected(node, schema)
    if len(columns) != 1:
        raise ExpressionError(f"it selects {len(columns)} columns; {_SHAPE}")
    return _Sum(columns[0], 0)


def _added(left: _Sum, right: _Sum) -> _Sum:
    if left.column is not None and right.column is not None:
        raise ExpressionError(f"it adds {left.column!r} and {right.column!r}; {_SHAPE}")
    return _Sum(left.column or right.column, left.nanoseconds + right.nanoseconds)


def _negated(value: _Sum) -> _Sum:
    if value.column is not None:
        raise ExpressionError(f"it subtracts column {value.column!r}; {_SHAPE}")
    return _Sum(None, -value.nanoseconds)


def _duration(node: Node) -> int:
    match node.body:
        case {"Scalar": {"Duration": [int(length), str(unit)]}} if unit in _NANOSECONDS:
            return length * _NANOSECONDS[unit]
    raise ExpressionError(f"it adds a constant that is not a duration; {_SHAPE}")
