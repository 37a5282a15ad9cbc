"""Csv: a text file with a header, with types that are declared and not guessed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from headwater.errors import DataError, Place, SpecError, caller, closest
from headwater.spec.files import digest, locate, stamp, unreadable
from headwater.spec.reader import Size

_ROW = "<row>"
_SAMPLES, _SAMPLE_BYTES = 64, 1 << 14
"""How many pieces of a file are looked at for the number of its rows, and how large each is."""
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x78\x01", b"\x78\x9c", b"\x78\xda")
"""How files begin that Polars unpacks: those of gzip, zstd and zlib."""


@dataclass(frozen=True, slots=True)
class Csv:
    """A CSV file with a header; a line with fewer fields than it is null in the others.

    Args:
        path: Relative to the project folder, or absolute.
        types: The Polars type of each column; a column without one is a string, so that nothing is
            guessed from the first rows and a postal code keeps its zeros.
        nulls: Texts that stand for null; an empty number is null anyway.
    """

    path: str
    types: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    nulls: Sequence[str] = field(default=("", "NA"), kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, compare=False, repr=False)

    def schema(self) -> dict[str, pl.DataType]:
        """The columns of the header with their declared types.

        Raises:
            SpecError: HW201, a type is declared for a column that is not there.
        """
        return dict(self._collected(0).schema)

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """These columns of all rows; a value that is not of its type is an error, not a null."""
        return self._collected(None).select(columns)

    def scan(self, columns: Sequence[str]) -> pl.LazyFrame:
        """The same, to be read in pieces."""
        self.schema()  # which checks the types that are declared
        path = locate(self.path, self.place)
        scanned = pl.scan_csv(path, schema_overrides=dict(self.types), **self._options())
        # all columns are read, so that a value of another type is found in each, as by `read`
        whole = scanned.map_batches(_as_it_is, streamable=True)
        return whole.select(columns)

    def unread(self, error: Exception) -> DataError:
        """HW401 for a fault that Polars had while it read in pieces."""
        path = locate(self.path, self.place)
        return self._misfit(path) or unreadable(path, self.place, error)

    def snapshot(self) -> str:
        """The digest of the file's bytes."""
        return digest(locate(self.path, self.place), self.place)

    def size(self) -> Size:
        """The file's bytes, and about how many rows they hold; to count these is to read them."""
        path = locate(self.path, self.place)
        try:
            size_bytes = path.stat().st_size
            return Size(None, size_bytes, about=_about(path, size_bytes))
        except OSError as error:
            raise unreadable(path, self.place, error) from error

    def stamp(self) -> Hashable | None:
        """What tells whether the file was written; see `headwater.spec.files`."""
        return stamp([locate(self.path, self.place)])

    def definition(self) -> dict[str, Any]:
        """Kind, name, types and nulls."""
        types = {name: str(dtype) for name, dtype in sorted(self.types.items())}
        return {
            "is": "Csv",
            "path": Path(self.path).name,
            "types": types,
            "nulls": list(self.nulls),
        }

    def _collected(self, rows: int | None) -> pl.DataFrame:
        path = locate(self.path, self.place)
        try:
            frame = pl.read_csv(
                path,
                schema_overrides=dict(self.types),
                n_rows=rows,
                **self._options(),
            )
        except (OSError, pl.exceptions.PolarsError) as error:
            raise self._misfit(path) or unreadable(path, self.place, error) from error
        for column in self.types:
            if column not in frame.columns:
                raise SpecError(
                    "HW201",
                    f"column {column!r} of types= is not in file {path.name!r}",
                    place=self.place,
                    hint=closest(column, frame.columns),
                )
        return frame

    def _options(self) -> dict[str, Any]:
        return {
            "infer_schema": False,
            "null_values": list(self.nulls),
            "empty_string_is_null": "" in self.nulls,
            "missing_columns": "raise",
            "extra_columns": "raise",
            "glob": False,
        }

    def _misfit(self, path: Path) -> DataError | None:
        """Which column holds what is not of its type, and where; None where that is not it."""
        try:
            lines = pl.scan_csv(path, **self._options())
            typed = [column for column in self.types if column in lines.collect_schema()]
            found = lines.with_row_index(_ROW).select(*map(self._misfits, typed)).collect()
        except (OSError, pl.exceptions.PolarsError):
            return None
        for column in typed:
            rows, first = found[column].item().values()
            if rows:
                return DataError(
                    "HW401",
                    f"column {column!r} of file {path.name!r} does not hold {self.types[column]} "
                    f"in {rows} rows, first in row {first + 1:,}",
                    place=self.place,
                    hint="mend the file, add the text to nulls=, or declare another type",
                )
        return None

    def _misfits(self, column: str) -> pl.Expr:
        """In how many rows a column does not hold its type, and the first of them."""
        fits = pl.col(column).cast(self.types[column], strict=False).is_not_null()
        misfits = pl.col(_ROW).filter(~fits & pl.col(column).is_not_null())
        return pl.struct(misfits.len().alias("rows"), misfits.min().alias("first")).alias(column)


def _as_it_is(frame: pl.DataFrame) -> pl.DataFrame:
    return frame


def _about(path: Path, size_bytes: int) -> int | None:
    """About how many lines a file has, from pieces of it; None for one that is compressed."""
    lines = taken = 0
    with path.open("rb") as file:
        if file.read(4).startswith(_COMPRESSED):
            return None
        for part in range(_SAMPLES):
            file.seek(part * max(size_bytes - _SAMPLE_BYTES, 0) // (_SAMPLES - 1))
            piece = file.read(_SAMPLE_BYTES)
            lines, taken = lines + piece.count(b"\n"), taken + len(piece)
    return -(-lines * size_bytes // max(taken, 1))
