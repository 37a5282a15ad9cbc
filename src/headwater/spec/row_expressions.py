"""Row expressions: what they are, what they read, what they yield, and which bytes identify them.

A row expression computes a value of a row from that row alone. It is a Polars expression, which
`row_guard` can examine, or a `PythonExpression`, whose author vouches for it.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import polars as pl

from headwater.spec.expression_tree import ExpressionError, Node, nodes_within, tree_of
from headwater.spec.python_source import source_bytes
from headwater.spec.remembered import Schema as Schema
from headwater.spec.remembered import remembered

_READS = frozenset({"Column", "Selector"})
_FUNCTION = frozenset({"Function"})


@dataclass(frozen=True, slots=True)
class PythonExpression:
    """A Python function over the values of one row, for what Polars has no words.

    It is slow, it is not provable, and its results are only as repeatable as the function: no
    clock, no random numbers, no files. A null arrives as None, and None is a null.

    Args:
        func: Takes the values of `columns` in their order and returns one value.
        returns: The type of the result.
        row_wise: That the function looks at nothing but its arguments; False is refused wherever
            a row expression is asked for.
        columns: The columns it reads; by default the names of its parameters.

    >>> route = PythonExpression(lambda origin, dest: f"{origin}-{dest}", returns=pl.String())
    >>> route.columns
    ('origin', 'dest')
    """

    func: Callable[..., Any]
    returns: pl.DataType
    row_wise: bool = True
    columns: Sequence[str] = ()

    provable: ClassVar[bool] = False

    def __post_init__(self) -> None:
        names = self.columns or tuple(inspect.signature(self.func).parameters)
        object.__setattr__(self, "columns", (names,) if isinstance(names, str) else tuple(names))

    def __call__(self, frame: pl.DataFrame) -> pl.Series:
        """One value per row of the frame.

        Raises:
            ValueError: The function fails, or a value does not have the type that was declared.
        """
        name = getattr(self.func, "__name__", "the function")
        rows = frame.select(self.columns).iter_rows()
        try:
            values = [self.func(*row) for row in rows]
        except Exception as error:  # whatever a user's function raises, which may quote the row
            raise ValueError(f"{name} raised {type(error).__name__}") from error
        try:
            return pl.Series(values, dtype=self.returns, strict=True)
        except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
            raise ValueError(f"{name} returned a value that is not {self.returns}") from error


RowExpression = pl.Expr | PythonExpression


class UnknownColumn(ExpressionError):
    """An expression reads a column that the schema does not have.

    Args:
        column: The name as the user wrote it.
    """

    def __init__(self, column: str) -> None:
        super().__init__(f"column {column!r} is not in the schema")
        self.column = column


class SeveralColumns(ExpressionError):
    """An expression yields more than one column, or none, where one is asked for.

    Args:
        columns: What it yields.
    """

    def __init__(self, columns: tuple[str, ...]) -> None:
        listed = ", ".join(columns[:6]) + (", ..." if len(columns) > 6 else "")
        what = f"{len(columns)} columns ({listed})" if columns else "no column"
        super().__init__(f"the expression yields {what}; it must yield one")
        self.columns = columns


def resolve(expression: RowExpression, schema: Schema) -> pl.DataType:
    """The type of the result.

    Raises:
        UnknownColumn: A column that it reads is not in the schema.
        SeveralColumns: It yields more than one column, or none.
        ExpressionError: An operation does not take the type it is given.

    >>> resolve(pl.col("delay") > 15, {"delay": pl.Int64()})
    Boolean
    """
    if isinstance(expression, PythonExpression):
        for column in expression.columns:
            if column not in schema:
                raise UnknownColumn(column)
        return expression.returns
    return _type(expression, schema)


def roots(expression: RowExpression, schema: Schema) -> tuple[str, ...]:
    """The sorted names of the columns that it reads, its selectors spelt out.

    Raises:
        UnknownColumn: A column that it reads is not in the schema.

    >>> schema = {"a": pl.Int64(), "b": pl.Float64(), "c": pl.String()}
    >>> roots(pl.sum_horizontal(pl.selectors.numeric()), schema)
    ('a', 'b')
    """
    if isinstance(expression, PythonExpression):
        resolve(expression, schema)
        return tuple(sorted(set(expression.columns)))
    return _roots(expression, schema)


@remembered
def _roots(expression: pl.Expr, schema: Schema) -> tuple[str, ...]:
    names = {name for node in _reads(expression) for name in selected(node, schema)}
    return tuple(sorted(names))


def selected(node: Node, schema: Schema) -> tuple[str, ...]:
    """The columns that a `Column` or `Selector` node stands for.

    Raises:
        UnknownColumn: The node names a column that the schema does not have.
    """
    if node.kind == "Selector":
        return tuple(_resolved(node.to_expression(), schema))
    if node.body not in schema:
        raise UnknownColumn(node.body)
    return (node.body,)


def has_selector(expression: pl.Expr) -> bool:
    """Whether the columns that it reads depend on which columns there are."""
    return any(node.kind == "Selector" for node in _reads(expression))


def expression_bytes(expression: RowExpression) -> bytes:
    """What identifies the expression in a fingerprint, the same in every process.

    Polars' own bytes and its version, never its text, in which long lists are cut and options
    missing. The values of `is_in` count as the set that they are: a Python set is written in an
    order that changes from process to process.

    Raises:
        ExpressionError: Polars cannot write the expression down.
        ValueError: A Python function reads a value that can change unseen.
    """
    version = f"polars {pl.__version__}\0".encode()
    if isinstance(expression, PythonExpression):
        rest = f"{expression.returns!r} {expression.row_wise} {expression.columns!r}\0"
        return b"python " + version + rest.encode() + source_bytes(expression.func)
    try:
        written = expression.meta.serialize()
    except pl.exceptions.PolarsError as error:
        raise ExpressionError("it holds a Python object that cannot be written down") from error
    for values, times in Counter(_memberships(expression)).items():
        if written.count(values) == times:  # else the same list stands elsewhere as well, as a list
            written = written.replace(values, _as_set(values))
    return version + written


def _resolved(expression: pl.Expr, schema: Schema) -> dict[str, pl.DataType]:
    try:
        return dict(_empty(tuple(schema.items())).select(expression).collect_schema())
    except pl.exceptions.ColumnNotFoundError as error:
        raise _unknown(expression, schema, str(error)) from None
    except pl.exceptions.PolarsError as error:
        raise ExpressionError(str(error).partition("\n")[0]) from None


@lru_cache(maxsize=256)
def _empty(schema: tuple[tuple[str, pl.DataType], ...]) -> pl.LazyFrame:
    """No rows of these types; making it takes ten times longer than asking it for a type."""
    return pl.LazyFrame(schema=dict(schema))


@remembered
def _type(expression: pl.Expr, schema: Schema) -> pl.DataType:
    columns = _resolved(expression, schema)
    if len(columns) != 1:
        raise SeveralColumns(tuple(columns))
    return next(iter(columns.values()))


def _unknown(expression: pl.Expr, schema: Schema, message: str) -> ExpressionError:
    """The fault for a column that Polars did not find; a selector's is named in the message."""
    for node in _reads(expression):
        if node.kind == "Column" and node.body not in schema:
            return UnknownColumn(node.body)
    named = re.search(r'"(.*?)" not found', message)
    return UnknownColumn(named[1]) if named else ExpressionError(message.partition("\n")[0])


def _reads(expression: pl.Expr) -> Iterator[Node]:
    tree = tree_of(expression)
    for node in nodes_within({tree.kind: tree.body}, _READS):
        if node.body:  # within `list.filter` Polars calls the element a column without a name
            yield node


def _memberships(expression: pl.Expr) -> Iterator[bytes]:
    """The literal lists of `is_in`, as they stand in Polars' bytes."""
    tree = tree_of(expression)
    for node in nodes_within({tree.kind: tree.body}, _FUNCTION):
        values = node.inputs[-1]
        if "IsIn" in node.words and values.kind == "Literal":
            listed = values.body.get("Scalar", {})
            if isinstance(listed, dict) and "List" in listed:
                yield bytes(listed["List"])


def _as_set(values: bytes) -> bytes:
    column = pl.read_ipc_stream(io.BytesIO(values)).to_series()
    ordered = column.unique().sort(nulls_last=True)
    return hashlib.sha256(f"{ordered.dtype} {ordered.to_physical().to_list()!r}".encode()).digest()
