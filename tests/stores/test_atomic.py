"""Files and folders appear whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.errors import EngineError
from headwater.stores.atomic import appearing, passing, sweep, write_whole

KILLED = """
import os, signal, sys
from pathlib import Path
from headwater.stores import atomic
target = Path(sys.argv[1])
"""
IN_A_FOLDER = """
with atomic.appearing(target) as folder:
    (folder / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
IN_A_FILE = """
atomic.os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
atomic.write_whole(target, b"new")
"""


IN_PASSING = """
with atomic.passing(target.parent, "work") as folder:
    (folder / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_is_not_there_before_its_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "made"
    with appearing(target) as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "file").write_text("whole")
        assert not target.exists()
        assert folder.parent == target.parent
    assert (target / "sub" / "file").read_text() == "whole"
    assert names(target.parent) == ["made"]


def fail(target: Path, error: type[BaseException]) -> None:
    with appearing(target) as folder:
        (folder / "half").write_text("half")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_when_a_block_fails(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        fail(tmp_path / "made", error)
    assert names(tmp_path) == []


def test_a_disk_that_refuses_is_an_error_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError) as caught, appearing(tmp_path / "file" / "made"):
        pass
    assert (caught.value.code, caught.value.exit_code) == ("HW502", 4)
    assert caught.value.hint is not None
    with pytest.raises(EngineError, match="HW502"):
        write_whole(tmp_path / "file" / "made", b"")


def test_everything_is_synced_before_the_name_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync: Callable[[int], None] = os.fsync
    rename: Callable[..., None] = os.rename

    def record_sync(handle: int) -> None:
        done.append(os.path.basename(os.readlink(f"/proc/self/fd/{handle}")))
        sync(handle)

    def record_rename(source: Path, target: Path) -> None:
        done.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(os, "rename", record_rename)
    with appearing(tmp_path / "made") as folder:
        (folder / "file").write_text("whole")
    before, after = done[: done.index("rename")], done[done.index("rename") + 1 :]
    assert before == ["file", folder.name]
    assert after == [tmp_path.name]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "file"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["file"]


@pytest.mark.parametrize("program", [IN_A_FOLDER, IN_A_FILE], ids=["folder", "file"])
def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path: Path, program: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "kept").write_text("kept")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED + program, str(tmp_path / "other" / "made")],
        check=False,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert killed.returncode == -signal.SIGKILL
    left = [name for name in names(tmp_path / "other") if name != "kept"]
    assert len(left) == 1
    assert left[0].startswith(".staging-made-")
    sweep(tmp_path)
    assert names(tmp_path / "other") == ["kept"]


def test_a_passing_folder_is_gone_however_its_block_ends(tmp_path: Path) -> None:
    with passing(tmp_path, "work") as folder:
        (folder / "deep").mkdir()
        assert names(tmp_path) == [folder.name]
    assert names(tmp_path) == []
    with pytest.raises(KeyboardInterrupt), passing(tmp_path, "work"):
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_a_passing_folder_of_a_killed_process_is_swept(tmp_path: Path) -> None:
    program = KILLED + IN_PASSING
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path / "kept")], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert [name.startswith(".staging-work-") for name in names(tmp_path)] == [True]
    sweep(tmp_path)
    assert names(tmp_path) == []


def test_a_passing_folder_that_cannot_be_made_is_an_error_with_a_code(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="HW502"), passing(tmp_path / "file", "work"):
        pass
