"""Files of a project: where a relative path points, and what is said of one that is not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from headwater.errors import DataError, Place
from headwater.spec.files import digest, locate, unreadable


def test_a_path_is_relative_to_the_project_above_the_definition(tmp_path: Path) -> None:
    (tmp_path / "headwater.toml").touch()
    place = Place(str(tmp_path / "deep" / "definitions.py"), 1)
    assert locate("data/orders.parquet", place) == tmp_path / "data" / "orders.parquet"
    assert locate(str(tmp_path / "x.csv"), place) == tmp_path / "x.csv"


def test_without_a_project_a_path_is_relative_to_the_working_directory(tmp_path: Path) -> None:
    assert locate("orders.parquet", Place(str(tmp_path / "script.py"), 1)) == Path("orders.parquet")
    assert locate("orders.parquet", None) == Path("orders.parquet")


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"rows")
    assert digest(tmp_path / "a", None) == hashlib.sha256(b"rows").hexdigest()


def test_a_file_that_cannot_be_read_says_why_and_where(tmp_path: Path) -> None:
    place = Place("definitions.py", 7)
    with pytest.raises(DataError) as caught:
        digest(tmp_path / "a", place)
    assert str(caught.value) == (
        f"[HW401] file 'a' does not exist\n  at definitions.py:7\n  hint: looked in {tmp_path}"
    )
    with pytest.raises(DataError, match=r"file '.*' cannot be read"):
        digest(tmp_path, place)


def test_what_is_said_of_a_file_quotes_no_value_and_one_line_only() -> None:
    error = ValueError("cannot parse `secret` as Int64\nrow 7: secret")
    said = unreadable(Path("a.csv"), None, error).message
    assert said == "file 'a.csv' cannot be read: cannot parse a value as Int64"
    assert unreadable(Path("a.csv"), None, ValueError()).message.endswith(": ValueError")
