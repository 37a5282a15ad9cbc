"""What is asked of Numba itself: importing it takes half a second, so only to compile.

Numba makes machine code of each function that it meets, so that Python may call it. Here only the
last one is called, by the linker: the parts stay what the compiler's front end wrote, are joined,
and are optimised and emitted once. That takes two thirds of the time.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from llvmlite.binding import parse_assembly  # type: ignore[import-untyped]
from numba import _dynfunc, config, types
from numba.core import errors
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import register_pass
from numba.core.runtime import nrtdynmod
from numba.core.typed_passes import NativeLowering

from headwater.kernel.machine_code import MEMINFO, MachineCode, support
from headwater.kernel.reference_counts import without_counts

_joined = attrgetter("library")
"""The `_Joined` of what was compiled."""
FAILURES = (errors.NumbaError, errors.UnsupportedBytecodeError)


class _Joined(JITCodeLibrary):  # type: ignore[misc]
    """A function with all it calls, which nothing is done to before `emitted`."""

    _final_module: Any

    def _optimize_functions(self, module: Any) -> None:
        module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._verify_declare_only_symbols()
        self._finalized = True

    def emitted(self, entry: str) -> bytes:
        """The object file, in which this function is called."""
        self._ensure_finalized()
        made = parse_assembly(without_counts(str(self._final_module), entry))
        super()._optimize_functions(made)
        # between these Numba inlines once more, to prune the reference counts that are left out
        passes, builder = self._codegen._module_pass_manager()
        passes.run(made, builder)
        self._final_module = made
        return self._codegen._tm.emit_object(made)  # type: ignore[no-any-return]


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):  # type: ignore[misc]
    """Leaves a function as a part, which the compiler knows by what must not be called."""

    _name = "headwater_lowering"

    def run_pass(self, state: Any) -> bool:
        state.flags.no_compile = True
        joined = _Joined(state.targetctx.codegen(), state.func_id.func_qualname)
        state["library"] = joined
        super().run_pass(state)
        made, parts = state["cr"], [joined]
        module, name = made.fndesc.lookup_module(), made.fndesc.qualname
        stands = _dynfunc.make_function(module, name, "not compiled", 0, made.env, tuple(parts))
        state.targetctx.insert_user_function(stands, made.fndesc, parts)
        state["cr"] = made._replace(cfunc=stands)
        return True


class Part(CompilerBase):  # type: ignore[misc]
    """How a function is compiled that compiled code calls, or the linker's caller."""

    def define_pipelines(self) -> list[Any]:
        """Numba's own, but for its end."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.passes = [
            (_Lowering if made is NativeLowering else made, about) for made, about in passes.passes
        ]
        passes._finalized = False
        passes.finalize()
        return [passes]


def machine_code(function: Any, signature: str, *, vectorize: bool) -> MachineCode:
    """Compile a function that nobody calls from Python."""
    parsed = parsed_signature(signature)
    with _compiling(vectorize=vectorize):
        function.compile(parsed)
        made = function.overloads[parsed.args]
        joined = _joined(made)
        code = joined.emitted(made.fndesc.llvm_func_name)
    needs = {one.name for one in joined._final_module.functions if one.is_declaration}
    if str(nrtdynmod._meminfo_struct_type) != MEMINFO:
        needs.add("NRT_")
    return MachineCode(made.fndesc.llvm_func_name, tuple(sorted(needs)), code, support())


def dispatcher(function: Any, signature: str, *, vectorize: bool) -> Any:
    """Compile a function that Python calls, or take it from Numba's own cache."""
    if not function.signatures:
        with _compiling(vectorize=vectorize):
            function.compile(parsed_signature(signature))
        function.disable_compile()
    return function


@contextmanager
def _compiling(*, vectorize: bool) -> Iterator[None]:
    """Alone, and without looking for garbage among all that Numba holds.

    Folds compile without vector loops: states are a few words, for which these cost time.
    """
    with global_compiler_lock:
        before, collects = config.LOOP_VECTORIZE, gc.isenabled()
        config.LOOP_VECTORIZE = before and vectorize
        gc.disable()
        try:
            yield
        finally:
            config.LOOP_VECTORIZE = before
            if collects:
                gc.enable()


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
