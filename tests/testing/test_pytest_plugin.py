"""`pytest --headwater PROJECT` in a process of its own: good words pass, planted faults show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater import plugins
from headwater.checks import base as checks
from headwater.steps import base as steps

HEAVY = ("polars", "numpy", "numba", "pyarrow", "pandas", "sklearn", "jinja2", "typer")

FIRST_SEEN = '''
from dataclasses import dataclass

from headwater.aggregations.base import NULL, VALUE, Aggregation


@dataclass(frozen=True, slots=True)
class FirstSeen(Aggregation):
    """The value that comes first; nulls are skipped, empty input gives null, order should not."""

    takes = ("integer", "float")
    returns = "value"

    @staticmethod
    def prepare(x, valid, start, stop):
        return 0, 1

    @staticmethod
    def lift(state, x, i, scale):
        state[0] = i + 1

    @staticmethod
    def merge(into, left, right, x, rank):
        into[0] = left[0] if left[0] > 0 else right[0]

    @staticmethod
    def result(state, x, scale):
        if state[0] == 0:
            return NULL, 0
        return VALUE, x[state[0] - 1] + 0
'''

READS_LABEL = '''
from dataclasses import dataclass

from headwater.aggregations.mean import Mean
from headwater.kernel.row_operations import fill
from headwater.steps.base import LABEL, Step


@dataclass(frozen=True, slots=True)
class FillLabel(Step):
    """Nulls become the mean label; empty input, order and unseen values are as in FillMean."""

    supervised = True

    def wanted(self, columns):
        return {"label": Mean(LABEL)}

    def outputs(self, columns, statistics):
        return [fill(column, self.number(statistics, "label", of=column)) for column in columns]
'''

MISCOUNTS = '''
from dataclasses import dataclass

import polars as pl

from headwater.aggregations.count import Count
from headwater.checks.base import Check, Planted


@dataclass(frozen=True, slots=True)
class Even(Check):
    """Even numbers; nulls pass, no rows pass, the order of rows does not matter."""

    column: str

    def wanted(self):
        return {"broken": Count(where=pl.col(self.column) == 1)}

    def broken(self, statistics):
        return statistics["broken"]

    @classmethod
    def planted(cls):
        return Planted(cls("size"), keeps={"size": [0, 2, None]}, breaks={"size": [1, 3]})
'''

NOT_A_WORD = "class Another:\n    pass\n"


def tutorial(contract: Any) -> str:
    """The complete word in the docstring of a family's contract."""
    (found,) = re.findall(r"```python\n(.*?)```", contract.__doc__ or "", re.DOTALL)
    return str(found)


def pytest_of(folder: Path, *arguments: str) -> Any:
    """Pytest in a process of its own, where words run as Python: to compile them takes longer."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    plain = {**os.environ, "HEADWATER_COMPILE": "0"}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=plain
    )


def project(folder: Path, words: dict[str, str]) -> Path:
    """A project that holds these files."""
    for name, text in {"headwater.toml": "seed = 1\n", **words}.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The suite on words that meet their laws, beside a test that is not asked for."""
    words = {
        "steps/center_mean.py": tutorial(steps),
        "checks/positive.py": tutorial(checks),
        "steps/_helper.py": "raise ValueError('this is no word')\n",
        "test_own.py": "def test_own(): raise ValueError('this was not named')\n",
    }
    folder = project(tmp_path_factory.mktemp("good"), words)
    return pytest_of(folder, "--headwater", ".", "-v")


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The suite on words that break a law each, and on a file without its word."""
    words = {
        "aggregations/first_seen.py": FIRST_SEEN,
        "steps/fill_label.py": READS_LABEL,
        "checks/even.py": MISCOUNTS,
        "checks/other.py": NOT_A_WORD,
    }
    folder = project(tmp_path_factory.mktemp("bad"), words)
    return pytest_of(
        folder.parent, "--headwater", str(folder), "-rfE", "--continue-on-collection-errors"
    )


def test_each_law_of_each_good_word_is_a_test_that_passes(good: Any) -> None:
    assert good.returncode == 0, good.stdout
    passed = re.findall(r"^(\w+/\w+\.py)::(.*) PASSED", good.stdout, re.MULTILINE)
    assert ("steps/center_mean.py", "edge frames are prepared") in passed
    assert ("checks/positive.py", "planted rows are counted exactly") in passed
    assert {file for file, _ in passed} == {"steps/center_mean.py", "checks/positive.py"}
    assert f"{len(passed)} passed" in good.stdout


def failed(found: Any) -> dict[str, list[str]]:
    """The laws that failed by file."""
    laws: dict[str, list[str]] = {}
    for file, law in re.findall(
        r"^FAILED \S*?(\w+)\.py::(.*?)(?: - .*)?$", found.stdout, re.MULTILINE
    ):
        laws.setdefault(file, []).append(law)
    return laws


def test_a_planted_fault_fails_by_the_law_that_it_breaks(bad: Any) -> None:
    assert bad.returncode == 1, bad.stdout
    found = failed(bad)
    assert found.pop("even")[0] == "planted rows are counted exactly"
    assert found == {
        "first_seen": [
            "in a fit the order of rows does not matter",
            "in a fit it equals its own functions in plain Python",
        ],
        "fill_label": ["it learns from the label only where it says so"],
    }


def test_a_broken_law_shows_what_is_wrong_in_words_and_no_stack(bad: Any) -> None:
    assert re.search(
        r"FirstSeen, histories [\d, ]+: in a fit the order .* found .* expected", bad.stdout
    )
    assert "a supervised step must be an OutOfFoldStep, or rows see their own" in bad.stdout
    assert "Even: planted rows are counted exactly: expected (5, 2, False), found" in bad.stdout
    assert "Traceback" not in bad.stdout
    assert "laws.py:" not in bad.stdout


def test_a_file_without_its_word_is_an_error_with_code_place_and_hint(bad: Any) -> None:
    assert "[HW106] file 'other.py' holds no class 'Other'" in bad.stdout
    assert "hint: name the class Other, or rename the file" in bad.stdout
    assert len(re.findall(r"^ERROR .*other\.py", bad.stdout, re.MULTILINE)) == 1


class Outcomes:
    """A plugin that notes how each test of a session in this process ended."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.told: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what the test itself gave, not its setup."""
        if report.when == "call":
            self.found[report.nodeid] = report.outcome
            self.told[report.nodeid] = report.longreprtext

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if report.failed:
            self.told[report.nodeid] = report.longreprtext


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A session in this process, in a project that holds these files."""
    monkeypatch.chdir(tmp_path)
    plugins.forget_projects()

    def ran(words: dict[str, str], *arguments: str) -> tuple[int, Outcomes]:
        project(tmp_path, words)
        outcomes = Outcomes()
        quiet = ["-p", "no:cacheprovider", "-q", "-c", os.devnull, f"--rootdir={tmp_path}"]
        return int(pytest.main([*arguments, *quiet], plugins=[outcomes])), outcomes

    yield ran
    plugins.forget_projects()


def test_tests_that_are_named_run_beside_the_words(session: Any) -> None:
    words = {"checks/positive.py": tutorial(checks), "test_own.py": "def test_own(): pass\n"}
    status, outcomes = session(words, "test_own.py", "--headwater", ".")
    assert status == pytest.ExitCode.OK
    assert outcomes.found["test_own.py::test_own"] == "passed"
    assert outcomes.found["checks/positive.py::no rows pass"] == "passed"
    assert plugins.members("checks").get("Positive") is None  # left as it was


def test_what_a_law_did_not_foresee_is_shown_with_its_stack(session: Any) -> None:
    fails = tutorial(checks).replace('int(statistics["broken"])', 'statistics["nothing such"]')
    status, outcomes = session({"checks/positive.py": fails}, "--headwater", ".")
    assert status == pytest.ExitCode.TESTS_FAILED
    told = outcomes.told["checks/positive.py::rows that keep it pass"]
    assert "KeyError: 'nothing such'" in told
    assert "positive.py:" in told


def test_a_word_of_no_family_is_an_error_of_its_file(session: Any) -> None:
    words = {"checks/other.py": "class Other:\n    pass\n"}
    status, outcomes = session(words, "--headwater", ".")
    assert status == pytest.ExitCode.INTERRUPTED
    assert "[HW211] Other is no word with a contract" in outcomes.told["checks/other.py"]


def test_without_the_option_nothing_heavy_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "test_loaded.py").write_text(
        "import sys\n\n\ndef test_loaded(): print('loaded', *sys.modules, 'at the end')\n"
    )
    said = pytest_of(tmp_path, "-s", "-p", "no:hypothesispytest").stdout
    loaded = set(said.partition("loaded ")[2].partition(" at the end")[0].split())
    assert "headwater.testing.pytest_plugin" in loaded  # an entry point, so it is always there
    assert [name for name in HEAVY if name in loaded] == []
    assert "headwater.plugins" not in loaded


def test_the_option_is_in_the_help_of_pytest(tmp_path: Path) -> None:
    assert "--headwater=PROJECT" in pytest_of(tmp_path, "--help").stdout
