"""The ledger of looks: each time a metric of a test part was computed, one line that stays.

A line is a JSON object that names the SHA-256 of the line before it (`previous`) and of itself
(`sha256`), so an edit breaks the chain where it was made. Lines missing at the end are noticed by
the lock file beside the ledger, which remembers how many there were and the last one's hash. Who
rewrites both files can forge the past: this guards against carelessness, not against an adversary.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headwater.errors import EngineError, HeadwaterWarning

_START = "0" * 64
_OWN = frozenset({"look", "previous", "sha256"})


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What a file holds.

    Args:
        entries: The whole ones, oldest first.
        size_bytes: How many bytes they take.
        joint: What the last of them lacks: a line break, or nothing.
        torn_bytes: How many bytes follow that are no whole entry.
    """

    entries: tuple[dict[str, Any], ...] = ()
    size_bytes: int = 0
    joint: bytes = b""
    torn_bytes: int = 0


def append(path: Path, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry as it was written: with its look number, counted per training set, and hashes.

    It is on disk when this returns. A last line that a crash cut short is cut off first.

    Args:
        path: The ledger; it and its folder are made where missing.
        entry: At least `training_set`; commonly `fingerprint`, `model`, `part`, `metrics` too.
            `time` is now unless given.

    Raises:
        EngineError: The ledger was edited (HW503) or cannot be written (HW502).
    """
    if _OWN & set(entry) or "training_set" not in entry:
        raise ValueError(f"an entry names its training_set, and none of {sorted(_OWN)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path, exclusive=True) as lock:
            return _append(path, entry, lock)
    except OSError as error:
        raise EngineError("HW502", f"the ledger cannot be written: {error}") from error


def read(path: Path) -> list[dict[str, Any]]:
    """All entries, oldest first; none where there is no ledger.

    Raises:
        EngineError: A line was edited or removed (HW503).
    """
    if not path.exists():
        _refuse_missing_lines(path, _Ledger(), _remembered(path))
        return []
    with _locked(path, exclusive=False):
        found = _parse(path)
        _refuse_missing_lines(path, found, _remembered(path))
    if found.torn_bytes:
        _warn(path, found.torn_bytes, "left out")
    return list(found.entries)


def looks(path: Path, training_set: str) -> int:
    """How often a test metric of a training set was computed, whatever its fingerprint."""
    return sum(entry["training_set"] == training_set for entry in read(path))


def _append(path: Path, entry: Mapping[str, Any], lock: int) -> dict[str, Any]:
    found = _parse(path) if path.exists() else _Ledger()
    _refuse_missing_lines(path, found, _remembered(path))
    same = [old for old in found.entries if old["training_set"] == entry["training_set"]]
    body = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **entry}
    body |= {"look": len(same) + 1, "previous": _head(found.entries)}
    written = {**body, "sha256": _hash(body)}
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        if found.torn_bytes:
            _warn(path, found.torn_bytes, "cut off")
            os.ftruncate(handle, found.size_bytes)
        _write_whole(handle, found.joint + _line(written), found.size_bytes)
    finally:
        os.close(handle)
    _sync_folder(path.parent)
    _remember(lock, len(found.entries) + 1, written["sha256"])
    return written


def _parse(path: Path) -> _Ledger:
    """The chain, checked line by line.

    Bytes after the last line break are a torn write, unless they are a whole entry that lost only
    its line break: that one stays, and the break is put back.
    """
    content = path.read_bytes()
    *lines, rest = content.split(b"\n")
    entries: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        entry = _entry(line, _head(entries))
        if entry is None:
            raise _damaged(path, number, "does not continue the chain: it, or one before, changed")
        entries.append(entry)
    last = _entry(rest, _head(entries))
    if last is not None:
        return _Ledger((*entries, last), len(content), b"\n")
    return _Ledger(tuple(entries), len(content) - len(rest), torn_bytes=len(rest))


def _head(entries: Sequence[Mapping[str, Any]]) -> str:
    return str(entries[-1]["sha256"]) if entries else _START


def _entry(line: bytes, previous: str) -> dict[str, Any] | None:
    """The entry of a line if it is whole, its own and the next in the chain."""
    try:
        entry = json.loads(line)
        own = entry.pop("sha256")
        is_next = own == _hash(entry) and entry["previous"] == previous
        is_whole = is_next and _line({**entry, "sha256": own}) == line + b"\n"
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return {**entry, "sha256": own} if is_whole and "training_set" in entry else None


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True, allow_nan=False, ensure_ascii=False).encode() + b"\n"


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_line(body)).hexdigest()


def _write_whole(handle: int, line: bytes, size_bytes: int) -> None:
    """Append all of a line and sync it, or leave the file as it was."""
    try:
        if os.write(handle, line) != len(line):
            raise OSError("the disk took only a part of the line")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size_bytes)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path, *, exclusive: bool) -> Iterator[int]:
    """A handle of the lock file, locked; -1 for a reader where there is none."""
    lock_path = _lock_path(path)
    if not exclusive and not lock_path.exists():
        yield -1
        return
    handle = os.open(lock_path, os.O_RDWR | os.O_CREAT if exclusive else os.O_RDONLY, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield handle
    finally:
        os.close(handle)


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _remember(lock: int, count: int, head: str) -> None:
    os.pwrite(lock, f"{count:>15} {head}\n".encode(), 0)
    os.fsync(lock)


def _remembered(path: Path) -> tuple[int, str]:
    """The number of entries and the hash of the last, as of the last append that ended well."""
    try:
        count, head = _lock_path(path).read_text(encoding="utf-8").split()
        return int(count), head
    except (FileNotFoundError, ValueError):
        return 0, _START


def _refuse_missing_lines(path: Path, found: _Ledger, remembered: tuple[int, str]) -> None:
    # a crash between the two writes leaves one entry more than remembered, never one less
    count, head = remembered
    if count > len(found.entries):
        raise _damaged(path, len(found.entries) + 1, f"is missing: there were {count} lines")
    if count and found.entries[count - 1]["sha256"] != head:
        raise _damaged(path, count, "is another than the one that was written")


def _damaged(path: Path, number: int, words: str) -> EngineError:
    return EngineError(
        "HW503",
        f"the ledger of looks was changed: line {number} {words}",
        place=f"{path.name}:{number}",
        hint="restore the file from a backup; looks already made are not to be forgotten",
    )


def _warn(path: Path, torn_bytes: int, done: str) -> None:
    warnings.warn(
        f"the last line of {path.name} was cut short by a crash: {torn_bytes} bytes are {done}",
        HeadwaterWarning,
        stacklevel=3,
    )
