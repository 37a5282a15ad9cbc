"""The ledger of looks: it counts, it keeps, and it notices what was done to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import EngineError, HeadwaterWarning
from headwater.stores.ledger import append, looks, read


def look(training_set: str = "late", **more: Any) -> dict[str, Any]:
    return {
        "time": "2024-03-01T12:00:00+00:00",
        "training_set": training_set,
        "fingerprint": "ab12",
        "model": "late_gbm",
        "part": "test",
        "metrics": {"roc_auc": 0.1 + 0.2, "log_loss": None},
        **more,
    }


@pytest.fixture
def three(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "ledger.jsonl"
    for fingerprint in ("a1", "b2", "c3"):
        append(path, look(fingerprint=fingerprint))
    return path


def test_looks_are_numbered_by_training_set_across_fingerprints(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    names = ["late", "late", "other", "late"]
    written = [
        append(path, look(name, fingerprint=f"f{place}")) for place, name in enumerate(names)
    ]
    assert [entry["look"] for entry in written] == [1, 2, 1, 3]
    assert (looks(path, "late"), looks(path, "other"), looks(path, "none")) == (3, 1, 0)


def test_what_was_appended_is_read_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    given = look("Verspätung ✈\n\u2028", metrics={"roc_auc": 0.1 + 0.2, "n": 2**60})
    written = append(path, given)
    assert read(path) == [written]
    assert {name: written[name] for name in given} == given
    assert (written["look"], written["previous"]) == (1, "0" * 64)


def test_a_ledger_that_does_not_exist_holds_no_looks(tmp_path: Path) -> None:
    assert read(tmp_path / "ledger.jsonl") == []
    assert looks(tmp_path / "ledger.jsonl", "late") == 0
    assert list(tmp_path.iterdir()) == []


def test_a_time_is_added_only_where_none_is_given(tmp_path: Path) -> None:
    entry = look()
    del entry["time"]
    assert append(tmp_path / "ledger.jsonl", entry)["time"].endswith("+00:00")


def test_each_line_names_the_hash_of_the_one_before(three: Path) -> None:
    lines = [json.loads(line) for line in three.read_text().splitlines()]
    assert [line["previous"] for line in lines[1:]] == [line["sha256"] for line in lines[:-1]]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_edited_line_is_named(three: Path, number: int) -> None:
    lines = three.read_text().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace('"part": "test"', '"part": "tset"')
    three.write_text("".join(lines))
    refused(three, number)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_removed_line_is_noticed_where_the_chain_breaks(three: Path, number: int) -> None:
    lines = three.read_text().splitlines(keepends=True)
    del lines[number - 1]
    three.write_text("".join(lines))
    refused(three, number)


def test_swapped_lines_are_noticed(three: Path) -> None:
    first, second, third = three.read_text().splitlines(keepends=True)
    three.write_text(first + third + second)
    refused(three, 2)


def test_an_emptied_or_deleted_ledger_is_noticed(three: Path) -> None:
    three.write_text("")
    refused(three, 1)
    three.unlink()
    refused(three, 1)


def test_half_a_last_line_that_was_once_whole_is_not_taken_for_a_crash(three: Path) -> None:
    three.write_bytes(three.read_bytes()[:-40])
    refused(three, 3)


def test_another_writing_of_the_same_json_is_an_edit(three: Path) -> None:
    three.write_text(three.read_text().replace('"look": 2', '"look":  2'))
    refused(three, 2)


@pytest.mark.parametrize("torn", [b'{"fingerprint": "d4", "lo', b"\x00\x00\x00", b"{}", b"7"])
def test_a_torn_last_line_is_said_and_cut_off_without_losing_an_entry(
    three: Path, torn: bytes
) -> None:
    whole = three.read_bytes()
    three.write_bytes(whole + torn)
    with pytest.warns(HeadwaterWarning, match=f"{len(torn)} bytes are left out"):
        assert len(read(three)) == 3
    assert three.read_bytes() == whole + torn
    with pytest.warns(HeadwaterWarning, match=f"{len(torn)} bytes are cut off"):
        append(three, look(fingerprint="d4"))
    assert three.read_bytes().startswith(whole)
    assert [entry["fingerprint"] for entry in read(three)] == ["a1", "b2", "c3", "d4"]


def test_a_whole_entry_that_lost_only_its_line_break_stays(three: Path) -> None:
    three.write_bytes(three.read_bytes()[:-1])
    assert len(read(three)) == 3
    append(three, look(fingerprint="d4"))
    assert three.read_bytes().count(b"\n") == 4
    assert [entry["look"] for entry in read(three)] == [1, 2, 3, 4]


def test_a_crash_before_the_lock_file_was_updated_loses_nothing(three: Path) -> None:
    lock = three.with_name("ledger.jsonl.lock")
    before = lock.read_bytes()
    append(three, look(fingerprint="d4"))
    lock.write_bytes(before)
    append(three, look(fingerprint="e5"))
    assert [entry["look"] for entry in read(three)] == [1, 2, 3, 4, 5]


def test_a_lost_lock_file_leaves_the_chain_to_be_checked(three: Path) -> None:
    three.with_name("ledger.jsonl.lock").unlink()
    assert len(read(three)) == 3
    append(three, look())
    assert looks(three, "late") == 4


@pytest.mark.parametrize("entry", [{"part": "test"}, look(look=3), look(sha256="x")])
def test_an_entry_names_its_training_set_and_not_what_the_ledger_adds(
    tmp_path: Path, entry: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="training_set"):
        append(tmp_path / "ledger.jsonl", entry)


def test_a_metric_that_json_cannot_hold_leaves_the_ledger_as_it_was(three: Path) -> None:
    before = three.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        append(three, look(metrics={"roc_auc": float("nan")}))
    assert three.read_bytes() == before


def test_a_ledger_that_cannot_be_written_is_an_engine_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError) as caught:
        append(tmp_path / "file" / "ledger.jsonl", look())
    assert caught.value.code == "HW502"


APPEND_TEN = """
import sys
from pathlib import Path
from headwater.stores.ledger import append
for _ in range(10):
    append(Path(sys.argv[1]), {"training_set": "late"})
"""


def test_processes_that_append_at_once_lose_no_look(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    call = [sys.executable, "-c", APPEND_TEN, str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    workers = [subprocess.Popen(call, env=environment) for _ in range(3)]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert [entry["look"] for entry in read(path)] == list(range(1, 31))


def refused(path: Path, number: int) -> None:
    for act in (lambda: read(path), lambda: append(path, look())):
        with pytest.raises(EngineError, match=f"line {number} ") as caught:
            act()
        assert caught.value.code == "HW503"
        assert caught.value.place == f"ledger.jsonl:{number}"
