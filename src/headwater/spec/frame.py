"""Frame: rows that are already in memory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from headwater.errors import DataError, Place, caller
from headwater.spec.foreign_frames import to_polars
from headwater.spec.reader import Size


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Rows that are already in memory.

    Args:
        rows: A frame of Polars (also lazy), pandas or Arrow. Of a Polars frame these are the rows
            that it has now, whatever columns are put into it later.
    """

    rows: Any
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.rows, pl.DataFrame):
            object.__setattr__(self, "rows", self.rows.clone())  # which shares the columns

    def schema(self) -> dict[str, pl.DataType]:
        """The frame's columns and types."""
        return dict(to_polars(self.rows).schema)

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """These columns of all rows."""
        return to_polars(self.rows).select(columns)

    def scan(self, columns: Sequence[str]) -> pl.LazyFrame:
        """The same, to be worked on in pieces."""
        return to_polars(self.rows).lazy().select(columns)

    def unread(self, error: Exception) -> DataError:
        """HW401 for a fault that Polars had meanwhile."""
        reason = type(error).__name__
        return DataError("HW401", f"a frame cannot be read: {reason}", place=self.place)

    def snapshot(self) -> str:
        """The digest of the values, in order, with names and types."""
        frame = to_polars(self.rows)
        stream = hashlib.sha256(repr(list(frame.schema.items())).encode())
        for column in frame.iter_columns():
            stream.update(_bytes(column))
        return stream.hexdigest()

    def size(self) -> Size:
        """The frame's rows and the memory that it takes."""
        frame = to_polars(self.rows)
        return Size(frame.height, int(frame.estimated_size()))

    def stamp(self) -> str | None:
        """Always the same for a frame of Polars; others may be changed in place."""
        return "rows" if isinstance(self.rows, pl.DataFrame) else None

    def definition(self) -> dict[str, Any]:
        """Only that this is a frame; its values are the snapshot's part."""
        return {"is": "Frame"}


def _bytes(column: pl.Series) -> bytes:
    """What the values are, whatever lies under a null and however memory is cut into chunks."""
    stream = io.BytesIO()
    frame = column.alias("values").rechunk().to_frame()
    frame.write_parquet(stream, compression="uncompressed", statistics=False)
    return stream.getvalue()
