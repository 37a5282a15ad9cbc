"""Parquet: a file, a folder or a pattern, and what is none."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError, Place
from headwater.spec.reader import Reader, Size

ONE = pl.DataFrame({"n": [1, 2], "s": ["a", None]})
TWO = pl.DataFrame({"n": [3], "s": ["c"]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files whose names are not in the order in which they were written."""
    (tmp_path / "orders").mkdir()
    TWO.write_parquet(tmp_path / "orders" / "b.parquet")
    ONE.write_parquet(tmp_path / "orders" / "a.parquet")
    (tmp_path / "orders" / "readme.txt").write_text("not a table")
    return tmp_path / "orders"


def test_one_file_is_read_by_columns_in_the_order_asked_for(folder: Path) -> None:
    reader = hw.Parquet(str(folder / "a.parquet"))
    assert isinstance(reader, Reader)
    assert reader.schema() == {"n": pl.Int64(), "s": pl.String()}
    assert reader.read(["s", "n"]).rows() == [("a", 1), (None, 2)]


@pytest.mark.parametrize("pattern", ["", "*.parquet", "[ab].parquet", "?.parquet"])
def test_several_files_are_read_in_the_order_of_their_names(folder: Path, pattern: str) -> None:
    reader = hw.Parquet(str(folder / pattern))
    assert reader.read(["n"])["n"].to_list() == [1, 2, 3]


def test_constructing_touches_nothing() -> None:
    assert hw.Parquet("no/such.parquet").definition() == {"is": "Parquet", "path": "such.parquet"}


def test_the_definition_does_not_say_where_the_machine_keeps_the_file(folder: Path) -> None:
    here, there = hw.Parquet(str(folder / "a.parquet")), hw.Parquet("data/a.parquet")
    assert here.definition() == there.definition()


def test_the_snapshot_is_the_bytes_of_the_file(folder: Path) -> None:
    file = folder / "a.parquet"
    before = hw.Parquet(str(file)).snapshot()
    assert before == hashlib.sha256(file.read_bytes()).hexdigest()
    ONE.with_columns(n=pl.col("n") + 1).write_parquet(file)
    assert hw.Parquet(str(file)).snapshot() != before


def test_the_snapshot_of_several_files_is_of_all_of_them_in_order(folder: Path) -> None:
    before = hw.Parquet(str(folder)).snapshot()
    assert before == hw.Parquet(str(folder / "*.parquet")).snapshot()
    (folder / "a.parquet").rename(folder / "c.parquet")
    assert hw.Parquet(str(folder)).snapshot() != before


@pytest.mark.parametrize("name", ["no.parquet", "*.pq", "no/such/folder/x.parquet"])
def test_a_missing_file_says_where_it_was_looked_for(folder: Path, name: str) -> None:
    reader = hw.Parquet(str(folder / name))
    for act in (reader.schema, reader.snapshot, lambda: reader.read(["n"])):
        with pytest.raises(DataError) as caught:
            act()
        assert (caught.value.code, caught.value.exit_code) == ("HW401", 3)
        assert "does not exist" in caught.value.message
        assert str(caught.value.hint) == f"looked in {(folder / name).parent.as_posix()}"
        assert "test_parquet.py" in str(caught.value.place)


def test_an_empty_folder_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="HW401"):
        hw.Parquet(str(tmp_path)).schema()


@pytest.mark.parametrize("kept", [0, 3, 20, -5])
def test_a_truncated_file_cannot_be_read(folder: Path, kept: int) -> None:
    whole = (folder / "a.parquet").read_bytes()
    (folder / "a.parquet").write_bytes(whole[:kept])
    for path in (folder / "a.parquet", folder):
        reader = hw.Parquet(str(path))
        for act in (reader.schema, lambda reader=reader: reader.read(["n"])):
            with pytest.raises(DataError, match="cannot be read") as caught:
                act()
            assert caught.value.code == "HW401"
            assert "\n" not in caught.value.message


def test_files_of_different_columns_cannot_be_read_together(folder: Path) -> None:
    pl.DataFrame({"n": ["text"], "s": ["c"]}).write_parquet(folder / "b.parquet")
    with pytest.raises(DataError, match="HW401"):
        hw.Parquet(str(folder)).read(["n"])


def test_a_folder_with_marks_of_a_pattern_in_its_name_is_read(tmp_path: Path) -> None:
    (tmp_path / "orders [1]").mkdir()
    ONE.write_parquet(tmp_path / "orders [1]" / "a.parquet")
    for name in ("orders [1]/a.parquet", "orders [1]/*.parquet"):
        reader = hw.Parquet(str(tmp_path / name))
        assert reader.read(["n"]).height == 2
        assert len(reader.schema()) == 2


def test_a_folder_in_place_of_a_file_is_read_as_a_folder(folder: Path) -> None:
    assert hw.Parquet(str(folder)).read(["s"]).height == 3


def test_a_relative_path_belongs_to_the_project_of_the_definition(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "headwater.toml").touch()
    monkeypatch.chdir("/")
    place = Place(str(tmp_path / "features" / "orders.py"), 3)
    assert hw.Parquet("orders/a.parquet", place=place).read(["n"]).height == 2
    with pytest.raises(DataError, match="HW401"):
        hw.Parquet("orders/a.parquet").schema()


def test_without_a_project_it_belongs_to_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert hw.Parquet("a.parquet").read(["n"]).height == 2


def test_readers_of_one_path_are_equal() -> None:
    assert hw.Parquet("a.parquet") == hw.Parquet("a.parquet")
    assert hw.Parquet("a.parquet") != hw.Parquet("b.parquet")


def test_the_size_is_rows_and_bytes_of_all_files(folder: Path) -> None:
    size_bytes = sum(path.stat().st_size for path in folder.glob("*.parquet"))
    assert hw.Parquet(str(folder)).size() == Size(3, size_bytes)


@pytest.mark.parametrize("name", ["nothing.parquet", "readme.txt"])
def test_what_is_missing_or_no_table_has_no_size(folder: Path, name: str) -> None:
    with pytest.raises(DataError, match="HW401"):
        hw.Parquet(str(folder / name)).size()


def test_the_stamp_changes_with_a_file_more_and_there_is_none_without_a_file(folder: Path) -> None:
    for path in folder.iterdir():
        os.utime(path, (1_000_000, 1_000_000))
    reader = hw.Parquet(str(folder))
    first = reader.stamp()
    assert first is not None
    assert reader.stamp() == first
    ONE.write_parquet(folder / "c.parquet")
    os.utime(folder / "c.parquet", (1_000_000, 1_000_000))
    assert reader.stamp() not in (None, first)
    assert hw.Parquet(str(folder / "nothing.parquet")).stamp() is None
