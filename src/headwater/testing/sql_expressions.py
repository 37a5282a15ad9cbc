"""Row expressions as SQL text: columns, literals, comparisons, logic, simple arithmetic.

Polars and DuckDB agree on what these give: nulls pass through, `and` and `or` know three values,
NaN equals itself and is above every number. What is not listed here is refused, not guessed.

>>> import polars as pl
>>> sql_expression((pl.col("amount") > 15) & pl.col("flag"))
'(("amount" > 15) AND "flag")'
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from headwater.errors import SpecError
from headwater.spec.expression_tree import Node, node_of, tree_of

_OPERATORS = {
    "Eq": "=",
    "NotEq": "<>",
    "Gt": ">",
    "GtEq": ">=",
    "Lt": "<",
    "LtEq": "<=",
    "Plus": "+",
    "Minus": "-",
    "Multiply": "*",
    "And": "AND",
    "Or": "OR",
}
_FUNCTIONS = {
    "is_null": "({} IS NULL)",
    "is_not_null": "({} IS NOT NULL)",
    "is_nan": "isnan({})",
    "not": "(NOT {})",
    "negate": "(-{})",
    "abs": "abs({})",
}


def sql_expression(expression: pl.Expr) -> str:
    """The SQL that gives what the expression gives.

    Raises:
        SpecError: HW206, a part of it has no entry here.
    """
    return _written(tree_of(expression))


def identifier(name: str) -> str:
    """A column's name in SQL, with its own quotes doubled.

    >>> identifier("amount paid")
    '"amount paid"'
    """
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def text(value: str) -> str:
    """A string in SQL.

    >>> text("o'clock")
    "'o''clock'"
    """
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _written(node: Node) -> str:
    below = [_written(one) for one in node.inputs]
    if node.kind == "Column":
        return identifier(node.body)
    if node.kind == "Literal":
        return _literal(node.body)
    if node.kind in ("Alias", "RenameAlias"):
        return below[0]
    if node.kind == "BinaryExpr" and node.body["op"] in _OPERATORS:
        return f"({below[0]} {_OPERATORS[node.body['op']]} {below[1]})"
    if node.kind == "Ternary":
        return f"(CASE WHEN {below[0]} THEN {below[1]} ELSE {below[2]} END)"
    if node.kind == "Function" and node.name in _FUNCTIONS:
        return _FUNCTIONS[node.name].format(*below)
    raise _refused(node.name)


def _literal(body: Any) -> str:
    """A literal: `{"Dyn": {"Int": 15}}` or `{"Scalar": {"String": "x"}}`."""
    kind = node_of(next(iter(body.values()))) if isinstance(body, dict) else Node(str(body))
    value = kind.body
    if kind.kind == "Null":
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value!r}::DOUBLE"
    if isinstance(value, str) and kind.kind.startswith("Str"):
        return text(value)
    raise _refused(f"the literal {json.dumps(body)[:40]}")


def _refused(what: str) -> SpecError:
    return SpecError(
        "HW206",
        f"{what} is not written as SQL by the oracle",
        hint="derive the column before it is asked, or add an entry to sql_expressions.py",
    )
