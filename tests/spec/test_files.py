"""Files of a project: what tells at once that one was written."""

from __future__ import annotations

import os
import time
from pathlib import Path

from headwater.spec.files import SETTLED_AFTER, stamp


def written(path: Path, text: str, *, seconds: int = 1_000_000) -> Path:
    path.write_text(text)
    os.utime(path, (seconds, seconds))
    return path


def test_a_file_keeps_its_stamp_until_it_is_written(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "one")
    first = stamp([path])
    assert first is not None
    assert stamp([path]) == first
    written(path, "two", seconds=1_000_001)
    assert stamp([path]) not in (None, first)


def test_a_copy_of_the_same_size_and_time_in_its_place_is_another_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "one")
    first = stamp([path])
    os.replace(written(tmp_path / "b", "two"), path)
    assert stamp([path]) not in (None, first)


def test_a_file_more_is_another_stamp(tmp_path: Path) -> None:
    files = [written(tmp_path / name, "x") for name in "ab"]
    assert len({stamp(files[:1]), stamp(files), stamp(files[::-1])}) == 3


def test_a_file_that_was_written_just_now_or_is_missing_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert stamp([path]) is None
    path.write_text("one")
    now = time.time_ns()
    os.utime(path, ns=(now, now))
    assert stamp([path]) is None
    os.utime(path, ns=(now, now - 2 * SETTLED_AFTER))
    assert stamp([path]) is not None
