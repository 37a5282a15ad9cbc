"""Which functions make up a pass, and whether they are the same as another time.

Kept machine code is found by what Python loaded: the bytecode of a template and of all it calls,
with the constants that they read. That takes less than a millisecond, where reading sources and
writing texts from them takes tens. A changed helper is other code, a changed comment is not.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType
from typing import Any

_WRITERS = (
    "extras.py",
    "machine_code.py",
    "module_texts.py",
    "numba_compiler.py",
    "reference_counts.py",
)
"""What decides, beside this file, how functions become code."""
_VARIADIC = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


class NotPlain(TypeError):
    """What was given is not a function that can be written down."""


@cache
def compiler_versions() -> str:
    """What compiles, without importing it."""
    return f"{version('numba')} {version('llvmlite')}"


def plain(function: Any) -> FunctionType:
    """The function itself.

    Raises:
        NotPlain: It is something else.
    """
    if not isinstance(function, FunctionType):
        raise NotPlain(f"{function!r} is not a plain function")
    return function


def globals_of(function: FunctionType) -> dict[str, Any]:
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


def literal(value: Any) -> str:
    """A number or a function of `math` as a module writes it; what is not finite has no literal."""
    if _is_of_math(value):
        return f"math.{value.__name__}"
    if isinstance(value, float) and not math.isfinite(value):
        return "math.nan" if value != value else "math.inf" if value > 0.0 else "-math.inf"
    return repr(value)


def _is_of_math(value: Any) -> bool:
    return isinstance(value, BuiltinFunctionType) and value.__module__ == "math"


def reached(function: Callable[..., Any], fold: type | None = None) -> list[FunctionType]:
    """The function and all that it calls, of its fold too, each once.

    Raises:
        NotPlain: It is not a plain function.
    """
    found = [plain(function), *_methods(plain(function), fold).values()]
    for one in found:  # which grows
        called = (value for value in globals_of(one).values() if isinstance(value, FunctionType))
        found += [value for value in dict.fromkeys(called) if value not in found]
    return found


def identity(functions: Sequence[FunctionType], signature: str, fold: type | None = None) -> str:
    """Words that differ where another text, compiler or signature would give other code.

    Args:
        functions: What `reached` found.
        signature: That of the first of them.
        fold: The class whose functions the first calls.
    """
    places = {function: place for place, function in enumerate(functions)}
    methods = {name: places[one] for name, one in _methods(functions[0], fold).items()}
    about: list[Any] = [_made_by(), signature, fold is None, methods]
    for function in functions:
        read = {
            name: places[value] if isinstance(value, FunctionType) else literal(value)
            for name, value in globals_of(function).items()
        }
        about.append((_said(function.__code__), function.__defaults__, read))
    return hashlib.sha256(repr(about).encode()).hexdigest()[:32]


def are_as_written(functions: Iterable[FunctionType]) -> bool:
    """Whether their files still say what was loaded from them, so that a text is of the same."""
    files: dict[str, list[tuple[int, str]]] = {}
    for function in functions:
        file = function.__code__.co_filename
        if file not in files:
            files[file] = [_placed(one) for one in _codes(_file_of(function))]
        if _placed(function.__code__) not in files[file]:
            return False
    return True


def _file_of(function: FunctionType) -> CodeType | None:
    """Its whole file, as the bytecode of a call depends on what a file imports; None for none."""
    try:
        lines, _ = inspect.findsource(function)
        return compile("".join(lines), function.__code__.co_filename, "exec", dont_inherit=True)
    except (OSError, SyntaxError):
        return None


def _placed(code: CodeType) -> tuple[int, str]:
    """With its line, by which a text is found."""
    return code.co_firstlineno, repr(_said(code))


def _codes(code: CodeType | None) -> Iterator[CodeType]:
    """The code of all functions in a file."""
    for one in () if code is None else code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)


def _methods(template: FunctionType, fold: type | None) -> dict[str, FunctionType]:
    """The functions of a fold that a template may call, by attribute."""
    named = {name: getattr(fold, name, None) for name in template.__code__.co_names}
    return {name: one for name, one in named.items() if isinstance(one, FunctionType)}


def _said(code: CodeType) -> tuple[Any, ...]:
    """All of a function's code that decides what it does; nothing about its place."""
    return (
        code.co_name,
        code.co_code,
        [_constant(one) for one in code.co_consts],
        code.co_names,
        code.co_varnames,
        (code.co_freevars, code.co_cellvars),
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        code.co_flags & _VARIADIC,
        code.co_exceptiontable,
    )


def _constant(value: Any) -> Any:
    if isinstance(value, CodeType):
        return _said(value)
    # a set has no order of its own
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


@cache
def _made_by() -> str:
    """The compiler, Python and our own writing of modules."""
    here = Path(__file__)
    ours = hashlib.sha256(here.read_bytes())
    for name in _WRITERS:
        ours.update(here.with_name(name).read_bytes())
    python = f"{sys.implementation.cache_tag} {importlib.util.MAGIC_NUMBER.hex()}"
    return f"{compiler_versions()} {python} {ours.hexdigest()}"
