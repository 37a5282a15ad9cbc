"""What a fold's functions are given besides `x`, written into the templates that call them.

A template knows `x` only. For a fold that reads more, arrays are added to its parameters right
after `x`, and to its calls: those of `ARRAYS` follow `x` wherever a function of the fold takes it,
and the moment and the place for a list's items end the arguments of `result`. A function that takes
no more than the template gives is called as it is. The text that is compiled and the function that
runs as Python are made here alike.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from headwater.kernel.function_identity import plain

ARRAYS = ("time", "other", "parameters", "index")
"""They follow `x` in this order; then come `as_of` and `into`."""
_TYPES = {
    "time": "const int64[::1]",
    "other": "const float64[::1]",
    "parameters": "const float64[::1]",
    "index": "const int64[::1]",
    "as_of": "const int64[::1]",
}
_NAMED = "x_{}"
_TOLD = ("x", "values")
"""What a template calls the array that `result` is given."""


def extended(signature: str, extras: Sequence[str]) -> str:
    """The signature of a template with the arrays that are added to it.

    `into` has one dimension more than the results, which are the last argument but one.

    >>> extended("void(const int64[::1], float64[:,::1], uint8[:,::1])", ("time", "into"))
    'void(const int64[::1], const int64[::1], int64[:,:,::1], float64[:,::1], uint8[:,::1])'
    """
    if not extras:
        return signature
    own, _, rest = signature.partition("], ")
    dimensions = signature.rpartition("[")[2].count(",") + 1
    types = {**_TYPES, "into": f"int64[{':,' * dimensions}::1]"}
    return f"{own}], {', '.join(types[extra] for extra in extras)}, {rest}"


def definition_of(
    function: Callable[..., Any], fold: type | None = None, extras: Sequence[str] = ()
) -> ast.stmt:
    """What a function is written as; of a template, with what its fold reads besides."""
    found = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if extras and isinstance(found, ast.FunctionDef):
        places = [argument.arg for argument in found.args.args]
        after = places.index("x") + 1
        added = [ast.arg(_NAMED.format(extra)) for extra in extras]
        found.args.args[after:after] = added
        _Calls(fold, extras).visit(found)
        ast.fix_missing_locations(found)
    return found


def with_extras(
    template: Callable[..., Any], fold: type | None, extras: Sequence[str]
) -> Callable[..., Any]:
    """The template as Python, its lines where they are written; itself where nothing is added."""
    if not extras:
        return template
    definition = definition_of(template, fold, extras)
    code: Any = template.__code__
    ast.increment_lineno(definition, code.co_firstlineno - 1)
    space = dict(template.__globals__)
    module = ast.Module([definition], [])
    exec(compile(module, code.co_filename, "exec", dont_inherit=True), space)
    made: Callable[..., Any] = space[template.__name__]
    return made


class _Calls(ast.NodeTransformer):
    """Add arguments to the calls of a fold's functions."""

    def __init__(self, fold: type | None, extras: Sequence[str]) -> None:
        self.fold = fold
        self.extras = extras
        self.arrays = [_NAMED.format(extra) for extra in extras if extra in ARRAYS]

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        """`status[...], out[...] = fold.result(...)`: the places of `out` are those of the rest."""
        call = node.value
        if isinstance(call, ast.Call) and self._takes_more(call, "result"):
            place: Any = node.targets[0]
            self._finish(call, place.elts[1].slice)
            return node
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if self._takes_more(node):
            _insert(node, ("x",), self.arrays)
        return node

    def _takes_more(self, call: ast.Call, name: str | None = None) -> bool:
        """Whether a function of the fold (of this name) is called that takes more arguments."""
        called = _called(call)
        if called is None or (name is not None and called != name):
            return False
        return plain(getattr(self.fold, called)).__code__.co_argcount != len(call.args)

    def _finish(self, call: Any, place: ast.expr) -> None:
        _insert(call, _TOLD, self.arrays)
        last = place.elts[-1] if isinstance(place, ast.Tuple) else place
        for extra, index in (("as_of", last), ("into", place)):
            if extra in self.extras:
                array = ast.Name(_NAMED.format(extra), ast.Load())
                call.args.append(ast.Subscript(array, deepcopy(index), ast.Load()))


def _called(call: ast.Call) -> str | None:
    """The name of the fold's function that is called; None of other calls."""
    function = call.func
    is_own = isinstance(function, ast.Attribute) and ast.unparse(function.value) == "fold"
    return function.attr if is_own and isinstance(function, ast.Attribute) else None


def _insert(call: ast.Call, after: Sequence[str], names: Sequence[str]) -> None:
    """Add arguments after the one of these names."""
    told = [isinstance(one, ast.Name) and one.id in after for one in call.args]
    place = told.index(True) + 1
    call.args[place:place] = [ast.Name(name, ast.Load()) for name in names]
