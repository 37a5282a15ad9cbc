"""Files of a project: where a path points, what a file's content is, and when it was written."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import DataError, Place, SpecError
from headwater.spec.files import SETTLED_AFTER, digest, locate, os_error_of, stamp, unreadable


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


def place_in(folder: Path) -> Place:
    return Place((folder / "definitions.py").as_posix(), 3)


def test_a_relative_path_starts_at_the_nearest_project_above_the_definition(
    tmp_path: Path,
) -> None:
    inner = tmp_path / "shop" / "definitions"
    inner.mkdir(parents=True)
    (tmp_path / "headwater.toml").touch()
    assert locate("data/a.csv", place_in(inner)) == tmp_path / "data/a.csv"
    (tmp_path / "shop" / "headwater.toml").touch()
    assert locate("data/a.csv", place_in(inner)) == tmp_path / "shop" / "data/a.csv"


def test_an_absolute_path_is_where_it_says_in_a_project_too(tmp_path: Path) -> None:
    (tmp_path / "headwater.toml").touch()
    elsewhere = (tmp_path / "elsewhere" / "a.csv").as_posix()
    assert locate(elsewhere, place_in(tmp_path)) == Path(elsewhere)


def test_without_a_project_a_path_is_relative_to_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "headwater.toml").mkdir()  # a folder of that name makes no project
    assert locate("data/a.csv", place_in(tmp_path)) == Path("data/a.csv")
    assert locate("data/a.csv", None) == Path("data/a.csv")


@pytest.mark.parametrize("wrong", [3, None, b"a.csv", ["a.csv"]], ids=repr)
def test_a_path_that_is_none_is_refused_at_its_place(wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        locate(wrong, place_in(tmp_path))
    assert refused.value.code == "HW211"
    assert refused.value.message.endswith(f"is text, found {type(wrong).__name__}")
    assert refused.value.place == place_in(tmp_path)


def test_a_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    one, same, other = (
        written(tmp_path / name, text) for name, text in [("a", "abc"), ("b", "abc"), ("c", "abd")]
    )
    # the published example of SHA-256
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest(one, None) == digest(same, None) == expected
    assert digest(other, None) != expected


def test_a_missing_file_is_an_error_that_says_where_was_looked(tmp_path: Path) -> None:
    with pytest.raises(DataError) as missing:
        digest(tmp_path / "a.csv", place_in(tmp_path))
    assert missing.value.code == "HW401"
    assert missing.value.message == "file 'a.csv' does not exist"
    assert missing.value.hint == f"looked in {tmp_path.as_posix()}"
    assert missing.value.place == place_in(tmp_path)


def test_a_folder_in_the_place_of_a_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError) as unread:
        digest(tmp_path, None)
    assert unread.value.code == "HW401"
    assert "cannot be read: " in unread.value.message


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ValueError("could not parse `anna@x.org` as i64\nat row 3"),
            "could not parse a value as i64",
        ),
        (ValueError(), "ValueError"),
    ],
    ids=["with a value", "without words"],
)
def test_why_a_file_cannot_be_read_is_one_line_that_quotes_no_value(
    error: Exception, said: str
) -> None:
    told = unreadable(Path("data/a.csv"), None, error)
    assert told.message == f"file 'a.csv' cannot be read: {said}"


def test_the_systems_error_is_found_in_what_polars_says() -> None:
    full = OSError(28, "No space left on device")
    assert os_error_of(full) is full
    told = os_error_of(ValueError("sink failed: os error 27"))
    assert told is not None
    assert told.errno == 27
    assert os_error_of(ValueError("a page is damaged")) is None
