"""Plain Python functions become compiled, cached modules.

A pass is a template (a plain function whose first parameter is called `fold`) plus the few plain
functions of an aggregation. `compiled` writes one module for the template and one for each function
that it calls, and compiles them with an explicit signature. A module's name ends with the hash of
its text, in which the names of what it calls stand; the template's hash knows the signature and
Numba's version too. Other text is another module: nothing can be stale in Numba's cache, passes
share what they call, definitions load without Numba, and the same functions run as Python where a
debugger is wanted.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

_ENTERED = "nogil=True, cache=True, error_model='numpy'"
_CALLED = "nogil=True, error_model='numpy', no_cpython_wrapper=True, no_cfunc_wrapper=True"
_IMPORTS = "import math\n\nimport numpy as np\nfrom numba import njit\n"
_WRITTEN = 1_000_000_000
_lock = threading.RLock()


def cache_folder() -> Path:
    """Where compiled modules are kept: `HEADWATER_CACHE`, else the user's cache folder.

    Falls back to a folder of this user under the temporary directory where that is not writable.
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
    return _spare_folder()


@cache
def _spare_folder() -> Path:
    """A folder of this user; never another's, since code is loaded from it."""
    folder = Path(tempfile.gettempdir()) / f"headwater-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid == os.getuid() and not folder.is_symlink():
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="headwater-"))


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
    with _lock, _plain_loops(fold):
        return _load(module_texts(function, signature, fold), signature)


def module_texts(
    function: Callable[..., Any], signature: str, fold: type | None = None
) -> dict[str, str]:
    """The modules that `compiled` compiles, text by name: callees first, the template last."""
    import numba

    texts: dict[str, str] = {}
    entry, text = _written(_plain(function), fold, texts)
    stamp = f"{text}|{signature}|{numba.__version__}"
    texts[_named(entry, stamp)] = f"{_IMPORTS}{text}".replace("@njit", f"@njit({_ENTERED})", 1)
    return texts


def _bound(function: Callable[..., Any], fold: type | None) -> Callable[..., Any]:
    """The function as Python; like compiled code it divides by zero and overflows in silence."""

    def run(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments) if fold is None else function(fold, *arguments)

    return run


def _plain(function: Any) -> FunctionType:
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is not a plain function")
    return function


def _collect(function: FunctionType, texts: dict[str, str]) -> str:
    """Add the modules of `function` and of all it calls; the name of both module and function."""
    label, text = _written(function, None, texts)
    name = _named(label, text)
    texts[name] = f"{_IMPORTS}{text}".replace("@njit", f"@njit({_CALLED})", 1)
    return name


def _written(function: FunctionType, fold: type | None, texts: dict[str, str]) -> tuple[str, str]:
    """Its own name and its text, after the modules of all it calls were added to `texts`."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError(f"{function.__qualname__} is not written as a function")
    names = {
        used: _collect(value, texts) if isinstance(value, FunctionType) else _number(value)
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
    """The plain functions and numbers among the globals that a function reads."""
    read = {
        name: function.__globals__[name]
        for name in function.__code__.co_names
        if name in function.__globals__
    }
    return {
        name: value for name, value in read.items() if isinstance(value, FunctionType | int | float)
    }


def _number(value: Any) -> str:
    """A number as a module writes it; what is not finite has no literal."""
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
            raise TypeError(f"{definition.name}: annotated assignments are not compiled")


@contextmanager
def _plain_loops(fold: type | None) -> Iterator[None]:
    """Compile folds without vector loops: states are a few words, for which these cost time."""
    from numba import config
    from numba.core.compiler_lock import global_compiler_lock

    with global_compiler_lock:
        before = config.LOOP_VECTORIZE
        config.LOOP_VECTORIZE = before and fold is None
        try:
            yield
        finally:
            config.LOOP_VECTORIZE = before


def _load(texts: dict[str, str], signature: str) -> Callable[..., Any]:
    """Import the modules, callees first, and compile the last or take it from the cache."""
    for name, text in texts.items():
        if name not in sys.modules:
            sys.modules[name] = _import(_write(name, text), name)
    dispatcher = sys.modules[name].ENTRY
    if not dispatcher.signatures:
        dispatcher.compile(_readonly(signature))
        dispatcher.disable_compile()
    return dispatcher  # type: ignore[no-any-return]


def _write(name: str, text: str) -> Path:
    path = cache_folder() / f"{name}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        beside = path.with_name(f".{name}.{os.getpid()}.{threading.get_ident()}.tmp")
        beside.write_text(text, encoding="utf-8")
        # Numba's cache asks for the time of the file: the same whichever process came last
        os.utime(beside, (_WRITTEN, _WRITTEN))
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
