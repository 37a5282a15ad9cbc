"""Plain Python functions become compiled, cached modules.

A pass is a template (a plain function whose first parameter is called `fold`) plus the few plain
functions of an aggregation. `compiled` writes one module with the text of the template, of the
fold's functions and of everything they call, under a name that is the hash of that text and of the
Numba version, and compiles it with an explicit signature. Nothing can be stale in Numba's cache,
definitions load without Numba, and the same functions run as Python where a debugger is wanted.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import math
import os
import re
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

_ENTERED = "nogil=True, cache=True, error_model='numpy'"
_CALLED = "nogil=True, error_model='numpy', no_cpython_wrapper=True, no_cfunc_wrapper=True"
_lock = threading.RLock()
_shared: dict[str, Any] = {}


def cache_folder() -> Path:
    """Where compiled modules are kept: `HEADWATER_CACHE`, else the user's cache folder.

    Falls back to a folder of this user in the temporary directory where that cannot be written.
    """
    named = os.environ.get("HEADWATER_CACHE")
    base = Path(named or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = (base if named else base / "headwater") / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    spare = Path(tempfile.gettempdir()) / f"headwater-{os.getuid()}" / "kernels"
    spare.mkdir(parents=True, exist_ok=True, mode=0o700)
    return spare


@cache
def compiled(
    function: Callable[..., Any], signature: str, fold: type | None = None
) -> Callable[..., Any]:
    """The function as machine code, from the cache where it was compiled before.

    Args:
        function: A plain function; with `fold` a template whose first parameter is `fold`.
        signature: Numba's notation, such as `void(int64[::1], float64)`; without the fold.
        fold: The class whose static functions the template calls.

    Environment:
        HEADWATER_COMPILE=0 returns the plain function, with the fold bound.
    """
    if os.environ.get("HEADWATER_COMPILE") == "0":
        return _bound(function, fold)
    with _lock:
        return _load(module_text(function, fold), signature, function.__name__)


def module_text(function: Callable[..., Any], fold: type | None = None) -> str:
    """The self-contained module that `compiled` compiles, as text."""
    collected: dict[str, str] = {}
    entry = _collect(_plain(function), fold, collected)
    collected[entry] = collected[entry].replace(_CALLED, _ENTERED, 1)
    imports = "import math\n\nimport numpy as np\nfrom numba import njit\n"
    return "\n\n".join([imports, *collected.values(), f"ENTRY = {entry}"]) + "\n"


def _bound(function: Callable[..., Any], fold: type | None) -> Callable[..., Any]:
    if fold is None:
        return function
    return lambda *arguments: function(fold, *arguments)


def _plain(function: Any) -> FunctionType:
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is not a plain function")
    return function


def _collect(function: FunctionType, fold: type | None, collected: dict[str, str]) -> str:
    """Add the text of `function` and of all it calls; its name in the module.

    The name ends with a hash of the text, in which the names of what it calls stand: equal names
    are equal functions, in whatever module or file they were written.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError(f"{function.__qualname__} is not written as a function")
    names = {
        used: _collect(value, None, collected)
        if isinstance(value, FunctionType)
        else _number(value)
        for used, value in _globals_of(function).items()
    }
    functions = {} if fold is None else _fold_functions(definition, fold, collected)
    _Inline(names, functions).visit(definition)
    _strip(definition, drops_fold=fold is not None)
    digest = hashlib.sha256(ast.unparse(definition).encode()).hexdigest()
    definition.name = f"{definition.name}_{digest[:12]}"
    collected[definition.name] = f"@njit({_CALLED})\n{ast.unparse(definition)}"
    return definition.name


def _globals_of(function: FunctionType) -> dict[str, Any]:
    """The plain functions and numbers among the globals that a function reads."""
    read = {
        name: function.__globals__[name]
        for name in function.__code__.co_names
        if name in function.__globals__
    }
    return {
        name: value
        for name, value in read.items()
        if isinstance(value, FunctionType | int | float)
    }


def _number(value: float) -> str:
    """A number as a module writes it; what is not finite has no literal."""
    if isinstance(value, float) and not math.isfinite(value):
        return "math.nan" if value != value else "math.inf" if value > 0.0 else "-math.inf"
    return repr(value)


def _fold_functions(
    definition: ast.FunctionDef, fold: type, collected: dict[str, str]
) -> dict[str, str]:
    wanted = {
        node.attr
        for node in ast.walk(definition)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "fold"
    }
    return {attr: _collect(_plain(getattr(fold, attr)), None, collected) for attr in sorted(wanted)}


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
            raise TypeError(f"{definition.name}: annotated assignments are not compiled")


def _load(text: str, signature: str, label: str) -> Callable[..., Any]:
    import numba

    stamp = f"{text}|{signature}|{numba.__version__}"
    name = f"headwater_{label}_{hashlib.sha256(stamp.encode()).hexdigest()[:16]}"
    if name not in sys.modules:
        module = _import(_write(name, text), name)
        _share(module)
        sys.modules[name] = module
    dispatcher = sys.modules[name].ENTRY
    if not dispatcher.signatures:
        dispatcher.compile(_readonly(signature))
        dispatcher.disable_compile()
    return dispatcher  # type: ignore[no-any-return]


def _share(module: ModuleType) -> None:
    """Let the modules of this process call one copy of equal functions, compiled once."""
    for name, value in list(vars(module).items()):
        if hasattr(value, "py_func") and value is not module.ENTRY:
            setattr(module, name, _shared.setdefault(name, value))


def _write(name: str, text: str) -> Path:
    path = cache_folder() / f"{name}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        beside = path.with_name(f".{name}.{os.getpid()}.{threading.get_ident()}.tmp")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    return path


def _import(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _readonly(signature: str) -> Any:
    """The parsed signature; `const int64[::1]` is an array that is only read, so Arrow's pass.

    A mutable array may be given where a read-only one is expected, not the other way round.
    """
    from numba import types

    returns, _, rest = signature.partition("(")
    arguments = [_type(part.strip()) for part in re.split(r",(?![^\[]*\])", rest.rstrip(")"))]
    return _type(returns)(*arguments) if returns != "void" else types.void(*arguments)


def _type(text: str) -> Any:
    from numba import types

    constant = text.startswith("const ")
    scalar, bracket, dimensions = text.removeprefix("const ").partition("[")
    dtype = getattr(types, scalar)
    if not bracket:
        return dtype
    return types.Array(dtype, dimensions.count(",") + 1, "C", readonly=constant)
