"""The rules of the house that can be read off the tree."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from headwater.errors import CODES

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "headwater"
HEAVY = ("polars", "numpy", "pyarrow", "numba", "duckdb", "sklearn", "lightgbm", "pandas")
LOADED = "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
IMPORT = f"import sys, headwater; {LOADED}"
HELP = f"""
import contextlib, io, runpy, sys
sys.argv = ["headwater", "--help"]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    runpy.run_module("headwater.apps.cli", run_name="__main__")
{LOADED}
"""


@cache
def tree() -> tuple[Path, ...]:
    """The files that are, or are about to be, under version control."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of each file of the tree; what is not text is left out."""
    for path in tree():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@cache
def modules() -> dict[str, ast.Module]:
    """The parsed modules of the package by their path within it."""
    paths = sorted(SOURCE.rglob("*.py"))
    return {p.relative_to(SOURCE).as_posix(): ast.parse(p.read_text("utf-8")) for p in paths}


def places(wrong: Callable[[ast.AST], bool], outside: tuple[str, ...] = ("nothing/",)) -> list[str]:
    """Where in the package a node is wrong, as `path:line`."""
    return [
        f"{name}:{getattr(node, 'lineno', 1)}"
        for name, module in modules().items()
        if not name.startswith(outside)
        for node in ast.walk(module)
        if wrong(node)
    ]


def matches(pattern: str) -> list[str]:
    """Where in the tree a pattern occurs, as `path:line`."""
    return [
        f"{name}:{text.count(chr(10), 0, found.start()) + 1}"
        for name, text in texts()
        for found in re.finditer(pattern, text)
    ]


def test_the_tree_is_seen() -> None:
    names = {name for name, _ in texts()}
    assert {"pyproject.toml", "Makefile", "src/headwater/errors.py", "tests/test_house.py"} <= names
    assert "errors.py" in modules()


def test_no_module_is_named_for_having_no_subject() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "core", "manager"}
    parts = {
        name: {Path(part).stem for part in Path(name).parts} for name, _ in texts() if ".py" in name
    }
    assert [name for name, stems in parts.items() if stems & vague] == []


def test_base_is_only_the_contract_of_a_family_with_members() -> None:
    families = {name.partition("/")[0] for name in modules() if Path(name).stem == "base"}
    allowed = {"aggregations", "checks", "engines", "leaks", "sources", "steps", "stores"}
    assert families <= allowed


def test_no_file_names_a_package_registry() -> None:
    assert matches("(?i)" + "|".join(("pyp" + "i", "python" + "hosted", "npm" + "js"))) == []


def test_no_file_holds_an_absolute_path_of_a_machine() -> None:
    folders = "|".join(("home", "root", "Users", "work", "opt", "tmp"))
    assert matches(rf"(?<![\w.~)}}\]*-])/(?:{folders})/[\w.]") == []


def test_nothing_is_left_to_do() -> None:
    assert matches(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b") == []


def codes_in(module: ast.Module) -> set[str]:
    """The codes that stand alone in a string, so the arguments of errors."""
    strings = (n.value for n in ast.walk(module) if isinstance(n, ast.Constant))
    return {text for text in strings if isinstance(text, str) and re.fullmatch(r"HW\d{3}", text)}


def used_codes() -> set[str]:
    """Every code that the package raises."""
    return {
        code
        for name, module in modules().items()
        if name != "errors.py"
        for code in codes_in(module)
    }


def test_every_code_that_is_raised_is_listed() -> None:
    assert used_codes() - set(CODES) == set()


def test_every_code_that_is_listed_is_raised() -> None:
    assert set(CODES) - used_codes() == set()


def test_codes_are_listed_once_and_in_order() -> None:
    keys = re.findall(r'^    "(HW\d{3})":', (SOURCE / "errors.py").read_text("utf-8"), re.MULTILINE)
    assert keys == sorted(set(keys))
    assert keys == list(CODES)


def child(*arguments: str, pycache: Path) -> tuple[float, str]:
    """CPU seconds and output of one fresh interpreter, its bytecode kept in `pycache`."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment |= {"PYTHONPYCACHEPREFIX": str(pycache), "PYTHONPATH": str(ROOT / "src")}
    output = pycache.with_suffix(".out")
    with output.open("wb") as sink:
        process = subprocess.Popen([sys.executable, *arguments], stdout=sink, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text("utf-8")
    assert process.returncode == 0, text
    return usage.ru_utime + usage.ru_stime, text


@pytest.mark.parametrize("code", [IMPORT, HELP], ids=["import headwater", "headwater --help"])
def test_a_start_loads_nothing_heavy(code: str, tmp_path: Path) -> None:
    _, loaded = child("-c", code, pycache=tmp_path / "pycache")
    assert "headwater" in loaded.split()
    assert [name for name in loaded.split() if name in HEAVY] == []


@pytest.mark.parametrize(
    "arguments",
    [("-c", "import headwater"), ("-m", "headwater.apps.cli", "--help")],
    ids=["import headwater", "headwater --help"],
)
def test_a_start_costs_less_than_a_quarter_second_of_cpu(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    pycache = tmp_path / "pycache"
    child(*arguments, pycache=pycache)  # writes the bytecode, as an installation does
    assert min(child(*arguments, pycache=pycache)[0] for _ in range(3)) < 0.25


def test_every_module_has_a_docstring() -> None:
    assert [name for name, module in modules().items() if not ast.get_docstring(module)] == []


def test_every_public_class_and_function_has_a_docstring() -> None:
    bare = [
        f"{name}:{node.lineno} {node.name}"
        for name, module in modules().items()
        for node in module.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


def test_a_fault_is_an_error_and_never_an_assertion() -> None:
    assert places(lambda node: isinstance(node, ast.Assert), outside=("testing/",)) == []


def swallows_everything(node: ast.AST) -> bool:
    """An `except` for all exceptions that does not end by raising again."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = [] if node.type is None else ast.walk(node.type)
    names = {name.id for name in caught if isinstance(name, ast.Name)}
    everything = node.type is None or bool(names & {"Exception", "BaseException"})
    last = node.body[-1]
    raises_on = isinstance(last, ast.Raise) and (last.exc is None or last.cause is not None)
    return everything and not raises_on


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("except: pass", True),
        ("except Exception: pass", True),
        ("except (OSError, BaseException) as error: log(error)", True),
        ("except OSError: pass", False),
        ("except BaseException:\n    undo()\n    raise", False),
        ("except Exception as error:\n    raise Told() from error", False),
        ("except Exception:\n    raise Told()", True),
    ],
)
def test_the_gate_knows_a_handler_that_swallows_everything(handler: str, expected: bool) -> None:
    parsed = ast.parse(f"try:\n    act()\n{handler}")
    assert any(map(swallows_everything, ast.walk(parsed))) is expected


def test_nothing_below_the_apps_swallows_every_exception() -> None:
    assert places(swallows_everything, outside=("apps/",)) == []


def imports_the_facade(node: ast.AST) -> bool:
    """`import headwater`, or a name from it that is not one of its packages and modules."""
    if isinstance(node, ast.Import):
        return any(alias.name == "headwater" for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module == "headwater" and not node.level:
        children = {path.stem for path in SOURCE.iterdir()}
        return any(alias.name not in children for alias in node.names)
    return False


def test_nothing_below_the_apps_imports_the_facade() -> None:
    """Through it a lower layer would reach every upper one, unseen by the layers contract."""
    assert places(imports_the_facade, outside=("apps/", "__init__.py")) == []


def test_the_oracle_is_kept_from_every_package_but_its_own_two() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = {c["id"]: c for c in settings["tool"]["importlinter"]["contracts"]}
    packages = {name.partition("/")[0].removesuffix(".py") for name in modules() if "/" in name}
    packages |= {Path(name).stem for name in modules() if "/" not in name} - {"__init__"}
    kept_from = {name.split(".")[1] for name in contracts["oracle"]["forbidden_modules"]}
    assert packages - {"errors", "schema", "testing"} == kept_from


def test_requirements_are_pinned_with_hashes_and_name_no_place() -> None:
    for name in ("build", "demo", "test"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        entries = re.findall(r"^[a-z0-9].*(?:\n .*)*", text, re.MULTILINE)
        assert entries
        assert [e for e in entries if "==" not in e or "--hash=sha256:" not in e] == []
        assert re.findall(r"//|^-|@ ", text, re.MULTILINE) == []


def test_the_demo_and_the_tests_are_pinned_to_the_same_versions() -> None:
    demo, test = (pins(ROOT / "requirements" / f"{name}.txt") for name in ("demo", "test"))
    assert demo.items() <= test.items()


def pins(path: Path) -> dict[str, str]:
    """The pinned version of each package of a requirements file."""
    return dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", path.read_text("utf-8"), re.MULTILINE))


def test_the_wheel_holds_package_templates_and_examples_but_no_data(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = {name for name, _ in texts() if name.startswith("src/headwater/")}
    example = {name for name, _ in texts() if name.startswith("examples/")}
    assert {"examples/flights/data.py", "examples/starter/.gitignore"} <= example
    assert names == {name.removeprefix("src/") for name in package} | {
        f"headwater/{name}" for name in example
    }
