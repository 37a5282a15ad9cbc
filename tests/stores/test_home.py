"""The folder of results beside a project, and its lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from headwater.errors import EngineError
from headwater.stores.home import Home, home_of

WAITS = """
import sys
from pathlib import Path
from headwater.stores.home import Home
with Home(Path(sys.argv[1])).locked(lambda words: print(words, flush=True)):
    print("in", flush=True)
"""


def test_results_lie_beside_the_definitions_under_one_folder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    named = [home.artifacts, home.cache, home.models, home.runs, home.ledger]
    assert {path.parent for path in named} == {tmp_path / ".headwater"}


def test_the_project_is_the_nearest_folder_above_with_a_project_file(tmp_path: Path) -> None:
    deep = tmp_path / "project" / "features" / "users"
    deep.mkdir(parents=True)
    (tmp_path / "project" / "headwater.toml").touch()
    assert home_of(str(deep / "views.py")) == Home((tmp_path / "project").resolve())
    (deep / "headwater.toml").touch()
    assert home_of(str(deep / "views.py")) == Home(deep.resolve())


def test_without_a_project_file_it_is_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert home_of(None) == Home(tmp_path)
    assert home_of(str(tmp_path / "script.py")) == Home(tmp_path)


def test_the_folder_is_made_and_ignored_by_git(tmp_path: Path) -> None:
    with Home(tmp_path).locked(pytest.fail):
        assert (tmp_path / ".headwater" / ".gitignore").read_text() == "*\n"


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wrong"), Home(tmp_path).locked(pytest.fail):
        raise ValueError("wrong")
    with Home(tmp_path).locked(pytest.fail):
        pass


def test_what_was_left_by_a_killed_process_is_gone_when_the_lock_is_held(tmp_path: Path) -> None:
    home = Home(tmp_path)
    left = home.artifacts / "users" / ".staging-abc-123"
    left.mkdir(parents=True)
    (left / "half").touch()
    (home.folder / "reports").mkdir()
    (home.folder / "reports" / ".staging-page-123").touch()
    with home.locked(pytest.fail):
        assert not left.exists()
        assert list((home.folder / "reports").iterdir()) == []


def test_a_second_process_waits_and_says_so(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.locked(pytest.fail):
        second = subprocess.Popen(
            [sys.executable, "-c", WAITS, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        )
        assert second.stdout is not None
        said = second.stdout.readline()
        assert said == "another process is at work in this project: waiting for it\n"
        assert second.poll() is None
    with second:
        assert second.stdout.read() == "in\n"
    assert second.returncode == 0


def test_a_folder_that_cannot_be_made_is_an_error_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".headwater").touch()
    with pytest.raises(EngineError) as caught, Home(tmp_path).locked(pytest.fail):
        pass
    assert caught.value.code == "HW502"
