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

    def snapshot(self) -> str:
        """The digest of the file's bytes."""
        return digest(locate(self.path, self.place), self.place)

    def size(self) -> Size:
        """The file's bytes; its rows would have to be read."""
        path = locate(self.path, self.place)
        try:
            return Size(None, path.stat().st_size)
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
            frame = pl.read_csv(path, **self._options())
        except (OSError, pl.exceptions.PolarsError):
            return None
        for column, dtype in self.types.items():
            if column in frame.columns:
                fits = frame[column].cast(dtype, strict=False).is_not_null()
                rows = (~fits & frame[column].is_not_null()).arg_true()
                if len(rows):
                    return DataError(
                        "HW401",
                        f"column {column!r} of file {path.name!r} does not hold {dtype} in "
                        f"{len(rows)} rows, first in row {rows[0] + 1:,}",
                        place=self.place,
                        hint="mend the file, add the text to nulls=, or declare another type",
                    )
        return None
