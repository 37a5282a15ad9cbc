"""Break each law once and demand that the test named for it fails.

    python tests/mutation/mutate.py [NAME ...]

The mutants are in the files of `mutants`. The package and its tests are copied to a temporary
folder. Each mutant replaces one text of one function there, runs the tests that are named for it,
and is survived, which is an error, where they pass. A text that is not found exactly once is an
error too: then the code has moved, and the mutant has to move with it. Before all, the same tests
must pass on the copy as it is.
"""

from __future__ import annotations

import argparse
import ast
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).parents[2]
WORKERS = 2
COMPILED = (
    "tests/leaks/test_non_interference.py",
    "tests/parity/test_flights_against_reference.py",
)
"""Tests of a year of flights; all others run their passes as Python, as no mutant is seen twice."""
PATIENCE = 240
"""Seconds after which tests of a mutant count as hanging, which is an error of the mutant."""


@dataclass(frozen=True)
class Edit:
    """A text replaced by another.

    Args:
        inside: The file in `src/headwater`, and the function or the class and method in it.
        old: Occurs there exactly once.
        new: What stands in its place.
    """

    inside: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """One law broken.

    Args:
        name: What is broken, in words.
        tests: At least one of these must fail.
        edits: What is replaced.
    """

    name: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


def mutant(name: str, test: str, *edits: tuple[str, str, str]) -> Mutant:
    """A mutant of one test, its edits as `(inside, old, new)`."""
    return Mutant(name, (test,), tuple(Edit(*edit) for edit in edits))


def planted(folder: Path) -> Iterator[Mutant]:
    """The mutants of each file of a folder, which holds them as plain tuples."""
    for path in sorted(folder.glob("*.py")):
        for name, test, *edits in runpy.run_path(str(path))["MUTANTS"]:
            yield mutant(name, test, *edits)


MUTANTS = tuple(planted(Path(__file__).with_name("mutants")))


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where each mutant was found out; prints one line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a name; by default all")
    names = parser.parse_args(arguments).names
    chosen = [one for one in MUTANTS if not names or any(name in one.name for name in names)]
    if not chosen:
        print("no mutant has such a name", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="headwater-mutants-") as folder,
        copies(Path(folder)) as places,
    ):
        faults = check(chosen, places)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def check(mutants: Sequence[Mutant], places: Queue[Path]) -> list[str]:
    """What is wrong: tests that fail without a mutant, texts that moved, mutants that survive."""
    place = places.get()
    faults = [fault for one in mutants for fault in misfits(one, place)]
    places.put(place)
    if faults:
        return faults
    tests = sorted({test for one in mutants for test in one.tests})
    groups = [
        [test for test in tests if is_compiled(test) is compiled] for compiled in (True, False)
    ]
    with ThreadPoolExecutor(WORKERS) as pool:
        outcomes = list(pool.map(lambda group: judged(group, places), filter(None, groups)))
        failures = [output for status, output in outcomes if status != 0]
        if failures:
            return [f"these tests must pass without a mutant:\n{output}" for output in failures]
        print(f"{len(tests)} tests pass; {len(mutants)} mutants", flush=True)
        found = list(pool.map(lambda one: survived(one, places), mutants))
    return [fault for fault in found if fault is not None]


def survived(one: Mutant, places: Queue[Path]) -> str | None:
    """What is wrong where the tests of a mutant do not fail."""
    started = time.perf_counter()
    status, output = judged(one.tests, places, one)
    print(f"{time.perf_counter() - started:6.1f} s  {one.name}", flush=True)
    if status == 1:
        return None
    what = {0: "survives", None: "makes its tests hang"}.get(status, f"ends pytest with {status}")
    return f"mutant {one.name!r} {what}: {', '.join(one.tests)}\n{output}"


def judged(
    tests: Sequence[str], places: Queue[Path], one: Mutant | None = None
) -> tuple[int | None, str]:
    """What pytest ends with (None where it hangs) and the end of what it prints, on a copy."""
    place = places.get()
    try:
        with mutated(place, one):
            return ran(tests, place)
    finally:
        places.put(place)


def ran(tests: Sequence[str], place: Path) -> tuple[int | None, str]:
    """Run tests of a copy, whose package comes first."""
    environment = os.environ | {
        "PYTHONPATH": str(place / "src"),
        "HEADWATER_COMPILE": str(int(any(map(is_compiled, tests)))),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, "\n".join(done.stdout.splitlines()[-15:])


def is_compiled(test: str) -> bool:
    """Whether a test asks so many rows that plain Python takes longer than compiling."""
    return test.partition("::")[0] in COMPILED


@contextmanager
def copies(folder: Path) -> Iterator[Queue[Path]]:
    """A copy of package and tests for each worker."""
    places: Queue[Path] = Queue()
    for number in range(WORKERS):
        place = folder / f"copy{number}"
        for name in ("src", "tests", "examples"):
            ignored = shutil.ignore_patterns("__pycache__", ".headwater", "data")
            shutil.copytree(ROOT / name, place / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", place)
        places.put(place)
    yield places


@contextmanager
def mutated(place: Path, one: Mutant | None) -> Iterator[None]:
    """The copy with a mutant in it, and as it was afterwards."""
    before: dict[Path, str] = {}
    for edit in () if one is None else one.edits:
        path, start, stop = span(edit, place)
        text = path.read_text("utf-8")
        before.setdefault(path, text)
        changed = text[start:stop].replace(edit.old, edit.new)
        path.write_text(text[:start] + changed + text[stop:], "utf-8")
    try:
        yield
    finally:
        for path, text in before.items():
            path.write_text(text, "utf-8")


def misfits(one: Mutant, place: Path) -> Iterator[str]:
    """The edits of a mutant whose text is not there exactly once."""
    for edit in one.edits:
        try:
            path, start, stop = span(edit, place)
        except LookupError as error:
            yield f"mutant {one.name!r}: {error}"
            continue
        count = path.read_text("utf-8")[start:stop].count(edit.old)
        if count != 1:
            yield f"mutant {one.name!r}: {edit.old!r} is {count} times in {edit.inside}, not once"


def span(edit: Edit, place: Path) -> tuple[Path, int, int]:
    """The file of an edit, and where its function begins and ends in it.

    Raises:
        LookupError: There is no such file or function.
    """
    file, _, name = edit.inside.partition(": ")
    path = place / "src" / "headwater" / file
    if not path.is_file():
        raise LookupError(f"there is no file {file}")
    text = path.read_text("utf-8")
    node: ast.AST = ast.parse(text)
    for part in name.split("."):
        node = next((one for one in ast.iter_child_nodes(node) if _is_named(one, part)), node)
        if not _is_named(node, part):
            raise LookupError(f"there is no {name} in {file}")
    if not isinstance(node, ast.FunctionDef):
        raise LookupError(f"{name} in {file} is no function")
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1]))
    return path, start, start + sum(map(len, lines[node.lineno - 1 : node.end_lineno]))


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name


if __name__ == "__main__":
    sys.exit(main())
