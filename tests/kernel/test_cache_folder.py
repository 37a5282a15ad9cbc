"""Where compiled code is kept: a folder of this user, whatever the environment says."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.kernel import compile as compile_module
from headwater.kernel.compile import cache_folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, and a cache folder that cannot be made."""
    (tmp_path / "a file").write_text("in the way", encoding="utf-8")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path / "a file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    compile_module._spare_folder.cache_clear()
    yield tmp_path / "temporary"
    compile_module._spare_folder.cache_clear()


def test_the_cache_folder_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path / "named"))
    assert cache_folder() == tmp_path / "named" / "kernels"
    monkeypatch.delenv("HEADWATER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "headwater" / "kernels"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "headwater" / "kernels"


def test_a_folder_that_cannot_be_written_gives_way_to_one_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("HEADWATER_CACHE", str(tmp_path / "a file"))
    folder = cache_folder()
    assert folder.is_dir()
    assert folder.stat().st_uid == os.getuid()
    assert folder.stat().st_mode & 0o077 == 0, "nobody else may put code there"
    assert cache_folder() == folder


def test_a_folder_that_is_there_but_not_ours_to_write_gives_way_too(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_only = temporary.parent / "read only"
    monkeypatch.setenv("HEADWATER_CACHE", str(read_only))
    # root may write everywhere, so the system's answer is given here
    monkeypatch.setattr(os, "access", lambda path, mode: read_only not in Path(path).parents)
    assert cache_folder() == temporary / f"headwater-{os.getuid()}"


def test_code_is_not_loaded_through_the_link_of_another_user(temporary: Path) -> None:
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (temporary / f"headwater-{os.getuid()}").symlink_to(elsewhere)
    folder = cache_folder()
    assert folder.parent == temporary
    assert folder.resolve() != elsewhere


def test_a_file_in_the_way_of_the_spare_folder_gives_way_as_well(temporary: Path) -> None:
    (temporary / f"headwater-{os.getuid()}").write_text("in the way", encoding="utf-8")
    folder = cache_folder()
    assert folder.is_dir()
    assert folder.parent == temporary
    assert cache_folder() == folder
