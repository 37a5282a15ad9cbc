"""What is demanded of coverage, and how a shortage is told."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def floors() -> ModuleType:
    """The script, which is no part of the package."""
    path = Path(__file__).with_name("floors.py")
    spec = importlib.util.spec_from_file_location("headwater_floors", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def file(lines: int, branches: int, *, of: int = 1000) -> dict[str, Any]:
    summary = {
        "covered_lines": lines,
        "num_statements": of,
        "covered_branches": branches,
        "num_branches": of,
    }
    at_fault = {
        "missing_lines": [7] if lines < of else [],
        "missing_branches": [[3, -1]] if branches < of else [],
    }
    return {"summary": summary, **at_fault}


def whole() -> dict[str, Any]:
    names = ("__init__.py", "kernel/a.py", "plan/a.py", "spec/a.py", "apps/cli/a.py", "apps/b.py")
    return {f"src/headwater/{name}": file(1000, 1000) for name in names}


def told(floors: Any, files: dict[str, Any], folder: Path) -> int:
    (folder / "coverage.json").write_text(json.dumps({"files": files}))
    status: int = floors.main(folder / "coverage.json")
    return status


def test_what_is_reached_passes_and_is_told_by_package(
    floors: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(floors, whole(), tmp_path) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed] == ["apps", "headwater", "kernel", "plan", "spec"]
    assert printed[3] == "plan           lines 100.0 %  branches 100.0 %  at least 100 %"


@pytest.mark.parametrize(
    ("path", "reached", "status"),
    [
        ("plan/a.py", file(1000, 999), 1),
        ("kernel/a.py", file(999, 1000), 1),
        ("apps/b.py", file(800, 1000), 0),  # 90 % with the other file of the package
        ("apps/b.py", file(799, 1000), 1),
        ("apps/b.py", file(1000, 799), 1),
        ("__init__.py", file(900, 899), 1),
        ("apps/empty.py", file(0, 0, of=0), 0),
    ],
)
def test_lines_and_branches_are_held_each_on_its_own(
    floors: Any, path: str, reached: dict[str, Any], status: int, tmp_path: Path
) -> None:
    assert told(floors, whole() | {f"src/headwater/{path}": reached}, tmp_path) == status


def test_a_shortage_is_told_by_file_line_and_branch(
    floors: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(floors, whole() | {"src/headwater/spec/a.py": file(999, 999)}, tmp_path)
    printed = capsys.readouterr().out
    assert "spec is not reached at\n  src/headwater/spec/a.py: 7, 3->-1\n" in printed
    assert "plan is not reached" not in printed


def test_a_package_that_was_not_traced_is_no_package_that_is_reached(
    floors: Any, tmp_path: Path
) -> None:
    files = whole()
    del files["src/headwater/kernel/a.py"]
    with pytest.raises(SystemExit, match="no file of kernel was traced"):
        told(floors, files, tmp_path)
