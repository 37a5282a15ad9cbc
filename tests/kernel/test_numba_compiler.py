"""What is asked of Numba itself: it leaves no trace, and serves what cannot be linked."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from headwater.kernel import numba_compiler
from headwater.kernel.compile import compiled
from headwater.kernel.numba_compiler import dispatcher, machine_code

DOUBLE = "void(const float64[::1], float64[::1])"


def test_compiling_leaves_garbage_collection_and_vector_loops_as_they_were() -> None:
    def copied(x: Any, out: Any) -> None:
        for i in range(x.shape[0]):
            out[i] = x[i]

    before = numba.config.LOOP_VECTORIZE
    for collects in (True, False):
        (gc.enable if collects else gc.disable)()
        try:
            function = numba.njit(pipeline_class=numba_compiler.Part)(copied)
            found = machine_code(function, DOUBLE, vectorize=False)
            assert found.code
            assert gc.isenabled() is collects
        finally:
            gc.enable()
        assert before == numba.config.LOOP_VECTORIZE


def test_a_numba_that_lays_out_memory_otherwise_is_asked_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path))
    monkeypatch.setenv("HEADWATER_COMPILE", "1")

    def negated(x: Any, out: Any) -> None:
        for i in range(x.shape[0]):
            out[i] = -x[i]

    monkeypatch.setattr(numba_compiler, "MEMINFO", "{i64, i64}")
    run = compiled(negated, DOUBLE)
    assert hasattr(run, "overloads"), "it is served by Numba"
    out = np.zeros(2)
    run(np.array([1.0, -2.0]), out)
    assert out.tolist() == [-1.0, 2.0]


def test_a_function_that_numba_serves_is_compiled_once() -> None:
    def squared(x: Any, out: Any) -> None:
        for i in range(x.shape[0]):
            out[i] = x[i] * x[i]

    first = dispatcher(numba.njit(squared), DOUBLE, vectorize=True)
    again = dispatcher(first, DOUBLE, vectorize=True)
    assert again is first
    assert len(first.signatures) == 1
