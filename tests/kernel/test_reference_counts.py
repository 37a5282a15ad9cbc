"""Counting is left out where it cannot matter, and memory is still freed."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.kernel.compile import compiled
from headwater.kernel.reference_counts import without_counts

COUNT = "call void @NRT_incref(ptr %arg.x.0)"
MODULE = f"""\
declare ptr @NRT_MemInfo_alloc_aligned(i64, i32)
declare void @NRT_MemInfo_call_dtor(ptr)

define i32 @entry(ptr %retptr, ptr %arg.x.0, ptr %arg.x.4, i64 %arg.x.5.0) {{
  {COUNT}
  %a = call i32 @reads(ptr %arg.x.0)
  %b = call i32 @"makes$1"(ptr %arg.x.0)
  ret i32 0
}}

define linkonce_odr i32 @reads(ptr %arg.x.0) {{
  {COUNT}
  tail call void @NRT_decref(ptr %arg.x.0)
  ret i32 0
}}

define linkonce_odr i32 @"makes$1"(ptr %arg.x.0) {{
  {COUNT}
  %m = call ptr @NRT_MemInfo_alloc_aligned(i64 8, i32 32)
  ret i32 0
}}

define linkonce_odr i32 @returns(ptr %retptr, ptr %arg.x.0) {{
  {COUNT}
  store ptr %arg.x.0, ptr %retptr, align 8
  ret i32 0
}}

define linkonce_odr void @NRT_incref(ptr %.1) #0 {{
  %n = atomicrmw add ptr %.1, i64 1 monotonic
  ret void
}}

define linkonce_odr void @NRT_decref(ptr %.1) #1 {{
  %n = atomicrmw sub ptr %.1, i64 1 monotonic
  ret void
}}

attributes #0 = {{ noinline }}
"""


def functions(module: str) -> dict[str, str]:
    """The text of each function by name."""
    parts = module.split("define ")[1:]
    return {part.partition("@")[2].partition("(")[0].strip('"'): part for part in parts}


def test_a_function_that_makes_no_array_counts_nothing() -> None:
    found = functions(without_counts(MODULE, "entry"))
    assert "NRT_" not in found["reads"]


def test_what_makes_or_returns_an_array_and_what_calls_it_counts() -> None:
    found = functions(without_counts(MODULE, "entry"))
    for name in ("entry", "makes$1", "returns"):
        assert found[name].count("@NRT_incref") == 1


def test_what_is_given_from_outside_has_no_count() -> None:
    entry = functions(without_counts(MODULE, "entry"))["entry"]
    head, _, body = entry.partition("{")
    assert "%arg.x.0" in head
    assert "%arg.x.0" not in body
    assert "@NRT_incref(ptr null)" in body


def test_what_is_counted_is_counted_without_a_lock_and_inside() -> None:
    module = without_counts(MODULE, "entry")
    assert "atomicrmw" not in module
    assert module.count("alwaysinline") == 2
    assert "declare void @NRT_MemInfo_call_dtor(ptr)" in module


def _half(x: Any) -> Any:
    return x[: x.shape[0] // 2]


def _sums_of_copies(x: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        copy = np.empty(x.shape[0], np.int64)
        for k in range(x.shape[0]):
            copy[k] = x[k]
        part = _half(copy)
        copy = np.empty(x.shape[0], np.int64)  # the first one is still held by its part
        for k in range(x.shape[0]):
            copy[k] = -1
        for k in range(part.shape[0]):
            out[i] += part[k]


def test_arrays_live_as_long_as_their_slices_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path))
    monkeypatch.setenv("HEADWATER_COMPILE", "1")
    run = compiled(_sums_of_copies, "void(const int64[::1], int64[::1])")
    x, out = np.arange(50_000), np.zeros(2_000, np.int64)
    run(x, out[:1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(x, out[1:])
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert out.tolist() == [int(x[:25_000].sum())] * 2_000
    assert grown < 100_000, "kilobytes, where all copies together take 1,600,000"
