"""Csv: types are declared, nothing is guessed, and what does not fit is an error."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.errors import DataError, SpecError
from headwater.spec.reader import Reader, Scanned, Size

TEXT = 'zip,n,price,paid,note\n00501,1,2.5,true,"a, b"\n02134,NA,,false,\n'
TYPES: dict[str, Any] = {"n": pl.Int64, "price": pl.Float64(), "paid": pl.Boolean}


def csv(folder: Path, text: str = TEXT, **given: Any) -> hw.Csv:
    path = folder / "orders.csv"
    path.write_text(text, encoding="utf-8")
    return hw.Csv(str(path), **({"types": TYPES} | given))


def test_columns_have_the_declared_types_and_text_without(tmp_path: Path) -> None:
    reader = csv(tmp_path)
    assert isinstance(reader, Reader)
    assert reader.schema() == {
        "zip": pl.String(),
        "n": pl.Int64(),
        "price": pl.Float64(),
        "paid": pl.Boolean(),
        "note": pl.String(),
    }
    assert reader.read(["note", "zip", "n", "price", "paid"]).rows() == [
        ("a, b", "00501", 1, 2.5, True),
        (None, "02134", None, None, False),
    ]


def test_nothing_is_guessed_from_the_first_rows(tmp_path: Path) -> None:
    reader = csv(tmp_path, "zip\n" + "1\n" * 200 + "x\n", types={})
    assert reader.schema() == {"zip": pl.String()}
    assert reader.read(["zip"])["zip"].to_list()[-1] == "x"


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    reader = csv(tmp_path, "zip,n\n", types={"n": pl.Int64})
    assert reader.schema() == {"zip": pl.String(), "n": pl.Int64()}
    assert reader.read(["n"]).height == 0


@pytest.mark.parametrize("line", [3, 500])
@pytest.mark.parametrize("value", ["x", "1.5", "99999999999999999999", "n/a", "1 "])
def test_a_value_of_another_type_is_an_error_and_not_a_null(
    tmp_path: Path, value: str, line: int
) -> None:
    text = "n\n" + "1\n" * (line - 2) + f"{value}\n"
    with pytest.raises(DataError) as caught:
        csv(tmp_path, text, types={"n": pl.Int64}).read(["n"])
    assert caught.value.code == "HW401"
    assert f"does not hold Int64 in 1 rows, first in row {line - 1}" in caught.value.message
    assert "test_csv.py" in str(caught.value.place)


def test_a_path_with_marks_of_a_pattern_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "orders [1]").mkdir()
    assert csv(tmp_path / "orders [1]").read(["n"]).height == 2


def test_only_the_declared_texts_stand_for_null(tmp_path: Path) -> None:
    text = "a,b\n-,NA\nx,\n"
    assert csv(tmp_path, text, types={}, nulls=["-"]).read(["a", "b"]).rows() == [
        (None, "NA"),
        ("x", ""),
    ]


@pytest.mark.parametrize("text", ["a,b\n1,2,3\n", "a,b\n1,2\n1,2,3\n", ""])
def test_a_table_with_too_many_fields_or_none_cannot_be_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="HW401"):
        csv(tmp_path, text, types={}).read(["a", "b"])


def test_a_short_line_is_null_in_the_fields_that_it_lacks(tmp_path: Path) -> None:
    assert csv(tmp_path, "a,b\n1\n1,2\n", types={}).read(["a", "b"]).rows() == [
        ("1", None),
        ("1", "2"),
    ]


def test_a_type_of_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        csv(tmp_path, types={"prise": pl.Float64}).schema()
    assert caught.value.code == "HW201"
    assert "did you mean 'price'?" in str(caught.value)


def test_what_is_not_text_cannot_be_read(tmp_path: Path) -> None:
    reader = csv(tmp_path)
    (tmp_path / "orders.csv").write_bytes(b"zip,n\n\xff\xfe,1\n")
    with pytest.raises(DataError, match="HW401"):
        reader.read(["zip"])


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    reader = hw.Csv(str(tmp_path / "no.csv"))
    for act in (reader.schema, reader.snapshot, lambda: reader.read(["n"])):
        with pytest.raises(DataError, match=r"HW401.*'no\.csv' does not exist") as caught:
            act()
        assert caught.value.hint == f"looked in {tmp_path.as_posix()}"


def test_the_snapshot_is_the_bytes_of_the_file(tmp_path: Path) -> None:
    assert csv(tmp_path).snapshot() == hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.mark.parametrize(
    "other",
    [
        {"types": {}},
        {"types": TYPES | {"n": pl.Int32}},
        {"types": TYPES | {"zip": pl.Enum(["00501", "02134"])}},
        {"types": TYPES | {"n": pl.Datetime("us", "UTC")}},
        {"nulls": ["-"]},
    ],
)
def test_types_and_nulls_are_part_of_the_definition(tmp_path: Path, other: Any) -> None:
    assert csv(tmp_path, **other).definition() != csv(tmp_path).definition()


def test_the_definition_is_the_same_for_a_type_and_its_class(tmp_path: Path) -> None:
    one, other = csv(tmp_path, types={"n": pl.Int64}), csv(tmp_path, types={"n": pl.Int64()})
    assert one.definition() == other.definition()
    assert one.definition()["path"] == "orders.csv"


def test_the_categories_of_an_enum_all_count(tmp_path: Path) -> None:
    one = csv(tmp_path, types={"zip": pl.Enum([str(i) for i in range(500)])})
    other = csv(tmp_path, types={"zip": pl.Enum([str(i) for i in range(499)] + ["x"])})
    assert one.definition() != other.definition()


def test_the_stamp_is_that_of_the_file(tmp_path: Path) -> None:
    made = csv(tmp_path)
    path = Path(made.path)
    os.utime(path, (1_000_000, 1_000_000))
    first = made.stamp()
    assert first is not None
    assert made.stamp() == first
    os.utime(path, (1_000_001, 1_000_001))
    assert made.stamp() not in (None, first)
    path.unlink()
    assert made.stamp() is None


def test_the_size_is_in_bytes_and_rows_are_not_counted(tmp_path: Path) -> None:
    assert csv(tmp_path).size() == Size(None, len(TEXT), about=3)
    assert csv(tmp_path).size().estimated_rows == 3  # with the line of the header


@pytest.mark.parametrize("rows", [10, 40_000, 400_000])
def test_rows_are_estimated_from_pieces_of_the_file(tmp_path: Path, rows: int) -> None:
    text = "".join(f"{'x' * (row * 40 // rows)},{row}\n" for row in range(rows))
    found = csv(tmp_path, "note,n\n" + text).size()
    assert found.rows is None
    assert abs(found.estimated_rows - rows) <= max(1, 0.1 * rows)


def test_of_a_compressed_or_empty_file_no_rows_are_estimated(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert hw.Csv(str(path)).size().estimated_rows is None
    assert csv(tmp_path, "").size() == Size(None, 0, about=0)


def test_what_is_read_in_pieces_is_what_is_read_at_once(tmp_path: Path) -> None:
    reader = csv(tmp_path)
    scanned: object = reader
    assert isinstance(scanned, Scanned)
    columns = ["note", "zip", "paid"]
    assert reader.scan(columns).collect().equals(reader.read(columns))
    with pytest.raises(SpecError, match="HW201"):
        csv(tmp_path, types={"absent": pl.Int64}).scan(["n"])


def test_a_value_of_another_type_in_a_column_beside_is_found_in_pieces_as_well(
    tmp_path: Path,
) -> None:
    reader = csv(tmp_path, TEXT.replace("2.5", "many"))
    with pytest.raises(DataError) as at_once:
        reader.read(["n"])
    with pytest.raises(pl.exceptions.PolarsError) as in_pieces:
        reader.scan(["n"]).collect(engine="streaming")
    assert str(reader.unread(in_pieces.value)) == str(at_once.value)


def test_a_missing_file_has_neither_size_nor_stamp(tmp_path: Path) -> None:
    reader = hw.Csv(str(tmp_path / "nothing.csv"))
    with pytest.raises(DataError, match=r"file 'nothing\.csv' does not exist"):
        reader.size()
    assert reader.stamp() is None


def test_the_stamp_changes_when_the_file_is_written(tmp_path: Path) -> None:
    reader = csv(tmp_path)
    os.utime(reader.path, (1_000_000, 1_000_000))
    first = reader.stamp()
    csv(tmp_path, TEXT.replace("2.5", "3.5"))
    os.utime(reader.path, (1_000_001, 1_000_001))
    assert None not in (first, reader.stamp())
    assert reader.stamp() != first


def test_a_type_that_fits_nowhere_is_told_of_the_column_that_it_is_declared_for(
    tmp_path: Path,
) -> None:
    reader = csv(tmp_path, types={"n": pl.Int64, "absent": pl.Int64, "note": pl.Float64})
    with pytest.raises(DataError, match=r"column 'note' .* in 1 rows, first in row 1\n"):
        reader.read(["n"])
