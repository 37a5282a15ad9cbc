"""What a Python function computes, as bytes: its identity in a fingerprint."""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...))


def source_bytes(func: Callable[..., Any]) -> bytes:
    """The source of a function, or its bytecode where there is none, with all values it reads.

    Two functions of the same text that differ in a default, in an enclosing or in a global value
    compute different things, so these count as well; functions of the user's own that it calls
    count by their source, those of a module by their name.

    Raises:
        ValueError: It reads an enclosing or global value that is not made of plain constants, so
            nothing can say when it changes.

    >>> source_bytes(len)
    b'builtins.len'
    """
    return "\n".join(_parts(func, set())).encode()


def _parts(func: Callable[..., Any], seen: set[int]) -> Iterator[str]:
    if not isinstance(func, FunctionType):
        yield f"{func.__module__}.{getattr(func, '__qualname__', type(func).__qualname__)}"
    elif id(func) not in seen:
        seen.add(id(func))
        yield _text(func)
        for name, value in _values_read(func):
            yield from _named(name, value, seen)


def _text(func: FunctionType) -> str:
    try:
        return inspect.getsource(func)
    except (OSError, TypeError):
        return f"{sys.version_info[:2]} {_code(func.__code__)}"


def _code(code: CodeType) -> str:
    """The instructions without file, line and address, which say nothing of what is computed."""
    constants = [
        _code(constant) if isinstance(constant, CodeType) else _constant(constant)
        for constant in code.co_consts
    ]
    return repr((code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars))


def _values_read(func: FunctionType) -> Iterator[tuple[str, Any]]:
    found = {
        name: func.__globals__[name]
        for name in _globals_read(func.__code__)
        if name in func.__globals__
    }
    cells = zip(func.__code__.co_freevars, func.__closure__ or (), strict=True)
    found |= {name: cell.cell_contents for name, cell in cells}
    parameters = inspect.signature(func).parameters.values()
    found |= {p.name: p.default for p in parameters if p.default is not p.empty}
    yield from sorted(found.items())


def _globals_read(code: CodeType) -> set[str]:
    """By instruction and not by `co_names`, where attributes of the same name stand as well."""
    names = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return names.union(*map(_globals_read, inner))


def _named(name: str, value: Any, seen: set[int]) -> Iterator[str]:
    if isinstance(value, FunctionType):
        yield from _parts(value, seen)
    elif isinstance(value, ModuleType | type) or inspect.isbuiltin(value):
        yield f"{name} = {getattr(value, '__module__', '')}.{value.__name__}"
    else:
        text = _constant(value)
        if not text:
            kind = type(value).__name__
            raise ValueError(f"the function reads {name!r}, a {kind} that can change unseen")
        yield f"{name} = {text}"


def _constant(value: Any) -> str:
    """The value in writing, the same in every process; "" where it is no constant."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if not isinstance(value, tuple | list | set | frozenset | dict):
        return ""
    items = value.items() if isinstance(value, dict) else value
    texts = [_constant(item) for item in items]
    if "" in texts:
        return ""
    ordered = sorted(texts) if isinstance(value, set | frozenset) else texts
    return f"{type(value).__name__}({', '.join(ordered)})"
