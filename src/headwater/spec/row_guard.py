"""The guard: an expression that does not work row by row is refused before data is read.

A feature that subtracts the mean of its column has seen rows that it must not see, and gives other
values at request time. `is_row_separable` of Polars asks the outermost operation only and is wrong
for some, so each node is asked alone, with columns for its inputs, and what Polars declares wrongly
is listed here. A kind of node that is not known is refused.
"""

from __future__ import annotations

import polars as pl

from headwater.spec.expression_tree import ExpressionError, Node, nodes_within, tree_of
from headwater.spec.remembered import remembered
from headwater.spec.row_expressions import (
    PythonExpression,
    RowExpression,
    Schema,
    resolve,
)
from headwater.spec.row_probe import check_types, probe_fault

_PYTHON = "it calls a Python function, which cannot be examined: use PythonExpression"
_CODES = "the codes of a categorical differ from run to run: cast it to String"
_RESIZES = "changes the number of rows"
_LOOKS = "looks at other rows"

_SOUND_KINDS = frozenset(
    {"Column", "Selector", "Field", "BinaryExpr", "Ternary", "Alias", "KeepName", "StructEval"}
)
_COMPARISONS = frozenset(
    {"Eq", "NotEq", "Lt", "LtEq", "Gt", "GtEq", "EqValidity", "NotEqValidity", "And", "Or", "Xor"}
)
_FAULTY_KINDS = {
    "AnonymousFunction": _PYTHON,
    "AnonymousAgg": _PYTHON,
    "PipeWithDtype": _PYTHON,
    "Explode": f"explode() {_RESIZES}",
    "Filter": f"filter() {_RESIZES}; use pl.when",
    "Gather": "gather() and get() take values from other rows",
    "Len": "len() counts rows",
    "Over": f"over() {_LOOKS}",
    "Rolling": f"rolling() {_LOOKS}",
    "Slice": f"slicing {_RESIZES}",
    "Sort": "sort() moves values to other rows",
    "SortBy": "sort_by() moves values to other rows",
}
_FAULTY_FUNCTIONS = {
    "FfiPlugin": "it calls a plugin, which cannot be examined",
    "FoldHorizontal": _PYTHON,
    "ReduceHorizontal": _PYTHON,
    "CumFoldHorizontal": _PYTHON,
    "CumReduceHorizontal": _PYTHON,
    "MapFieldNames": _PYTHON,
    "Random": "shuffle() and sample() depend on chance and on other rows",
    "Sample": "list.sample() depends on chance and on other rows",
    "SelectFields": "it yields several columns",
    "SetSortedFlag": "set_sorted() lets comparisons skip rows; leave it out",
}
_FAULTY_IN_LISTS = _FAULTY_FUNCTIONS | {
    "Mode": "mode() leaves its order to chance; say maintain_order=True",
    "ValueCounts": "value_counts() leaves its order to chance",
    "ToPhysical": _CODES,
    "Physical": _CODES,
}
_NEEDS_SCHEMA = frozenset({"Reinterpret", "ToStruct", "Intervals"})
"""Functions of one row that Polars does not judge without knowing the type of their input."""

_IN_LISTS = frozenset(
    {"AnonymousFunction", "AnonymousAgg", "PipeWithDtype", "Function", "Literal", "RenameAlias"}
)


def row_wise_fault(expression: RowExpression, schema: Schema) -> str | None:
    """A sentence that says why the expression does not work row by row, or None.

    First the structure is examined, then the expression is tried once on invented rows. A
    `PythonExpression` is believed.

    Raises:
        ExpressionError: The expression cannot be resolved against the schema, or an operation does
            not take the type it is given.

    >>> row_wise_fault(pl.col("a") - pl.col("a").mean(), {"a": pl.Float64()})
    'mean() aggregates rows into one value'
    """
    if isinstance(expression, PythonExpression):
        return None if expression.row_wise else "the function is declared with row_wise=False"
    return _fault(expression, schema)


@remembered
def _fault(expression: pl.Expr, schema: Schema) -> str | None:
    try:
        tree = tree_of(expression)
    except ExpressionError as error:
        return str(error)
    fault = _first_fault(tree, schema)
    if fault is not None:
        return fault
    if expression.meta.is_column() and expression.meta.output_name() in schema:
        return None  # most values are a column as it is
    if _only_compares(tree):  # as most conditions do
        check_types(expression, schema)
        return None
    return probe_fault(expression, schema)


def _only_compares(node: Node) -> bool:
    """Whether columns and constants are compared, of which the structure shows all there is."""
    if node.kind == "BinaryExpr":
        return node.body["op"] in _COMPARISONS and all(map(_only_compares, node.inputs))
    return node.kind in ("Column", "Literal")


def _first_fault(root: Node, schema: Schema) -> str | None:
    fault = _own_fault(root, schema)
    if fault is not None:
        return fault
    inputs = root.inputs
    if "Business" in root.words and inputs[-1].kind == "Literal":
        inputs = inputs[:-1]  # the holidays are one list for all rows, though a Series holds it
    return next(filter(None, (_first_fault(node, schema) for node in inputs)), None)


def _own_fault(node: Node, schema: Schema) -> str | None:
    match node.kind:
        case "Function":
            return _function_fault(node, schema)
        case "Literal":
            return _literal_fault(node)
        case "Agg":
            return f"{next(iter(node.body)).lower()}() aggregates rows into one value"
        case "Cast":
            return None if "Literal" in node.body["dtype"] else "it casts to a computed type"
        case "RenameAlias":
            return _PYTHON if "Map" in node.body["function"] else None
        case "Eval":
            return _list_fault(node)
    if node.kind in _SOUND_KINDS:
        return None
    return _FAULTY_KINDS.get(node.kind, f"{node.name}() is not known to work row by row")


def _literal_fault(node: Node) -> str | None:
    if isinstance(node.body, dict) and "Series" in node.body:
        return "it holds a Series, which has rows of its own: give a list"
    return None


def _function_fault(node: Node, schema: Schema) -> str | None:
    for word in node.words:
        if word in _FAULTY_FUNCTIONS:
            return _FAULTY_FUNCTIONS[word]
    if "IsIn" in node.words and not _is_list(node.inputs[1], schema):
        return "is_in() with a column that holds no lists looks at all rows of that column"
    if node.words[-1] in ("ToPhysical", "Physical") and _is_categorical(node.inputs[0], schema):
        return _CODES
    if _NEEDS_SCHEMA.intersection(node.words) or _is_sound(node):
        return None
    if "Strptime" in node.words:
        return "the format is guessed from other rows: name it"
    return f"{node.name}() looks at other rows, or changes their number"


def _is_sound(node: Node) -> bool:
    """What Polars says of this function alone, whatever its inputs are."""
    columns = [{"Column": str(place)} for place, _ in enumerate(node.inputs)]
    try:
        says = Node("Function", node.body | {"input": columns}).to_expression().meta
        return says.is_row_separable() and says.is_length_preserving() and not says.is_scalar()
    except pl.exceptions.PolarsError:
        return False  # it asks for a constant, as shift() does, or for the type of a column


def _is_list(node: Node, schema: Schema) -> bool:
    if node.kind == "Literal":
        return True
    return isinstance(resolve(node.to_expression(), schema), pl.List | pl.Array)


def _is_categorical(node: Node, schema: Schema) -> bool:
    return "Categorical" in str(resolve(node.to_expression(), schema))


def _list_fault(node: Node) -> str | None:
    """A fault of what is done within each list, where all but chance and Python is allowed."""
    if "Cumulative" in node.body["variant"]:
        return "cumulative_eval() looks at other rows"
    for inner in nodes_within(node.body["evaluation"], _IN_LISTS):
        fault = _fault_in_list(inner)
        if fault is not None:
            return fault
    return None


def _fault_in_list(node: Node) -> str | None:
    match node.kind:
        case "Function":
            ordered = node.body["function"] == {"Mode": {"maintain_order": True}}
            found = (_FAULTY_IN_LISTS[word] for word in node.words if word in _FAULTY_IN_LISTS)
            return None if ordered else next(found, None)
        case "Literal":
            return _literal_fault(node)
        case "RenameAlias":
            return _PYTHON if "Map" in node.body["function"] else None
    return _FAULTY_KINDS[node.kind]
