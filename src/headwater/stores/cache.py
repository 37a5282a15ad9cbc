"""Results of tasks by fingerprint, checked when they are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from headwater.stores.atomic import appearing, write_whole


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of frames and facts by fingerprint.

    Args:
        folder: May be deleted at any time; what is missing or damaged is computed again.
    """

    folder: Path

    def load(self, fingerprint: str) -> tuple[pl.DataFrame, dict[str, Any]] | None:
        """The frame and the facts kept with it; None where absent or changed since it was kept."""
        entry = self.folder / fingerprint
        try:
            facts = json.loads((entry / "facts.json").read_bytes())
            data = (entry / "rows.parquet").read_bytes()
            digest = facts.pop("sha256")
        except (OSError, ValueError, KeyError):
            return None
        if hashlib.sha256(data).hexdigest() != digest:
            return None
        return pl.read_parquet(data), facts

    def keep(self, fingerprint: str, frame: pl.DataFrame, facts: Mapping[str, Any]) -> None:
        """Keep a frame under its fingerprint, in place of a damaged one."""
        entry = self.folder / fingerprint
        if entry.exists():
            self.drop(fingerprint)
        with appearing(entry) as folder:
            write_frame(frame, folder / "rows.parquet")
            digest = hashlib.sha256((folder / "rows.parquet").read_bytes()).hexdigest()
            text = json.dumps({**facts, "sha256": digest}, sort_keys=True)
            (folder / "facts.json").write_text(text, encoding="utf-8")

    def drop(self, fingerprint: str) -> None:
        """Remove one entry; its facts go first, so that it is never half of one."""
        entry = self.folder / fingerprint
        for name in ("facts.json", "rows.parquet"):
            (entry / name).unlink(missing_ok=True)
        entry.rmdir()

    def load_json(self, fingerprint: str) -> dict[str, Any] | None:
        """Facts kept without a frame; None where absent or changed."""
        try:
            kept = json.loads((self.folder / f"{fingerprint}.json").read_bytes())
            text, digest = kept["text"], kept["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            return None
        facts: dict[str, Any] = json.loads(text)
        return facts

    def keep_json(self, fingerprint: str, facts: Mapping[str, Any]) -> None:
        """Keep facts under their fingerprint."""
        text = json.dumps(facts, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        kept = json.dumps({"text": text, "sha256": digest})
        write_whole(self.folder / f"{fingerprint}.json", kept.encode())


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """A Parquet file whose bytes depend on the frame's values only."""
    frame.rechunk().write_parquet(
        path, compression="zstd", statistics=False, row_group_size=1 << 20
    )
