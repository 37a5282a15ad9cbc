"""A plain function and all it calls, written as one text per function for the compiler.

A module's name ends with the hash of its text, in which the names of what it calls stand; the
template's hash knows the signature and the compiler's version too. Other text is another module:
nothing can be stale in a cache, passes share what they call, and definitions load without Numba.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import math
import textwrap
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from types import BuiltinFunctionType, FunctionType
from typing import Any

CALLED = "nogil=True, error_model='numpy', no_cpython_wrapper=True, no_cfunc_wrapper=True"
"""How a function is compiled that other compiled code calls, or the linker's caller."""
CALLABLE = "nogil=True, error_model='numpy', cache=True"
"""How one is that Python calls."""
_IMPORTS = "import math\n\nimport numpy as np\nfrom numba import njit\n"


class NotPlain(TypeError):
    """What was given is not a function that can be written down."""


@cache
def compiler_versions() -> str:
    """What compiles, without importing it."""
    return f"{version('numba')} {version('llvmlite')}"


def module_texts(
    function: Callable[..., Any], signature: str, fold: type | None = None
) -> dict[str, str]:
    """The modules that make up a pass, text by name: callees first, the template last."""
    texts: dict[str, str] = {}
    entry, text = _written(_plain(function), fold, texts)
    stamp = f"{text}|{signature}|{compiler_versions()}"
    texts[_named(entry, stamp)] = _module(text)
    return texts


def _module(text: str) -> str:
    return f"{_IMPORTS}{text}".replace("@njit", f"@njit({CALLED})", 1)


def _plain(function: Any) -> FunctionType:
    if not isinstance(function, FunctionType):
        raise NotPlain(f"{function!r} is not a plain function")
    return function


def _collect(function: FunctionType, texts: dict[str, str]) -> str:
    """Add the modules of `function` and of all it calls; the name of both module and function."""
    name, own = _alone(function)
    texts |= own
    return name


@cache
def _alone(function: FunctionType) -> tuple[str, dict[str, str]]:
    """The same from nothing; passes share what they call, and writing it takes milliseconds."""
    texts: dict[str, str] = {}
    label, text = _written(function, None, texts)
    name = _named(label, text)
    texts[name] = _module(text)
    return name, texts


def _written(function: FunctionType, fold: type | None, texts: dict[str, str]) -> tuple[str, str]:
    """Its own name and its text, after the modules of all it calls were added to `texts`."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise NotPlain(f"{function.__qualname__} is not written as a function")
    names = {
        used: _collect(value, texts) if isinstance(value, FunctionType) else _literal(value)
        for used, value in _globals_of(function).items()
    }
    methods = {} if fold is None else _methods(definition, fold, texts)
    _Inline(names, methods).visit(definition)
    _strip(definition, drops_fold=fold is not None)
    called = sorted({*names.values(), *methods.values()} & texts.keys())
    imports = "".join(f"from {name} import ENTRY as {name}\n" for name in called)
    own = definition.name
    definition.name = "ENTRY"
    return own, f"{imports}\n@njit\n{ast.unparse(definition)}\n"


def _named(label: str, stamp: str) -> str:
    return f"headwater_{label}_{hashlib.sha256(stamp.encode()).hexdigest()[:16]}"


def _globals_of(function: FunctionType) -> dict[str, Any]:
    """The plain functions, numbers and functions of `math` among the globals that it reads."""
    read = {
        name: function.__globals__[name]
        for name in function.__code__.co_names
        if name in function.__globals__
    }
    return {
        name: value
        for name, value in read.items()
        if isinstance(value, FunctionType | int | float) or _is_of_math(value)
    }


def _is_of_math(value: Any) -> bool:
    return isinstance(value, BuiltinFunctionType) and value.__module__ == "math"


def _literal(value: Any) -> str:
    """A number or a function of `math` as a module writes it; what is not finite has no literal."""
    if _is_of_math(value):
        return f"math.{value.__name__}"
    if isinstance(value, float) and not math.isfinite(value):
        return "math.nan" if value != value else "math.inf" if value > 0.0 else "-math.inf"
    return repr(value)


def _methods(definition: ast.FunctionDef, fold: type, texts: dict[str, str]) -> dict[str, str]:
    """The modules of the fold's functions that a template calls, by attribute."""
    wanted = {
        node.attr
        for node in ast.walk(definition)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "fold"
    }
    return {attr: _collect(_plain(getattr(fold, attr)), texts) for attr in sorted(wanted)}


class _Inline(ast.NodeTransformer):
    """Rename calls to the module's own functions, constants to their values."""

    def __init__(self, names: dict[str, str], functions: dict[str, str]) -> None:
        self.names = names
        self.functions = functions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.names or not isinstance(node.ctx, ast.Load):
            return node
        return ast.parse(self.names[node.id], mode="eval").body

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "fold":
            return ast.Name(self.functions[node.attr], ast.Load())
        self.generic_visit(node)
        return node


def _strip(definition: ast.FunctionDef, *, drops_fold: bool) -> None:
    """Leave the bare function: no decorators, annotations or docstring."""
    definition.decorator_list = []
    definition.returns = None
    if drops_fold:
        definition.args.args = definition.args.args[1:]
    for argument in definition.args.args:
        argument.annotation = None
    if ast.get_docstring(definition) is not None:
        definition.body = definition.body[1:]
    for node in ast.walk(definition):
        if isinstance(node, ast.AnnAssign):
            raise NotPlain(f"{definition.name}: annotated assignments are not compiled")
