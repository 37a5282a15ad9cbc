"""Results of tasks by fingerprint, checked when they are read."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from headwater.spec.files import os_error_of
from headwater.stores.atomic import appearing, write_whole


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of frames and facts by fingerprint.

    Args:
        folder: May be deleted at any time; what is missing or damaged is computed again.
    """

    folder: Path

    @property
    def partitions(self) -> Path:
        """Views that are computed out of core, by fingerprint."""
        return self.folder / "partitions"

    def load(self, fingerprint: str) -> tuple[pl.DataFrame, dict[str, Any]] | None:
        """The frame and the facts kept with it; None where absent or changed since it was kept."""
        entry = self.folder / fingerprint
        try:
            rows = (entry / "rows.parquet").read_bytes()
        except OSError:
            return None
        facts = _unsealed(entry / "manifest.json", rows)
        return None if facts is None else (pl.read_parquet(rows), facts)

    def holds(self, fingerprint: str) -> bool:
        """Whether something is kept under this fingerprint; it is checked when it is read."""
        return (self.folder / fingerprint / "manifest.json").is_file()

    def keep(self, fingerprint: str, frame: pl.DataFrame, facts: Mapping[str, Any]) -> None:
        """Keep a frame under its fingerprint, in place of a damaged one.

        Raises:
            EngineError: HW502, the disk does not take it.
        """
        entry = self.folder / fingerprint
        shutil.rmtree(entry, ignore_errors=True)
        with appearing(entry) as folder:
            write_frame(frame, folder / "rows.parquet")
            rows = (folder / "rows.parquet").read_bytes()
            (folder / "manifest.json").write_bytes(_sealed(facts, rows))

    def load_json(self, fingerprint: str) -> dict[str, Any] | None:
        """Facts kept without a frame; None where absent or changed."""
        return _unsealed(self.folder / f"{fingerprint}.json", b"")

    def keep_json(self, fingerprint: str, facts: Mapping[str, Any]) -> None:
        """Keep facts under their fingerprint.

        Raises:
            EngineError: HW502, the disk does not take it.
        """
        write_whole(self.folder / f"{fingerprint}.json", _sealed(facts, b""))


def _sealed(facts: Mapping[str, Any], rows: bytes) -> bytes:
    """The facts with one digest of them and of the rows that they speak of."""
    text = json.dumps(facts)
    digest = hashlib.sha256(text.encode() + rows).hexdigest()
    return json.dumps({"text": text, "sha256": digest}).encode()


def _unsealed(path: Path, rows: bytes) -> dict[str, Any] | None:
    """The facts; None where the file is missing, or they or the rows changed since."""
    try:
        kept = json.loads(path.read_bytes())
        text = kept["text"].encode()
        if hashlib.sha256(text + rows).hexdigest() != kept["sha256"]:
            return None
        facts: dict[str, Any] = json.loads(text)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return facts


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """A Parquet file whose bytes depend on the frame's values only.

    Raises:
        OSError: The disk does not take it.
    """
    try:
        frame.rechunk().write_parquet(
            path, compression="zstd", statistics=False, row_group_size=1 << 20
        )
    except pl.exceptions.PolarsError as error:
        # Polars tells of a full disk in words of its own, not always with the system's number
        raise os_error_of(error) or OSError(errno.EIO, os.strerror(errno.EIO)) from error
