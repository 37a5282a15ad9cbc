"""Parquet: a file, or a folder or pattern of files in the order of their names."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from headwater.errors import DataError, Place, caller
from headwater.spec.files import digest, locate, stamp, unreadable
from headwater.spec.reader import Size


@dataclass(frozen=True, slots=True)
class Parquet:
    """A Parquet file, or the files of a folder or pattern in the order of their names.

    Args:
        path: Relative to the project folder, or absolute.
    """

    path: str
    place: Place | None = field(default_factory=caller, kw_only=True, compare=False, repr=False)

    def schema(self) -> dict[str, pl.DataType]:
        """The columns and their types, from the files' footers."""
        try:
            return dict(pl.scan_parquet(self._files(), glob=False).collect_schema())
        except (OSError, pl.exceptions.PolarsError) as error:
            raise unreadable(self._located(), self.place, error) from error

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """These columns of all rows, in the order of the files."""
        try:
            return pl.scan_parquet(self._files(), glob=False).select(columns).collect()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise unreadable(self._located(), self.place, error) from error

    def scan(self, columns: Sequence[str]) -> pl.LazyFrame:
        """The same, to be read in pieces."""
        return pl.scan_parquet(self._files(), glob=False).select(columns)

    def unread(self, error: Exception) -> DataError:
        """HW401 for a fault that Polars had while it read in pieces."""
        return unreadable(self._located(), self.place, error)

    def snapshot(self) -> str:
        """The digest of the files' bytes; the only file's own where there is one."""
        digests = [digest(file, self.place) for file in self._files()]
        if len(digests) == 1:
            return digests[0]
        return hashlib.sha256("".join(digests).encode()).hexdigest()

    def size(self) -> Size:
        """Rows and bytes of all files, from their footers."""
        files = self._files()
        try:
            rows = pl.scan_parquet(files, glob=False).select(pl.len()).collect().item()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise unreadable(self._located(), self.place, error) from error
        return Size(rows, sum(file.stat().st_size for file in files))

    def stamp(self) -> Hashable | None:
        """What tells whether a file was written, added or removed; see `headwater.spec.files`."""
        try:
            return stamp(self._files())
        except DataError:
            return None

    def definition(self) -> dict[str, Any]:
        """Kind and path as written; what the file holds is the snapshot's part."""
        return {"is": "Parquet", "path": Path(self.path).name}

    def _located(self) -> Path:
        return locate(self.path, self.place)

    def _files(self) -> list[Path]:
        path = self._located()
        if path.is_dir():
            files = sorted(path.rglob("*.parquet"))
        elif any(mark in path.name for mark in "*?["):
            files = sorted(path.parent.glob(path.name))
        else:
            files = [path]
        if not files or not files[0].exists():
            raise unreadable(path, self.place, FileNotFoundError())
        return files
