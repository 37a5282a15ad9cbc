"""What is asked of Numba itself: importing it takes half a second, so only to compile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba import config, types
from numba.core import errors
from numba.core.compiler_lock import global_compiler_lock
from numba.core.runtime import nrtdynmod

from headwater.kernel.machine_code import MEMINFO, MachineCode, support

FAILURES = (errors.NumbaError, errors.UnsupportedBytecodeError)


def machine_code(function: Any, signature: str, *, vectorize: bool) -> MachineCode:
    """Compile a function that nobody calls from Python."""
    parsed = parsed_signature(signature)
    with _loops(vectorize=vectorize):
        function.compile(parsed)
    made = function.overloads[parsed.args]
    needs = {one.name for one in made.library._final_module.functions if one.is_declaration}
    if str(nrtdynmod._meminfo_struct_type) != MEMINFO:
        needs.add("NRT_")
    code = made.library._get_compiled_object()
    return MachineCode(made.fndesc.llvm_func_name, tuple(sorted(needs)), code, support())


def dispatcher(function: Any, signature: str, *, vectorize: bool) -> Any:
    """Compile a function that Python calls, or take it from Numba's own cache."""
    if not function.signatures:
        with _loops(vectorize=vectorize):
            function.compile(parsed_signature(signature))
        function.disable_compile()
    return function


@contextmanager
def _loops(*, vectorize: bool) -> Iterator[None]:
    """Folds compile without vector loops: states are a few words, for which these cost time."""
    with global_compiler_lock:
        before = config.LOOP_VECTORIZE
        config.LOOP_VECTORIZE = before and vectorize
        try:
            yield
        finally:
            config.LOOP_VECTORIZE = before


def parsed_signature(signature: str) -> Any:
    """`const int64[::1]` is an array that is only read, so Arrow's pass.

    A mutable array may be given where a read-only one is expected, not the other way round.
    """
    returns, _, rest = signature.partition("(")
    arguments = [_type(part.strip()) for part in re.split(r",(?![^\[]*\])", rest.rstrip(")"))]
    return _type(returns)(*arguments) if returns != "void" else types.void(*arguments)


def _type(text: str) -> Any:
    constant = text.startswith("const ")
    scalar, bracket, dimensions = text.removeprefix("const ").partition("[")
    dtype = getattr(types, scalar)
    if not bracket:
        return dtype
    return types.Array(dtype, dimensions.count(",") + 1, "C", readonly=constant)
