"""Results of tasks by fingerprint: what changed on disk is not an answer."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from headwater.errors import EngineError
from headwater.stores.cache import Cache, write_frame

FRAME = pl.DataFrame(
    {
        "n": [1, None, 3],
        "x": [0.1, float("nan"), -0.0],
        "s": ["a", None, "a text that is longer than twelve bytes"],
        "b": [True, None, False],
    }
)
FACTS: dict[str, Any] = {"excluded": {"purged": 12}, "boundaries": {"test": "2024-03-01"}}


def files(cache: Cache) -> list[Path]:
    return sorted(path for path in cache.folder.rglob("*") if path.is_file())


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.keep("abc", FRAME, FACTS)
    found = cache.load("abc")
    assert found is not None
    assert found[0].equals(FRAME, null_equal=True)
    assert found[1] == FACTS


def test_what_was_never_kept_is_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert cache.load("abc") is None
    assert cache.load_json("abc") is None


def test_any_flipped_byte_makes_it_none_and_it_can_be_kept_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep("abc", FRAME, FACTS)
    for path in files(cache):
        whole = path.read_bytes()
        for position in range(0, len(whole), max(1, len(whole) // 97)):
            broken = bytearray(whole)
            broken[position] ^= 1
            path.write_bytes(broken)
            assert cache.load("abc") is None, (path.name, position, chr(whole[position]))
        path.write_bytes(whole)
    assert cache.load("abc") is not None
    files(cache)[0].write_bytes(b"")
    cache.keep("abc", FRAME, FACTS)
    assert cache.load("abc") is not None


@pytest.mark.parametrize("number", [0, 1])
def test_a_missing_file_makes_it_none(tmp_path: Path, number: int) -> None:
    cache = Cache(tmp_path)
    cache.keep("abc", FRAME, FACTS)
    files(cache)[number].unlink()
    assert cache.load("abc") is None


@pytest.mark.parametrize("text", ["[]", "1", "null", '{"text": 1, "sha256": 2}', "{}", "\udcff"])
def test_files_of_another_shape_are_none(tmp_path: Path, text: str) -> None:
    cache = Cache(tmp_path)
    cache.keep("abc", FRAME, FACTS)
    cache.keep_json("def", FACTS)
    for path in files(cache):
        path.write_bytes(text.encode(errors="surrogateescape"))
    assert cache.load("abc") is None
    assert cache.load_json("def") is None


def test_facts_alone_are_kept_and_checked_too(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep_json("abc", FACTS)
    assert cache.load_json("abc") == FACTS
    (path,) = files(cache)
    whole = path.read_bytes()
    for position in range(len(whole)):
        broken = bytearray(whole)
        broken[position] ^= 1
        path.write_bytes(broken)
        assert cache.load_json("abc") in (None, FACTS)
    path.write_bytes(whole.replace(b"12", b"13"))
    assert cache.load_json("abc") is None


def test_an_entry_that_cannot_be_replaced_is_an_error_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="HW502"):
        Cache(tmp_path / "file").keep("abc", FRAME, FACTS)


def test_an_entry_with_strangers_in_it_is_replaced(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    (tmp_path / "abc" / "deep").mkdir(parents=True)
    (tmp_path / "abc" / "deep" / "stranger").touch()
    cache.keep("abc", FRAME, FACTS)
    assert cache.load("abc") is not None


def test_the_bytes_of_a_frame_depend_on_its_values_only(tmp_path: Path) -> None:
    def digest(frame: pl.DataFrame) -> str:
        write_frame(frame, tmp_path / "frame")
        return hashlib.sha256((tmp_path / "frame").read_bytes()).hexdigest()

    chunks = FRAME[:1].vstack(FRAME[1:])
    twice = pl.concat([FRAME, FRAME])
    masked = FRAME.with_columns(pl.Series("n", [1, 2, 3])).with_columns(
        pl.when(pl.col("n") != 2).then("n")
    )
    assert masked.equals(FRAME, null_equal=True)
    assert len({digest(one) for one in (FRAME, chunks, twice[3:], twice[:3], masked)}) == 1
    assert digest(FRAME) != digest(FRAME.reverse())


def test_a_full_disk_is_told_by_the_systems_own_number() -> None:
    full = Path("/dev") / "full"
    with pytest.raises(OSError, match="No space left") as refused:
        write_frame(FRAME, full)
    assert refused.value.errno == errno.ENOSPC


def test_what_is_held_is_told_without_reading_it(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert not cache.holds("abc")
    cache.keep("abc", FRAME, FACTS)
    assert cache.holds("abc")
    assert not cache.holds("abd")
