"""Compiled functions: named by their text, kept once, linked by the next process without Numba."""

from __future__ import annotations

import math
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from headwater import plugins
from headwater.aggregations.count import Count
from headwater.aggregations.mean import Mean
from headwater.errors import SpecError
from headwater.kernel import machine_code as machine_code_module
from headwater.kernel.compile import compiled
from headwater.kernel.machine_code import MachineCode, is_linkable, linked
from headwater.kernel.module_texts import module_texts
from headwater.kernel.passes import activated_tree, bounds, grouped_fold

ROOT = Path(__file__).parents[2]
FOLD = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], {out}[::1], "
    "uint8[::1])"
)
COUNT = FOLD.format(x="int64", out="int64")
COUNTED = f"""
import numpy as np
from headwater.aggregations.count import Count
from headwater.kernel.compile import compiled
from headwater.kernel.passes import grouped_fold
run = compiled(grouped_fold, {COUNT!r}, Count)
out, status = np.zeros(2, np.int64), np.zeros(2, np.uint8)
rows = np.arange(3)
run(rows, np.ones(3, np.bool_), rows, np.array([0, 1, 1]), out, status)
assert out.tolist() == [1, 2], out
"""
TREE = (
    "void(const int64[::1], const boolean[::1], const int64[::1], const int64[::1], "
    "const int64[::1], const int64[::1], const int64[:,::1], const int64[::1], "
    "const int64[:,::1], int64[:,::1], uint8[:,::1])"
)
TREE_TOO = f"""
from headwater.aggregations.count import Count
from headwater.kernel.compile import compiled
from headwater.kernel.passes import activated_tree
compiled(activated_tree, {TREE!r}, Count)
"""


WITHOUT_NUMBA = "import sys\nassert 'numba' not in sys.modules"


def python(code: str, cache: Path, **environment: str) -> subprocess.Popen[str]:
    """Another process with its own cache folder and another seed for hashes."""
    given = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "HEADWATER_CACHE": str(cache)}
    given |= {"PYTHONHASHSEED": "random", **environment}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.Popen(command, env=given, text=True, stderr=subprocess.PIPE)


def finished(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors


def files(folder: Path) -> dict[str, int]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in found}


def double(x: Any, out: Any) -> None:
    """Twice."""
    for i in range(x.shape[0]):
        out[i] = 2.0 * x[i]


DOUBLE = "void(const float64[::1], float64[::1])"


def test_module_texts_are_the_same_each_time_and_end_with_the_template() -> None:
    texts = module_texts(grouped_fold, FOLD.format(x="float64", out="float64"), Mean)
    again = module_texts(grouped_fold, FOLD.format(x="float64", out="float64"), Mean)
    assert list(texts.items()) == list(again.items())
    names = list(texts)
    assert names[-1].startswith("headwater_grouped_fold_")
    assert any(name.startswith("headwater_round_limbs_") for name in names)
    for place, name in enumerate(names):
        later = names[place + 1 :]
        assert not any(other in texts[name] for other in later), "callees come first"


def test_passes_share_the_functions_that_they_call() -> None:
    fold = module_texts(grouped_fold, COUNT, Count)
    tree = module_texts(activated_tree, TREE, Count)
    shared = fold.keys() & tree.keys()
    assert shared == {*list(fold)[:-1]}
    assert len(shared) == 4


def test_the_signature_is_part_of_the_name_of_the_template_only() -> None:
    one = module_texts(grouped_fold, COUNT, Count)
    other = module_texts(grouped_fold, FOLD.format(x="float64", out="int64"), Count)
    assert list(one)[:-1] == list(other)[:-1]
    assert list(one)[-1] != list(other)[-1]


@pytest.fixture
def member(tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """A member of a project of its own, from text."""

    def load(text: str) -> Any:
        folder = tmp_path / f"project {len(list(tmp_path.iterdir()))}" / "aggregations"
        folder.mkdir(parents=True)
        (folder / "rows.py").write_text(text, encoding="utf-8")
        plugins.forget_projects()
        plugins.use_project(folder.parent)
        return plugins.members("aggregations")["Rows"].load()

    yield load
    plugins.forget_projects()


ROWS = '''
"""Rows."""
from dataclasses import dataclass
from headwater.aggregations.base import VALUE, Aggregation

STEP = 1


def stepped(number):
    """One further."""
    return number + STEP


@dataclass(frozen=True, slots=True)
class Rows(Aggregation):
    """Rows."""

    reads = "rows"
    returns = "integer"

    @staticmethod
    def prepare(x, valid, start, stop):
        return 0, 1

    @staticmethod
    def lift(state, x, i, scale):
        """What one row is."""
        state[0] = stepped(0)

    @staticmethod
    def merge(into, left, right, x, rank):
        into[0] = left[0] + right[0]

    @staticmethod
    def result(state, x, scale):
        return VALUE, state[0]
'''


def test_a_changed_file_is_another_module_and_a_changed_docstring_is_not(
    member: Callable[[str], Any],
) -> None:
    def named(text: str) -> list[str]:
        return list(module_texts(grouped_fold, COUNT, member(text)))

    before = named(ROWS)
    assert named(ROWS) == before, "the folder is no part of the name"
    assert named(ROWS.replace("One further.", "One more.").replace("What one", "How a")) == before
    assert named(ROWS.replace("STEP = 1", "STEP = 2"))[-1] != before[-1]
    assert named(ROWS.replace("number + STEP", "number - STEP"))[-1] != before[-1]
    assert named(ROWS.replace("left[0] + right[0]", "right[0] + left[0]"))[-1] != before[-1]


def test_a_changed_helper_changes_the_result(member: Callable[[str], Any]) -> None:
    found = []
    for step in ("1", "3"):
        run = compiled(grouped_fold, COUNT, member(ROWS.replace("STEP = 1", f"STEP = {step}")))
        out, status, rows = np.zeros(1, np.int64), np.zeros(1, np.uint8), np.arange(5)
        run(rows, np.ones(5, np.bool_), rows, np.zeros(5, np.int64), out, status)
        found.append(out[0].item())
    assert found == [5, 15]


def test_the_next_process_compiles_nothing(tmp_path: Path) -> None:
    finished(python(COUNTED, tmp_path))
    first = files(tmp_path)
    assert any(name.endswith(".code") for name in first)
    finished(python(COUNTED + WITHOUT_NUMBA, tmp_path))
    assert files(tmp_path) == first
    finished(python(COUNTED + TREE_TOO, tmp_path))
    both = files(tmp_path)
    assert {name: both[name] for name in first} == first
    assert len(both) > len(first)
    finished(python(TREE_TOO + COUNTED + WITHOUT_NUMBA, tmp_path))
    assert files(tmp_path) == both


def test_two_processes_may_compile_at_once(tmp_path: Path) -> None:
    finished(python(COUNTED, tmp_path), python(COUNTED, tmp_path))
    after = files(tmp_path)
    assert not [name for name in after if name.endswith(".tmp")]
    finished(python(COUNTED, tmp_path))
    assert files(tmp_path) == after


def test_without_compiling_numba_is_not_loaded(tmp_path: Path) -> None:
    code = COUNTED + "import sys\nassert not {'numba', 'llvmlite'} & sys.modules.keys()"
    finished(python(code, tmp_path / "cache", HEADWATER_COMPILE="0"))
    assert not (tmp_path / "cache").exists()


def test_threads_that_ask_at_once_get_one_function() -> None:
    def third(x: Any, out: Any) -> None:
        for i in range(x.shape[0]):
            out[i] = x[i] / 3.0

    start = threading.Barrier(8)

    def ask(_: int) -> Any:
        start.wait()
        return compiled(third, DOUBLE)

    with ThreadPoolExecutor(8) as pool:
        functions = list(pool.map(ask, range(8)))
    assert len(set(map(id, functions))) == 1
    out = np.zeros(2)
    functions[0](np.array([3.0, 1.0]), out)
    assert out.tolist() == [1.0, 1.0 / 3.0]


@pytest.mark.slow
def test_damaged_code_and_a_damaged_module_are_written_again(tmp_path: Path) -> None:
    finished(python(COUNTED, tmp_path))
    whole = {path: path.read_bytes() for path in sorted((tmp_path / "kernels").iterdir())
             if path.is_file()}  # fmt: skip
    code = next(path for path in whole if path.suffix == ".code")
    for damaged in (b"", b"{}\n", b"[1]\n", whole[code][:-1], whole[code][:-1] + b"\x00x"):
        for path in whole:
            path.write_bytes(damaged if path == code else b"def")
        finished(python(COUNTED, tmp_path))
        assert {path: path.read_bytes() for path in whole if path.suffix == ".code"} == {
            code: whole[code]
        }
    finished(python(COUNTED + WITHOUT_NUMBA, tmp_path))


def test_the_name_of_an_object_file_knows_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path))
    monkeypatch.setattr(machine_code_module, "machine", lambda: "another processor +avx9000")
    compiled.cache_clear()
    compiled(double, DOUBLE)
    other = {name for name in files(tmp_path) if name.endswith(".code")}
    monkeypatch.undo()
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path))
    compiled.cache_clear()
    compiled(double, DOUBLE)
    both = {name for name in files(tmp_path) if name.endswith(".code")}
    compiled.cache_clear()
    assert len(other) == 1
    assert len(both) == 2


UNLIKELY = -7
BEYOND = math.inf
BELOW = -math.inf
NOTHING = math.nan


def constants(out: Any) -> None:
    out[0] = UNLIKELY
    out[1] = BEYOND
    out[2] = BELOW
    out[3] = NOTHING


def test_constants_of_every_kind_are_written_into_the_text() -> None:
    out = np.zeros(4)
    compiled(constants, "void(float64[::1])")(out)
    assert out[:3].tolist() == [-7.0, math.inf, -math.inf]
    assert math.isnan(out[3])


def test_read_only_arrays_pass_and_other_types_are_refused() -> None:
    run = compiled(double, DOUBLE)
    x, out = np.array([1.5]), np.zeros(1)
    x.setflags(write=False)
    run(x, out)
    assert out.tolist() == [3.0]
    for wrong in (np.array([1]), np.zeros((1, 1)), np.zeros(4)[::2]):
        with pytest.raises(TypeError, match="No matching definition"):
            run(wrong, out)
    with pytest.raises(TypeError, match="No matching definition"):
        run(out, x)
    with pytest.raises(TypeError, match="2 arguments are taken, 1 were given"):
        run(out)


def scaled(x: Any, by: float, first: int, out: Any) -> None:
    for i in range(first, x.shape[0]):
        out[i] = by * x[i]


def test_numbers_are_passed_too() -> None:
    out = np.zeros(3)
    run = compiled(scaled, "void(const float64[::1], float64, int64, float64[::1])")
    run(np.array([1.0, 2.0, 3.0]), 0.5, 1, out)
    assert out.tolist() == [0.0, 1.0, 1.5]


def both(x: Any, one: bool) -> Any:
    """Sorting asks Numba's library for more than is linked here; so does a returned value."""
    y = np.sort(x)
    return y[0] if one else y[x.shape[0] - 1]


def test_what_cannot_be_linked_is_left_to_numba() -> None:
    run = compiled(both, "int64(const int64[::1], boolean)")
    assert (run(np.array([3, 1, 2]), True), run(np.array([3, 1, 2]), False)) == (1, 3)
    assert hasattr(run, "overloads")
    assert not is_linkable(["NRT_Reallocate"])
    assert not is_linkable(["no_library_has_this"])
    assert is_linkable(["NRT_MemInfo_alloc_aligned", "llvm.smax.i64", "log1p", "sqrt"])
    unknown = MachineCode("entry", ("numba_unheard_of",), b"", b"")
    assert linked(unknown, DOUBLE) is None
    for signature in ("void(complex)", "void(UniTuple(int64, 2))", "int64(int64)"):
        assert linked(MachineCode("entry", (), b"", b""), signature) is None


def test_a_function_of_the_system_that_the_linker_misses_is_shown_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = []
    monkeypatch.setattr("llvmlite.binding.address_of_symbol", lambda name: None)
    monkeypatch.setattr("llvmlite.binding.add_symbol", lambda name, at: shown.append((name, at)))
    assert is_linkable(["lgamma"])
    assert [(name, at is not None) for name, at in shown] == [("lgamma", True)]


def hoarding(sizes: Any, out: Any) -> None:
    room = np.empty(sizes[0], np.int64)
    for i in range(min(sizes[0], 9)):
        room[i] = i
    out[0] = room[8] if sizes[0] > 8 else -1


def test_no_memory_is_an_error_and_some_is_given_back() -> None:
    run = compiled(hoarding, "void(const int64[::1], int64[::1])")
    out = np.zeros(1, np.int64)
    with pytest.raises(MemoryError):
        run(np.array([2**58]), out)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(300):
        run(np.array([2_000_000]), out)
    assert out[0] == 8
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


def annotated(out: Any) -> None:
    number: int = 3
    out[0] = number


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (np.sum, "is not a plain function"),
        (Count.lift.__class__, "is not a plain function"),
        (lambda out: None, "is not written as a function"),
        (annotated, "annotated assignments are not compiled"),
    ],
)
def test_what_is_not_a_plain_function_is_refused(function: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        module_texts(function, "void(float64[::1])")


def test_plain_python_divides_by_zero_in_silence_as_machine_code_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def inverse(x: Any, out: Any) -> None:
        for i in range(x.shape[0]):
            out[i] = 1.0 / x[i] - 1.0 / x[i]

    x, found = np.array([0.0, 2.0]), []
    for setting in ("1", "0"):
        monkeypatch.setenv("HEADWATER_COMPILE", setting)
        compiled.cache_clear()
        out = np.zeros(2)
        compiled(inverse, DOUBLE)(x, out)
        found.append(out)
    compiled.cache_clear()
    assert np.isnan(found[0][0])
    assert np.array_equal(found[0], found[1], equal_nan=True)


def test_bounds_need_no_fold() -> None:
    assert len(module_texts(bounds, "void()")) == 1


MEMBER = '''
"""Rows."""
from dataclasses import dataclass
from fractions import Fraction
from math import floor, sqrt as root
from headwater.aggregations.base import VALUE, Aggregation


@dataclass(frozen=True, slots=True)
class Rows(Aggregation):
    """Rows."""

    @staticmethod
    def prepare(x, valid, start, stop):
        return 0, 1

    @staticmethod
    def lift(state, x, i, scale):
        state[0] = 1

    @staticmethod
    def merge(into, left, right, x, rank):
        into[0] = left[0] + right[0]

    @staticmethod
    def result(state, x, scale):
        return VALUE, floor(root(state[0] * 4.0) + 0.5)
'''


def test_the_functions_of_math_may_be_imported_by_name(member: Callable[[str], Any]) -> None:
    run = compiled(grouped_fold, COUNT, member(MEMBER))
    out, status, rows = np.zeros(1, np.int64), np.zeros(1, np.uint8), np.arange(4)
    run(rows, np.ones(4, np.bool_), rows, np.zeros(4, np.int64), out, status)
    assert out.tolist() == [4]


@pytest.mark.parametrize(
    ("broken", "said", "where"),
    [
        ("Fraction(1)", "name 'Fraction' is not defined", "rows.py:17, Rows.lift"),
        ("'a'", "No implementation of function", "rows.py:17, Rows.lift"),
        ("state.missing", "Unknown attribute 'missing'", "rows.py:17, Rows.lift"),
        ("[open('x') for _ in x]", "Untyped global name 'open'", "rows.py:"),
    ],
)
def test_a_member_that_does_not_compile_is_named_with_its_function_and_file(
    broken: str, said: str, where: str, member: Callable[[str], Any]
) -> None:
    text = MEMBER.replace("state[0] = 1", f"state[0] = {broken}")
    with pytest.raises(SpecError) as caught:
        compiled(grouped_fold, COUNT, member(text))
    assert caught.value.code == "HW213"
    assert caught.value.message.startswith("Rows cannot be compiled: ")
    assert said in caught.value.message
    assert where in str(caught.value.place)
    assert "HEADWATER_COMPILE=0" in (caught.value.hint or "")


def test_a_member_whose_functions_are_not_plain_is_named_too(member: Callable[[str], Any]) -> None:
    text = MEMBER.replace("state[0] = 1", "n: int = 1; state[0] = n")
    with pytest.raises(SpecError, match="annotated assignments are not compiled") as caught:
        compiled(grouped_fold, COUNT, member(text))
    assert caught.value.code == "HW213"


def test_a_pass_that_does_not_compile_is_our_own_fault() -> None:
    def wrong(out: Any) -> None:
        out[0] = "text"

    with pytest.raises(numba.TypingError):
        compiled(wrong, "void(float64[::1])")
