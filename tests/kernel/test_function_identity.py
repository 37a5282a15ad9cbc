"""Kept code is found by what was loaded: whatever changes what runs is another identity."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.kernel import function_identity
from headwater.kernel.compile import compiled
from headwater.kernel.function_identity import are_as_written, identity, reached

DOUBLE = "void(const float64[::1], float64[::1])"
TEXT = """
import math

STEP = 1.0
FAR = {1, 2, 3}


def further(x, by=1.0):
    'A step.'
    return x + STEP * by


def root(x):
    return math.sqrt(x)


class Fold:
    @staticmethod
    def lift(x):
        return further(x)

    @staticmethod
    def other(x):
        return further(x)


class Second:
    @staticmethod
    def lift(x):
        return root(x)


def run(fold, x, out):
    for i in range(x.shape[0]):
        out[i] = fold.lift(x[i])


def plain(x, out):
    for i in range(x.shape[0]):
        out[i] = further(x[i])
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Any]:
    """A module from text, in a file of its own."""
    numbers = itertools.count()

    def load(text: str) -> Any:
        path = tmp_path / f"module_{next(numbers)}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def named(module: Any, fold: str = "Fold", signature: str = DOUBLE) -> str:
    folds = getattr(module, fold)
    return identity(reached(module.run, folds), signature, folds)


def ran(module: Any) -> list[float]:
    out = np.zeros(2)
    compiled(module.plain, DOUBLE)(np.array([1.0, 4.0]), out)
    return out.tolist()


def test_the_file_the_comments_and_what_is_not_called_are_no_part_of_it(
    written: Callable[[str], Any],
) -> None:
    before = named(written(TEXT))
    assert named(written(TEXT)) == before
    assert named(written("# a comment\n\n" + TEXT)) == before
    assert named(written(TEXT.replace("math.sqrt", "math.exp"))) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("STEP = 1.0", "STEP = 2.0"),
        ("STEP = 1.0", "STEP = -0.0"),
        ("x + STEP", "x - STEP"),
        ("by=1.0", "by=2.0"),
        ("return further(x)", "return root(x)"),
        ("fold.lift", "fold.other"),
        ("STEP * by", "STEP * by if x in {1.0, 2.0} else x"),
        ("STEP * by", "sum([STEP for _ in (1, 2)])"),
    ],
)
def test_what_changes_the_result_changes_the_identity(
    old: str, new: str, written: Callable[[str], Any]
) -> None:
    assert named(written(TEXT.replace(old, new))) != named(written(TEXT))


def test_the_signature_and_the_fold_are_part_of_it(written: Callable[[str], Any]) -> None:
    module = written(TEXT)
    found = {
        named(module),
        named(module, "Second"),
        named(module, signature="void(const int64[::1], float64[::1])"),
        identity(reached(module.plain), DOUBLE),
    }
    assert len(found) == 4


def test_another_compiler_or_writer_is_part_of_it(
    written: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = named(written(TEXT))
    monkeypatch.setattr(function_identity, "compiler_versions", lambda: "0.1 0.2")
    function_identity._made_by.cache_clear()
    after = named(written(TEXT))
    monkeypatch.undo()
    function_identity._made_by.cache_clear()
    assert after != before
    assert named(written(TEXT)) == before


def test_each_function_is_reached_once(written: Callable[[str], Any]) -> None:
    module = written(TEXT)
    names = [function.__name__ for function in reached(module.run, module.Fold)]
    assert names == ["run", "lift", "further"]


@pytest.mark.parametrize("edited", ["one line more", "another step", "not Python", "gone"])
def test_an_edited_file_is_noticed(edited: str, written: Callable[[str], Any]) -> None:
    module = written(TEXT)
    path = Path(module.__file__)
    assert are_as_written(reached(module.plain))
    match edited:
        case "one line more":
            path.write_text("ONE = 1\n" + TEXT, encoding="utf-8")
        case "another step":
            path.write_text(TEXT.replace("x + STEP", "x - STEP"), encoding="utf-8")
        case "not Python":
            path.write_text(TEXT + "def (", encoding="utf-8")
        case _:
            path.unlink()
    assert not are_as_written(reached(module.plain))


def test_code_of_an_edited_file_is_not_kept_for_what_was_loaded(
    tmp_path: Path, written: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HEADWATER_COMPILE", "1")
    edited, loaded = written(TEXT), written(TEXT)
    changed = TEXT.replace("x + STEP", "x - STEP")
    Path(edited.__file__).write_text(changed, encoding="utf-8")
    assert ran(edited) == [0.0, 3.0]  # as its file says now
    assert ran(loaded) == [2.0, 5.0]
    assert ran(written(changed)) == [0.0, 3.0]
    assert len(list((tmp_path / "cache" / "kernels").glob("*.code"))) == 3


def test_kept_code_is_found_without_the_source(
    tmp_path: Path, written: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HEADWATER_COMPILE", "1")
    assert ran(written(TEXT)) == [2.0, 5.0]
    again = written(TEXT)
    Path(again.__file__).unlink()
    assert ran(again) == [2.0, 5.0]
