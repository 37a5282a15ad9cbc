"""The tree of a Polars expression as data: what is proved of an expression is proved by walking it.

Polars writes an expression down as JSON in which each node is `{kind: body}`, or a bare word where
it has no body. `meta.pop` would give the inputs of a node, but neither its kind nor its options,
and what `meta` says of a node fails wherever a selector or `list.eval` lies below it. The format
may change with the version of Polars, so whoever walks a tree refuses the kinds it does not know.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

Json = Any

_INPUTS: dict[str, tuple[str | int, ...]] = {
    "Alias": (0,),
    "RenameAlias": ("expr",),
    "BinaryExpr": ("left", "right"),
    "Cast": ("expr",),
    "Ternary": ("predicate", "truthy", "falsy"),
    "Function": ("input",),
    "Eval": ("expr",),
    "StructEval": ("expr", "evaluation"),
}

_DEEPEST = 500  # two levels for each operation; the walks below recurse once or twice for each
_TOO_DEEP = "more than 250 operations are nested in each other: derive a part of it first"


class ExpressionError(ValueError):
    """An expression that cannot be understood, or not be resolved against a schema."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of an expression.

    Args:
        kind: The word of Polars for it, such as `Column`, `BinaryExpr` or `Function`.
        body: Everything below it, as Polars wrote it down; None for a bare word.
    """

    kind: str
    body: Json = None

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes whose rows it reads, in order; none for a kind that is not known.

        What `list.eval` does within each list is not an input: it never meets two rows.
        """
        if self.kind == "KeepName":
            return (node_of(self.body),)
        found: list[Node] = []
        for key in _INPUTS.get(self.kind, ()):
            below = self.body[key]
            found += map(node_of, below if isinstance(below, list) else [below])
        return tuple(found)

    @property
    def words(self) -> tuple[str, ...]:
        """What a function is called, from general to special: `("Boolean", "IsIn")`."""
        return tuple(_words(self.body["function"])) if self.kind == "Function" else ()

    @property
    def name(self) -> str:
        """How a user would call this node: `cum_sum` for the function `CumSum`."""
        words = self.words or (self.kind,)
        is_namespace = words[0].endswith("Expr") or words[0] in ("Boolean", "Business", "Range")
        word = words[1] if is_namespace and len(words) > 1 else words[0]
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()

    def to_expression(self) -> pl.Expr:
        """The expression that this node is the root of; NaN and infinities become 0.

        JSON has no word for them: good for asking after types and properties, not for computing.
        """
        json_tree = self.kind if self.body is None else {self.kind: _finite(self.body)}
        source = io.BytesIO(json.dumps(json_tree).encode())
        try:
            return pl.Expr.deserialize(source, format="json")
        except pl.exceptions.PolarsError as error:
            raise ExpressionError("a part of the expression cannot be examined") from error


def tree_of(expression: pl.Expr) -> Node:
    """The root of an expression.

    Raises:
        ExpressionError: Polars cannot write it down (a Python object or function inside), or more
            than 250 operations are nested in each other.

    >>> tree_of(pl.col("a") + 1).inputs
    (Node(kind='Column', body='a'), Node(kind='Literal', body={'Dyn': {'Int': 1}}))
    """
    try:
        tree = json.loads(expression.meta.serialize(format="json"))
    except pl.exceptions.PolarsError as error:
        raise ExpressionError("it holds a Python object that cannot be written down") from error
    except RecursionError as error:
        raise ExpressionError(_TOO_DEEP) from error
    if _depth(tree) > _DEEPEST:
        raise ExpressionError(_TOO_DEEP)
    return node_of(tree)


def _depth(tree: Json) -> int:
    """How many braces and brackets enclose the innermost node; without recursion."""
    depth, level = 0, [tree]
    while level:
        inner = [piece.values() if isinstance(piece, dict) else piece for piece in level]
        level = [each for part in inner for each in part if _encloses(each)]
        depth += 1
    return depth


def _encloses(below: Json) -> bool:
    """Whether nodes may lie further down; below a literal lie only its values, maybe millions."""
    return isinstance(below, dict | list) and "Literal" not in below


def node_of(below: Json) -> Node:
    """The node that a piece of the JSON stands for."""
    if isinstance(below, str):
        return Node(below)
    ((kind, body),) = below.items()
    return Node(kind, body)


def nodes_within(below: Json, kinds: frozenset[str]) -> Iterator[Node]:
    """All nodes of these kinds anywhere in a piece of the JSON, whatever lies around them."""
    if isinstance(below, dict):
        for key, value in below.items():
            if key in kinds:
                yield Node(key, value)
            if key != "Literal":
                yield from nodes_within(value, kinds)
    elif isinstance(below, list):
        for value in below:
            yield from nodes_within(value, kinds)


def _words(function: Json) -> Iterator[str]:
    if isinstance(function, str):
        yield function
    elif isinstance(function, dict) and "method" in function:
        yield from _words(function["method"])
    elif isinstance(function, dict) and len(function) == 1:
        ((word, below),) = function.items()
        yield word
        yield from _words(below)


def _finite(below: Json) -> Json:
    if isinstance(below, dict):
        return {
            key: 0.0 if key.startswith("Float") and value is None else _finite(value)
            for key, value in below.items()
        }
    return [_finite(value) for value in below] if isinstance(below, list) else below
