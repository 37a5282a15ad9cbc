"""Csv: a text file with a header, with types that are declared and not guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from headwater.errors import Place, SpecError, caller, closest
from headwater.spec.files import digest, locate, unreadable


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
                infer_schema=False,
                schema_overrides=dict(self.types),
                null_values=list(self.nulls),
                empty_string_is_null="" in self.nulls,
                missing_columns="raise",
                extra_columns="raise",
                glob=False,
                n_rows=rows,
            )
        except (OSError, pl.exceptions.PolarsError) as error:
            raise unreadable(path, self.place, error) from error
        for column in self.types:
            if column not in frame.columns:
                raise SpecError(
                    "HW201",
                    f"column {column!r} of types= is not in file {path.name!r}",
                    place=self.place,
                    hint=closest(column, frame.columns),
                )
        return frame
