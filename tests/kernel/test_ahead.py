"""Passes that another process compiles beside this one."""

from __future__ import annotations

import fcntl
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from headwater.aggregations.count import Count
from headwater.kernel import ahead
from headwater.kernel.ahead import Needed, compile_ahead, compile_told, stop
from headwater.kernel.compile import compile_missing, is_compiled
from headwater.kernel.passes import bounds, grouped_fold

BOUNDS = (
    "void(const int64[::1], const int64[::1], const int64[:,::1], const int64[::1], "
    "int64[:,::1], int64[::1])"
)
FOLD = (
    "void(const int64[::1], const boolean[::1], const int64[::1], const int64[::1], int64[::1], "
    "uint8[::1])"
)
NEEDED: list[Needed] = [(bounds, BOUNDS, None, ()), (grouped_fold, FOLD, Count, ())]


class Own(Count):
    """Written by somebody else: another process would not find the same."""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty one, and compiling as it is everywhere else."""
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path))
    monkeypatch.setenv("HEADWATER_COMPILE", "1")
    return tmp_path


def compiled_now(needed: list[Needed]) -> list[bool]:
    return [is_compiled(*one) for one in needed]


@pytest.mark.slow
def test_another_process_compiles_what_is_needed_for_this_one() -> None:
    assert compile_ahead(NEEDED)
    (begun,) = ahead._begun
    assert begun.wait() == 0
    assert compiled_now(NEEDED) == [True, True]
    # one that has ended is not held for ever
    assert compile_ahead(NEEDED)
    assert begun not in ahead._begun
    stop()
    assert ahead._begun == []


def test_a_process_that_is_not_needed_any_more_is_ended() -> None:
    assert compile_ahead(NEEDED)
    (begun,) = ahead._begun
    stop()
    assert begun.returncode is not None


@pytest.mark.parametrize(
    "needed",
    [
        [],
        NEEDED[:1],
        [*NEEDED[:1], (grouped_fold, FOLD, Own, ())],
        [*NEEDED[:1], (compiled_now, FOLD, None, ())],
    ],
)
def test_nothing_is_begun_for_one_pass_or_for_what_only_this_process_knows(
    needed: list[Any],
) -> None:
    assert not compile_ahead(needed)


def test_nothing_is_begun_where_passes_run_as_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_COMPILE", "0")
    assert not compile_ahead(NEEDED)


def test_a_program_that_has_python_inside_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/usr/sbin/uwsgi")
    assert not compile_ahead(NEEDED)


def test_what_is_told_is_compiled_once_and_left_to_whoever_has_begun_it(cache: Path) -> None:
    told = [[["headwater.kernel.passes", "bounds"], BOUNDS, None, []]]
    assert compiled_now(NEEDED[:1]) == [False]
    compile_told(json.dumps(told))
    assert compiled_now(NEEDED[:1]) == [True]
    assert not compile_missing(bounds, BOUNDS)
    (code,) = (cache / "kernels").glob("*.code")
    code.unlink()
    with code.with_suffix(".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # as another process does that compiles it now
        assert not compile_missing(bounds, BOUNDS)
    assert compile_missing(bounds, BOUNDS)
    assert [path.suffix for path in (cache / "kernels").glob("*.lock")] == []


def test_a_fold_is_told_by_its_name(cache: Path) -> None:
    told = [
        [
            ["headwater.kernel.passes", "grouped_fold"],
            FOLD,
            ["headwater.aggregations.count", "Count"],
            [],
        ]
    ]
    compile_told(json.dumps(told))
    assert compiled_now(NEEDED) == [False, True]
