"""Plain Python functions become machine code, compiled once and kept.

A pass is a template (a plain function whose first parameter is called `fold`) plus the few plain
functions of an aggregation. `compiled` writes one module for the template and one for each function
that it calls (see `headwater.kernel.module_texts`), compiles them with an explicit signature and
keeps the object file. The next process links that in a few milliseconds, without Numba (see
`headwater.kernel.machine_code`). The same functions run as Python where a debugger is wanted.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from headwater.errors import Place, SpecError
from headwater.kernel.extras import extended, with_extras
from headwater.kernel.function_identity import NotPlain, are_as_written, identity, reached
from headwater.kernel.module_texts import CALLABLE, CALLED, module_texts

if TYPE_CHECKING:
    from headwater.kernel.machine_code import MachineCode

_WRITTEN = 1_000_000_000
_NAMED = re.compile(r"headwater_(\w+)_[0-9a-f]{16}")
_lock = threading.RLock()
_ready: dict[Path, Callable[..., Any]] = {}


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
    function: Callable[..., Any],
    signature: str,
    fold: type | None = None,
    extras: tuple[str, ...] = (),
) -> Callable[..., Any]:
    """The function as machine code, from the cache where it was compiled before.

    Args:
        function: A plain function; with `fold` a template whose first parameter is `fold`.
        signature: Numba's notation, such as `void(int64[::1], float64)`; without the fold and
            without the arrays of `extras`.
        fold: The class whose static functions the template calls.
        extras: What these are given besides `x`, in the order of `headwater.kernel.extras`; the
            arrays follow `x` in the arguments.

    Raises:
        SpecError: HW213, the functions of `fold` cannot be compiled.

    Environment:
        HEADWATER_COMPILE=0 returns the plain function, with the fold bound.
    """
    if os.environ.get("HEADWATER_COMPILE") == "0":
        return _bound(with_extras(function, fold, extras), fold)
    signature = extended(signature, extras)
    wanted = _Wanted(tuple(reached(function, fold)), signature, fold, extras)
    with _lock:
        path = _place(wanted)
        if path not in _ready:
            _ready[path] = _linked(path, wanted)
        return _ready[path]


def is_compiled(
    function: Callable[..., Any],
    signature: str,
    fold: type | None = None,
    extras: tuple[str, ...] = (),
) -> bool:
    """Whether `compiled`, asked for the same, would find machine code that is there already."""
    if os.environ.get("HEADWATER_COMPILE") == "0":
        return True
    wanted = _Wanted(tuple(reached(function, fold)), extended(signature, extras), fold, extras)
    with _lock:
        path = _place(wanted)
    return path in _ready or path.exists()


def compile_missing(
    function: Callable[..., Any],
    signature: str,
    fold: type | None = None,
    extras: tuple[str, ...] = (),
) -> bool:
    """Compile and keep what is not there yet and nobody compiles now; whether it did."""
    wanted = _Wanted(tuple(reached(function, fold)), extended(signature, extras), fold, extras)
    with _lock, _alone(path := _place(wanted), waits=False) as is_alone:
        if not is_alone or _kept(path) is not None:
            return False
        _write(path, _made(wanted).to_bytes())
        return True


def compile_anew(
    function: Callable[..., Any],
    signature: str,
    fold: type | None = None,
    extras: tuple[str, ...] = (),
) -> int:
    """Compile what may be there already, keep nothing; the bytes of machine code."""
    wanted = _Wanted(tuple(reached(function, fold)), extended(signature, extras), fold, extras)
    with _lock:
        return len(_made(wanted).to_bytes())


def bound(run: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """A compiled function with all of its arguments, for calls that follow one another.

    Passing arrays costs more than a pass over some hundred rows. They are looked at once and held,
    so that a call reads and writes what is in them by then.
    """
    bind = getattr(run, "bind", None)  # neither plain Python nor Numba's own function has it
    return partial(run, *arguments) if bind is None else bind(*arguments)


def _bound(function: Callable[..., Any], fold: type | None) -> Callable[..., Any]:
    """The function as Python; like compiled code it divides by zero and overflows in silence."""

    def run(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments) if fold is None else function(fold, *arguments)

    return run


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to run.

    Args:
        functions: The template or function, then all it calls.
        signature: That of the first.
        fold: The class whose functions the first calls.
        extras: What these are given besides `x`.
    """

    functions: tuple[FunctionType, ...]
    signature: str
    fold: type | None
    extras: tuple[str, ...]

    def identity(self) -> str:
        """By what was loaded."""
        return identity(self.functions, " ".join((self.signature, *self.extras)), self.fold)

    def texts(self) -> dict[str, str]:
        """As the sources say it now."""
        try:
            return module_texts(self.functions[0], self.signature, self.fold, self.extras)
        except NotPlain as error:
            raise error if self.fold is None else _refused(self.fold, str(error)) from error


def _code_file(name: str) -> Path:
    """Its name knows the functions, the signature, the compiler and the processor."""
    from headwater.kernel.machine_code import machine

    here = hashlib.sha256(machine().encode()).hexdigest()[:8]
    return cache_folder() / f"{name}.{here}.code"


def _place(wanted: _Wanted) -> Path:
    """Where its code is kept: by what was loaded, as long as the sources still say that."""
    path = _code_file(f"headwater_{wanted.functions[0].__name__}_{wanted.identity()}")
    if path in _ready or _kept(path) is not None or are_as_written(wanted.functions):
        return path
    return _code_file(list(wanted.texts())[-1])


def _linked(path: Path, wanted: _Wanted) -> Callable[..., Any]:
    """The function of an object file, which is made where there is none, or a damaged one."""
    from headwater.kernel.machine_code import linked

    code = _kept(path)
    if code is None:
        with _alone(path):
            code = _kept(path) or _made(wanted)
            _write(path, code.to_bytes())
    return linked(code, wanted.signature) or _by_numba(wanted)


@contextmanager
def _alone(path: Path, *, waits: bool = True) -> Iterator[bool]:
    """Whether no other process makes this file meanwhile; by default that is waited for."""
    beside = path.with_suffix(".lock")
    with beside.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another has it, or no file here can be locked
            yield waits
            return
        try:
            yield True
        finally:
            beside.unlink(missing_ok=True)


def _kept(path: Path) -> MachineCode | None:
    from headwater.kernel.machine_code import MachineCode

    return MachineCode.from_bytes(path.read_bytes()) if path.exists() else None


def _made(wanted: _Wanted) -> MachineCode:
    """Compile the last module with all it calls."""
    from headwater.kernel.numba_compiler import FAILURES, machine_code

    fold = wanted.fold
    entry = _imported(wanted.texts())
    try:
        return machine_code(entry, wanted.signature, vectorize=fold is None)
    except FAILURES as error:
        raise error if fold is None else _refused(fold, str(error)) from error


def _by_numba(wanted: _Wanted) -> Callable[..., Any]:
    """What only Numba can serve, such as sorting or a returned value; it keeps that itself."""
    from headwater.kernel.numba_compiler import dispatcher

    *called, (name, text) = wanted.texts().items()
    entry = _imported({**dict(called), f"{name}_by_numba": text.replace(CALLED, CALLABLE)})
    return dispatcher(  # type: ignore[no-any-return]
        entry, wanted.signature, vectorize=wanted.fold is None
    )


def _imported(texts: dict[str, str]) -> Any:
    """Import the modules, callees first; the function of the last."""
    for name, text in texts.items():
        if name not in sys.modules:
            path = cache_folder() / f"{name}.py"
            _write(path, text.encode())
            sys.modules[name] = _import(path, name)
    return sys.modules[name].ENTRY


def _write(path: Path, content: bytes) -> None:
    """Write a file that others may be reading."""
    if not path.exists() or path.read_bytes() != content:
        beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        beside.write_bytes(content)
        # Numba's cache asks for the time of the file: the same whichever process came last
        os.utime(beside, (_WRITTEN, _WRITTEN))
        os.replace(beside, path)


def _import(path: Path, name: str) -> ModuleType:
    module = ModuleType(name)
    SourceFileLoader(name, str(path)).exec_module(module)
    return module


def _refused(fold: type, reason: str) -> SpecError:
    """The aggregation's author is told which of its functions cannot be compiled, and why."""
    names = [
        name
        for name in _NAMED.findall(reason)
        if isinstance(getattr(fold, name, None), FunctionType)
    ]
    lines = [line.strip() for line in reason.splitlines()]
    said = next((line for line in lines if line and not line.startswith("Failed in")), reason)
    said = said.rstrip(":.")
    function = getattr(fold, names[0] if names else "result")
    code = function.__code__
    return SpecError(
        "HW213",
        f"{fold.__name__} cannot be compiled: {said}",
        place=Place(code.co_filename, code.co_firstlineno, f"{fold.__name__}.{code.co_name}"),
        hint="its functions take loops, integers, floats and the functions of math; "
        "HEADWATER_COMPILE=0 runs them as plain Python, where they can be stepped through",
    )
