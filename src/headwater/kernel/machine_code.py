"""Machine code that is kept as object files and runs without the compiler that wrote it.

Importing Numba takes ten times as long as loading what it compiled. An object file is linked here
by llvmlite alone, and called by Numba's convention for arrays: `meminfo, parent, items, item size,
address, shape..., strides...`, all 64-bit words. What compiled code asks of Numba's own library,
room for arrays and two functions of floats, is defined here and kept beside it (`support`); code
that asks for anything else is left to Numba (`is_linkable`).
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numpy as np

MEMINFO = "{i64, i8*, i8*, i8*, i64}"
"""The head of an array's memory as Numba has it; with another the code is left to Numba."""
_SUPPORT = """
declare ptr @malloc(i64)
declare void @free(ptr)
declare double @frexp(double, ptr)
declare double @ldexp(double, i32)

define ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 %align) {
  %wide = zext i32 %align to i64
  %more = add i64 %wide, 64
  %all = add i64 %size, %more
  %head = call ptr @malloc(i64 %all)
  %failed = icmp eq ptr %head, null
  br i1 %failed, label %none, label %some
none:
  ret ptr null
some:
  %at = ptrtoint ptr %head to i64
  %after = add i64 %at, %more
  %over = urem i64 %after, %wide
  %start = sub i64 %after, %over
  %data = inttoptr i64 %start to ptr
  store i64 1, ptr %head
  %destructor = getelementptr i64, ptr %head, i64 1
  store ptr null, ptr %destructor
  %about = getelementptr i64, ptr %head, i64 2
  store ptr null, ptr %about
  %place = getelementptr i64, ptr %head, i64 3
  store ptr %data, ptr %place
  %room = getelementptr i64, ptr %head, i64 4
  store i64 %size, ptr %room
  ret ptr %head
}

define void @NRT_MemInfo_call_dtor(ptr %head) {
  call void @free(ptr %head)
  ret void
}

define double @numba_frexp(double %x, ptr %exponent) {
  %fraction = call double @frexp(double %x, ptr %exponent)
  ret double %fraction
}

define double @numba_ldexp(double %x, i32 %exponent) {
  %value = call double @ldexp(double %x, i32 %exponent)
  ret double %value
}
"""
_DEFINED = frozenset(re.findall(r"define \w+ @(\w+)", _SUPPORT))
_OF_A_LIBRARY = ("numba_", "NRT_", "Py", "_Py")
_FAILED = (1, -1)
_TYPE = re.compile(r"(const )?(\w+)(?:\[(.*)\])?")


@dataclass(frozen=True, slots=True)
class MachineCode:
    """One compiled function, as kept.

    Args:
        entry: The symbol of the function.
        needs: The symbols that it asks for.
        code: The object file.
        support: That of what is defined here; the first code that is linked brings it.
    """

    entry: str
    needs: tuple[str, ...]
    code: bytes
    support: bytes

    def to_bytes(self) -> bytes:
        """What `from_bytes` reads back."""
        both = self.support + self.code
        about = {
            "entry": self.entry,
            "needs": self.needs,
            "support": len(self.support),
            "sha256": _digest(both),
        }
        return json.dumps(about).encode() + b"\n" + both

    @classmethod
    def from_bytes(cls, kept: bytes) -> MachineCode | None:
        """The code that was kept; None where it is damaged."""
        head, _, both = kept.partition(b"\n")
        try:
            about = json.loads(head)
            size = about["support"]
            found = cls(about["entry"], tuple(about["needs"]), both[size:], both[:size])
            is_whole = about["sha256"] == _digest(both)
        except (ValueError, KeyError, TypeError):
            return None
        return found if is_whole else None


def _digest(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()


@cache
def machine() -> str:
    """What code is compiled for: the processor's name and abilities."""
    return f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def is_linkable(needs: Iterable[str]) -> bool:
    """Whether all symbols are defined here, by the compiler or by the system's own library."""
    return all(
        name in _DEFINED or name.startswith("llvm.") or _is_of_the_system(name) for name in needs
    )


@cache
def _is_of_the_system(name: str) -> bool:
    """Whether the C library has a function, which the linker then finds."""
    if name.startswith(_OF_A_LIBRARY):
        return False
    if llvm.address_of_symbol(name) is None:
        found = next((getattr(one, name) for one in _libraries() if hasattr(one, name)), None)
        if found is None:
            return False
        llvm.add_symbol(name, ctypes.cast(found, ctypes.c_void_p).value)
    return True


@cache
def _libraries() -> list[ctypes.CDLL]:
    """The process itself and, where that is apart, the library of mathematics."""
    found = [ctypes.CDLL(None)]
    with suppress(OSError):
        found.append(ctypes.CDLL("libm.so.6"))
    return found


def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine()


@cache
def support() -> bytes:
    """The object file of what compiled code asks of Numba's library; compiling it takes 10 ms."""
    return _target().emit_object(llvm.parse_assembly(_SUPPORT))  # type: ignore[no-any-return]


@cache
def _linker() -> tuple[Any, set[bytes]]:
    """The engine that links, with the support it has; never freed, as its code is called."""
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target()), set()


def linked(kept: MachineCode, signature: str) -> Callable[..., None] | None:
    """The function, which runs without holding the GIL; None where Numba has to serve it.

    Args:
        kept: Code whose needs are linkable.
        signature: As in `headwater.kernel.compile.compiled`; it returns nothing.
    """
    types = _types(signature)
    if types is None or not is_linkable(kept.needs):
        return None
    engine, has = _linker()
    if not has:
        has.add(kept.support)
        engine.add_object_file(llvm.ObjectFileRef.from_data(kept.support))
    engine.add_object_file(llvm.ObjectFileRef.from_data(kept.code))
    engine.finalize_object()
    return _caller(engine.get_function_address(kept.entry), types)


@dataclass(frozen=True, slots=True)
class _Array:
    dtype: Any
    dimensions: int
    is_constant: bool


def _types(signature: str) -> list[_Array | type] | None:
    """The arguments; None where one is of a type that is not passed here."""
    returns, _, rest = signature.partition("(")
    found = [_type(part.strip()) for part in re.split(r",(?![^\[]*\])", rest.rstrip(")"))]
    types = [one for one in found if one is not None]
    return types if returns == "void" and len(types) == len(found) else None


def _type(text: str) -> _Array | type | None:
    match = _TYPE.fullmatch(text)
    if match is None:
        return None
    constant, name, dimensions = match.groups()
    if dimensions is None:
        return {"int64": ctypes.c_int64, "float64": ctypes.c_double}.get(name)
    dtype = np.dtype("bool" if name == "boolean" else name)
    return _Array(dtype, dimensions.count(",") + 1, constant is not None)


def _caller(address: int, types: list[_Array | type]) -> Callable[..., None]:
    """Python's side of the call."""
    words: list[type] = [ctypes.c_void_p, ctypes.c_void_p]
    for one in types:
        words += [ctypes.c_int64] * (5 + 2 * one.dimensions) if isinstance(one, _Array) else [one]
    function = ctypes.CFUNCTYPE(ctypes.c_int32, *words)(address)

    def passed(arguments: tuple[Any, ...], results: Sequence[ctypes.c_void_p]) -> list[Any]:
        if len(arguments) != len(types):
            raise TypeError(f"{len(types)} arguments are taken, {len(arguments)} were given")
        given: list[Any] = [ctypes.addressof(one) for one in results]
        for argument, one in zip(arguments, types, strict=True):
            if isinstance(one, _Array):
                given += _passed(argument, one)
            else:
                given.append(argument)
        return given

    def run(given: list[Any]) -> None:
        # a pass fails where there is no memory for its states, and nowhere else
        if function(*given) in _FAILED:
            raise MemoryError("no memory for the states of a pass")

    def call(*arguments: Any) -> None:
        results = ctypes.c_void_p(), ctypes.c_void_p()
        run(passed(arguments, results))

    def bind(*arguments: Any) -> Callable[[], None]:
        """The call with these arguments, which are looked at once and held."""
        results = ctypes.c_void_p(), ctypes.c_void_p()
        given = passed(arguments, results)
        converted = [word(value) for word, value in zip(words, given, strict=True)]
        held = arguments, results  # what the words point to
        return lambda _held=held: run(converted)  # type: ignore[misc]

    call.bind = bind  # type: ignore[attr-defined]
    return call


def _passed(array: Any, wanted: _Array) -> tuple[int, ...]:
    """An array by Numba's convention.

    Raises:
        TypeError: It is of another type, shape or layout, or must not be written.
    """
    if (
        array.dtype != wanted.dtype
        or array.ndim != wanted.dimensions
        or not array.flags.c_contiguous
        or not (wanted.is_constant or array.flags.writeable)
    ):
        raise TypeError(f"No matching definition for an array {array.dtype} of {array.ndim}")
    address = array.__array_interface__["data"][0]
    return (0, 0, array.size, array.itemsize, address, *array.shape, *array.strides)
