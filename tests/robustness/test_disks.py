"""Disks that take nothing, sources that are damaged or change: refused, nothing half-written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import headwater as hw


@pytest.mark.parametrize("limit", [0, 600, 4_000, 20_000])
def test_a_full_disk_is_a_coded_error_and_leaves_nothing(builds: Any, limit: int) -> None:
    outcome = builds.run("full", limit=limit)
    assert outcome.code == 0
    assert outcome.error is not None
    assert outcome.error.startswith("[HW502]")
    assert "cannot be written: " in outcome.error
    assert not any("staging" in path or "artifacts" in path for path in builds.digests())
    assert builds.run().error is None


def test_a_folder_that_cannot_be_written_is_a_coded_error(builds: Any) -> None:
    before = builds.digests()
    builds.folder.chmod(0o555)
    outcome = builds.run("stranger")
    builds.folder.chmod(0o755)
    assert outcome.error is not None
    assert outcome.error.startswith("[HW502]")
    assert "Permission denied" in outcome.error
    assert builds.digests() == before


def test_a_truncated_parquet_file_is_refused_before_anything_is_written(builds: Any) -> None:
    file = builds.folder / "orders.parquet"
    file.write_bytes(file.read_bytes()[:-1_000])
    before = builds.digests()
    outcome = builds.run()
    assert outcome.error is not None
    assert outcome.error.startswith("[HW401]")
    assert builds.digests() == before


def test_a_parquet_file_with_a_damaged_page_is_refused(builds: Any) -> None:
    file = builds.folder / "orders.parquet"
    content = bytearray(file.read_bytes())
    content[200:1_200] = bytes(1_000)
    file.write_bytes(content)
    outcome = builds.run()
    assert outcome.error is not None
    assert outcome.error.startswith("[HW401]")
    assert not any("artifacts" in path for path in builds.digests())


def test_a_flipped_byte_in_the_cache_is_noticed_and_computed_again(builds: Any) -> None:
    builds.run()
    whole = builds.digests()
    shutil.rmtree(builds.folder / ".headwater" / "artifacts")
    [kept, *_] = sorted((builds.folder / ".headwater" / "cache").glob("*/rows.parquet"))
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)
    assert builds.run().renames == 2  # the entry and the artifact
    assert builds.digests() == whole


def test_an_artifact_of_another_version_is_refused_with_what_to_do(builds: Any) -> None:
    builds.run()
    [manifest] = (builds.folder / ".headwater" / "artifacts").rglob("manifest.json")
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 99'))
    outcome = builds.run()
    assert outcome.error is not None
    assert outcome.error.startswith("[HW503]")
    assert "has format 99, not 1" in outcome.error
    assert "delete its folder and build again" in outcome.error


def test_a_csv_column_that_changes_type_at_row_200_000_is_refused_with_the_column(
    tmp_path: Path,
) -> None:
    file = tmp_path / "amounts.csv"
    lines = ["user,amount", *(f"u{row % 9},{row}" for row in range(200_000))]
    file.write_text("\n".join([*lines, "u1,many", "u2,3"]) + "\n")
    amounts = hw.Csv(str(file), types={"amount": pl.Int64()})
    with pytest.raises(hw.DataError) as caught:
        amounts.read(["amount"])
    assert caught.value.code == "HW401"
    assert caught.value.message == (
        "column 'amount' of file 'amounts.csv' does not hold Int64 in 1 rows, first in row 200,001"
    )
    assert "many" not in str(caught.value)  # no values of the data in a message


def test_a_csv_column_without_a_type_stays_text_from_the_first_row_to_the_last(
    tmp_path: Path,
) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("\n".join(["code", *("007" for _ in range(200_000)), "x"]) + "\n")
    read = hw.Csv(str(file)).read(["code"])["code"]
    assert read.dtype == pl.String
    assert read[0] == "007"
    assert read[-1] == "x"
