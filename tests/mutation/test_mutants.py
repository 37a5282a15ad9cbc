"""The mutants fit the code, and leave out no comparison of moments and no file of laws."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KERNEL = sorted((ROOT / "src" / "headwater" / "kernel").glob("*.py"))
MOMENTS = {"known", "moments", "as_of", "asked", "time", "starts", "ends"}
"""What passes call their arrays of moments; `NEVER` is one that no row reaches."""
LAWS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("leaks", "parity")
    for path in (ROOT / "tests" / folder).glob("test_*.py")
)


def test_each_mutant_finds_its_text_exactly_once(mutate: Any) -> None:
    """Where this fails the code has moved: change the mutant in `mutants` as the code was."""
    assert [fault for one in mutate.MUTANTS for fault in mutate.misfits(one, ROOT)] == []
    names = [one.name for one in mutate.MUTANTS]
    assert len(set(names)) == len(names) >= 90


@dataclass(frozen=True)
class Span:
    """A part of a file's text."""

    path: Path
    start: int
    stop: int

    def meets(self, other: Span) -> bool:
        return self.path == other.path and self.start < other.stop and other.start < self.stop


def comparisons(path: Path) -> Iterator[tuple[str, Span]]:
    """Where moments are compared with moments, and the text of it."""
    text = path.read_text("utf-8")
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare) and all(map(is_moment, (node.left, *node.comparators))):
            start = starts[node.lineno - 1] + node.col_offset
            said = ast.get_source_segment(text, node) or ""
            assert text[start : start + len(said)] == said
            yield said, Span(path, start, start + len(said))


def is_moment(expression: ast.expr) -> bool:
    """Whether it reads an array of moments, or says `NEVER`."""
    nodes = list(ast.walk(expression))
    arrays = [one.value for one in nodes if isinstance(one, ast.Subscript)]
    names = [one for one in nodes if isinstance(one, ast.Name) and one.id == "NEVER"]
    return bool(names) or any(isinstance(one, ast.Name) and one.id in MOMENTS for one in arrays)


def edited(mutate: Any) -> Iterator[Span]:
    """What the mutants replace, as far as their texts are there."""
    fitting = [one for one in mutate.MUTANTS if not list(mutate.misfits(one, ROOT))]
    for edit in (edit for one in fitting for edit in one.edits):
        path, start, _ = mutate.span(edit, ROOT)
        place = path.read_text("utf-8").index(edit.old, start)
        yield Span(path, place, place + len(edit.old))


def test_each_comparison_of_moments_in_a_pass_has_a_mutant(mutate: Any) -> None:
    """Where this fails a pass came without one: add it in `mutants`, with the test that notices."""
    replaced = list(edited(mutate))
    found = [one for path in KERNEL for one in comparisons(path)]
    missed = [(span.path.name, said) for said, span in found if not any(map(span.meets, replaced))]
    assert missed == []
    texts = [said for said, _ in found]
    assert texts.count("known[seen] <= as_of[j]") >= 6
    assert texts.count("moments[p] <= asked[j]") >= 5
    assert texts.count("time[newest] < as_of[j] - gaps[w]") >= 1


def test_a_new_pass_without_a_mutant_is_told(tmp_path: Path) -> None:
    path = tmp_path / "pass.py"
    path.write_text(
        '"""é"""\nwhile known[i] <= as_of[j] and i < stop and codes[i] == codes[j]:\n    i += 1\n'
        "seen = [moments[p] != NEVER, time[tree[p]] < ends[j] - gaps[w], moments[p] > 3]\n",
        encoding="utf-8",
    )
    assert [said for said, _ in comparisons(path)] == [
        "known[i] <= as_of[j]",
        "moments[p] != NEVER",
        "time[tree[p]] < ends[j] - gaps[w]",
    ]


@pytest.mark.parametrize("file", [*LAWS, "tests/runtime/test_build_books.py"])
def test_each_file_of_laws_is_what_a_mutant_is_found_by(mutate: Any, file: str) -> None:
    """A law that no mutant breaks could be lost without a trace."""
    named = {test.partition("::")[0] for one in mutate.MUTANTS for test in one.tests}
    assert file in named
