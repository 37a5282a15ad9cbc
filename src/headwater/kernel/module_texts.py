"""A plain function and all it calls, written as one text per function for the compiler.

A module's name ends with the hash of its text, in which the names of what it calls stand; the
template's hash knows the signature and the compiler's version too. Other text is another module:
nothing can be stale in a cache, passes share what they call, and definitions load without Numba.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from headwater.kernel.extras import definition_of
from headwater.kernel.function_identity import (
    NotPlain,
    compiler_versions,
    globals_of,
    literal,
    plain,
)

CALLED = (
    "nogil=True, error_model='numpy', no_cpython_wrapper=True, no_cfunc_wrapper=True, "
    "pipeline_class=Part"
)
"""How a function is compiled that other compiled code calls, or the linker's caller."""
CALLABLE = "nogil=True, error_model='numpy', cache=True"
"""How one is that Python calls."""
_IMPORTS = """\
import math

import numpy as np
from numba import njit

from headwater.kernel.numba_compiler import Part
"""


def module_texts(
    function: Callable[..., Any],
    signature: str,
    fold: type | None = None,
    extras: Sequence[str] = (),
) -> dict[str, str]:
    """The modules that make up a pass, text by name: callees first, the template last.

    Args:
        function: A plain function, or the template.
        signature: Of the last module, with the arrays of `extras`.
        fold: Whose functions the template calls.
        extras: What these are given besides `x`; see `headwater.kernel.extras`.
    """
    texts: dict[str, str] = {}
    entry, text = _written(plain(function), fold, texts, extras)
    stamp = f"{text}|{signature}|{compiler_versions()}"
    texts[_named(entry, stamp)] = _module(text)
    return texts


def _module(text: str) -> str:
    return f"{_IMPORTS}{text}".replace("@njit", f"@njit({CALLED})", 1)


def _collect(function: FunctionType, texts: dict[str, str]) -> str:
    """Add the modules of `function` and of all it calls; the name of both module and function."""
    label, text = _written(function, None, texts)
    name = _named(label, text)
    texts[name] = _module(text)
    return name


def _written(
    function: FunctionType,
    fold: type | None,
    texts: dict[str, str],
    extras: Sequence[str] = (),
) -> tuple[str, str]:
    """Its own name and its text, after the modules of all it calls were added to `texts`."""
    definition = definition_of(function, fold, extras)
    if not isinstance(definition, ast.FunctionDef):
        raise NotPlain(f"{function.__qualname__} is not written as a function")
    names = {
        used: _collect(value, texts) if isinstance(value, FunctionType) else literal(value)
        for used, value in globals_of(function).items()
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


def _methods(definition: ast.FunctionDef, fold: type, texts: dict[str, str]) -> dict[str, str]:
    """The modules of the fold's functions that a template calls, by attribute."""
    wanted = {
        node.attr
        for node in ast.walk(definition)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "fold"
    }
    return {attr: _collect(plain(getattr(fold, attr)), texts) for attr in sorted(wanted)}


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
