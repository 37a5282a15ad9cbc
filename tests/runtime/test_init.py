"""Init: a project appears whole in a new or empty folder, and works at once."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from headwater.errors import EngineError, SpecError
from headwater.runtime.init import init

FILES = [
    ".gitignore",
    "README.md",
    "data.py",
    "data/orders.parquet",
    "definitions.py",
    "headwater.toml",
]


def files_of(folder: Path) -> dict[str, str]:
    """Every file with the digest of its bytes."""
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return dict(sorted(found.items()))


def call(*arguments: str | Path, cwd: Path) -> Any:
    """The command line as a process of its own."""
    command = [sys.executable, "-m", "headwater.apps.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as it was made, which no test changes."""
    folder = tmp_path_factory.mktemp("init") / "shop"
    init(folder)
    return folder


def test_a_new_folder_holds_a_whole_project_and_nothing_else(made: Path) -> None:
    assert list(files_of(made)) == FILES
    assert [path.name for path in made.parent.iterdir()] == ["shop"]
    assert len((made / "README.md").read_text().splitlines()) == 5
    ignored = (made / ".gitignore").read_text().split()
    assert {".headwater/", "data/"} <= set(ignored)


def test_what_was_made_is_said_with_what_comes_next(tmp_path: Path) -> None:
    heard: list[str] = []
    folder = tmp_path / "my shop"
    assert init(folder, say=heard.append) == {
        "project": "my shop",
        "folder": folder.as_posix(),
        "files": FILES,
        "next": [f"headwater check '{folder}'", f"headwater run '{folder}'"],
    }
    assert heard == [f"project: {folder.as_posix()}", "its data"]


def test_the_same_files_are_made_every_time(made: Path, tmp_path: Path) -> None:
    init(tmp_path / "deeper" / "again")
    assert files_of(tmp_path / "deeper" / "again") == files_of(made)


def test_an_empty_folder_stays_itself_and_keeps_its_git(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main")
    before = tmp_path.stat().st_ino
    init(tmp_path)
    assert tmp_path.stat().st_ino == before
    assert list(files_of(tmp_path)) == [".git/HEAD", *FILES]


@pytest.mark.parametrize("name", ["letter.txt", ".hidden", "headwater.toml"])
def test_a_folder_with_files_is_refused_and_nothing_is_lost(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("dear")
    with pytest.raises(SpecError) as caught:
        init(tmp_path)
    assert (caught.value.code, caught.value.exit_code) == ("HW107", 2)
    assert f"is not empty: {name}" in caught.value.message
    assert files_of(tmp_path) == {name: hashlib.sha256(b"dear").hexdigest()}


def test_many_files_are_not_all_listed(tmp_path: Path) -> None:
    for name in "abcde":
        (tmp_path / name).touch()
    with pytest.raises(SpecError, match="is not empty: a, b, c and 2 more"):
        init(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("dear")
    with pytest.raises(SpecError, match=r"HW107\] '.*shop' is a file"):
        init(tmp_path / "shop")
    assert (tmp_path / "shop").read_text() == "dear"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder nobody can write")
def test_a_folder_that_cannot_be_written_is_the_operators_fault() -> None:
    with pytest.raises(EngineError) as caught:
        init(Path("/proc/self/shop"))
    assert caught.value.code == "HW502"


@pytest.mark.parametrize("exists", [True, False])
def test_an_interruption_leaves_the_folder_as_it_was(
    exists: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "shop"
    if exists:
        folder.mkdir()
    monkeypatch.setattr(subprocess, "run", stop)
    with pytest.raises(KeyboardInterrupt):
        init(folder)
    assert folder.exists() is exists
    assert files_of(tmp_path) == {}


def test_an_error_between_two_renames_takes_back_what_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, moved = Path.rename, []

    def full(self: Path, target: Path) -> Path:
        moved.append(target)
        if len(moved) == 4:
            raise OSError(28, os.strerror(28))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(EngineError, match=r"HW502\] .*No space left"):
        init(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_data_has_three_clocks_in_order_and_open_orders(made: Path) -> None:
    orders = pl.read_parquet(made / "data" / "orders.parquet")
    assert orders.height == 12_000
    assert orders["ordered_at"].is_sorted()
    assert (orders["delivered_at"] > orders["ordered_at"]).all()
    waits = orders["settled_at"] - orders["delivered_at"]
    bounds = (waits.min(), waits.max())
    assert timedelta(days=14) <= bounds[0] < bounds[1] < timedelta(days=21)  # type: ignore[operator]
    open_ones = orders.filter(pl.col("settled_at").is_null())
    assert open_ones["is_returned"].null_count() == open_ones.height > 100
    assert orders["settled_at"].max() < datetime(2026, 1, 1, tzinfo=UTC)  # type: ignore[operator]


def test_the_project_checks_at_once_in_a_process_of_its_own(tmp_path: Path) -> None:
    made = call("init", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["next"] == ["headwater check .", "headwater run ."]
    checked = call("check", ".", "--strict", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "2 feature views, 1 training set, 1 model, 1 clock comparison" in checked.stdout
    assert "no fault found" in checked.stdout
    again = call("init", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (2, "")
    assert "[HW107] folder '.' is not empty" in again.stderr


@pytest.mark.slow
def test_the_project_runs_at_once_and_says_what_its_clocks_are_worth(tmp_path: Path) -> None:
    assert call("init", "shop", cwd=tmp_path).returncode == 0
    ran = call("run", "shop", "--json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    built = result["training_set"]
    assert built["spine_rows"] == built["rows"] + sum(built["excluded"].values()) == 12_000
    assert built["excluded"]["label_never_known"] > 300
    rows = {row["variant"]: row for row in result["clocks"]}
    assert rows["event_time"]["difference_low"] > 0  # here a join on event time does leak
    assert result["metrics"]["test"]["roc_auc"] > result["rule"]["test"]["roc_auc"]
    assert Path(tmp_path / result["report"]).is_file() or Path(result["report"]).is_file()
    again = call("run", "shop", "--json", cwd=tmp_path)
    assert json.loads(again.stdout)["cached"] is True
