"""Artifacts: read back as they were written, or not at all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from headwater.errors import EngineError
from headwater.stores.artifacts import FORMAT, finish_manifest, load_artifact
from headwater.stores.cache import write_frame

ROWS = pl.DataFrame({"as_of": [1, 2], "x": [0.5, None], "label": [True, False]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An artifact with one part."""
    made = tmp_path / ("f" * 64)
    for kind in ("raw", "prepared"):
        (made / kind).mkdir(parents=True)
        write_frame(ROWS if kind == "raw" else ROWS.select("x"), made / kind / "train.parquet")
    finish_manifest(made, {"fingerprint": made.name, "parts": {"train": {"rows": 2}}, "rows": 2})
    return made


def test_an_artifact_gives_its_rows_in_the_kind_asked_for(folder: Path) -> None:
    artifact = load_artifact(folder)
    assert artifact.fingerprint == folder.name
    assert artifact.parts == ("train",)
    assert artifact.cached
    assert artifact.to_polars("train").equals(ROWS)
    assert artifact.to_pandas("train")["label"].tolist() == [True, False]
    assert artifact.to_arrow("train").num_rows == 2
    assert artifact.prepared("train").columns == ["x"]


def test_a_part_that_is_not_there_is_named_with_those_that_are(folder: Path) -> None:
    with pytest.raises(KeyError, match="no part 'test'; there are train"):
        load_artifact(folder).to_polars("test")


def test_pandas_is_asked_for_by_its_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(EngineError) as caught:
        load_artifact(folder).to_pandas("train")
    assert caught.value.code == "HW501"
    assert caught.value.hint == "pip install 'headwater[pandas]'"


def test_any_flipped_byte_is_refused(folder: Path) -> None:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for position in range(0, len(whole), max(1, len(whole) // 61)):
            broken = bytearray(whole)
            broken[position] ^= 1
            path.write_bytes(broken)
            with pytest.raises(EngineError) as caught:
                load_artifact(folder)
            assert caught.value.code == "HW503", (path.name, position)
            assert str(caught.value.hint).startswith("delete its folder and build again")
        path.write_bytes(whole)
    assert load_artifact(folder).cached


def test_a_number_in_the_manifest_cannot_be_edited(folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"rows": 2', '"rows": 3'))
    with pytest.raises(EngineError, match=r"HW503.*\n*.*manifest"):
        load_artifact(folder)


@pytest.mark.parametrize("name", ["manifest.json", "raw/train.parquet", "prepared/train.parquet"])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(EngineError, match="HW503"):
        load_artifact(folder)


@pytest.mark.parametrize("found", [FORMAT + 1, FORMAT - 1, "1"])
def test_another_format_is_refused_by_its_name(folder: Path, found: Any) -> None:
    (folder / "manifest.json").write_text(json.dumps({"format": found}))
    with pytest.raises(EngineError, match=f"has format {found}, not {FORMAT}") as caught:
        load_artifact(folder)
    assert caught.value.code == "HW503"


@pytest.mark.parametrize("text", ["[]", "{}", "null", "", "{", '{"format": 1, "files": []}'])
def test_a_manifest_of_another_shape_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(EngineError, match="HW503"):
        load_artifact(folder)


def test_the_manifest_lists_every_file_and_keeps_the_order_that_it_was_given(
    folder: Path,
) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["files"]) == {"raw/train.parquet", "prepared/train.parquet"}
    assert list(manifest)[:3] == ["fingerprint", "parts", "rows"]
    assert load_artifact(folder).manifest == manifest
