"""The contract of a source's reader; the readers themselves live in `headwater.sources`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import polars as pl

from headwater.errors import DataError


@runtime_checkable
class Reader(Protocol):
    """Reads one table. Constructing it touches nothing; a missing file shows when it is read."""

    def schema(self) -> dict[str, pl.DataType]:
        """The columns and their types, without reading rows.

        Raises:
            DataError: HW401, the data is missing or is not what the reader reads.
        """
        ...

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """These columns of all rows, in the order of the data.

        Raises:
            DataError: HW401, or HW409 where the data changed while it was read.
        """
        ...

    def snapshot(self) -> str:
        """What the data is now, as a digest of its content."""
        ...

    def definition(self) -> dict[str, object]:
        """The reader as plain values, without the data and without absolute paths."""
        ...


@runtime_checkable
class Scanned(Protocol):
    """A reader of tables that need not be held as a whole."""

    def scan(self, columns: Sequence[str]) -> pl.LazyFrame:
        """These columns of all rows, in the order of the data, to be read in pieces.

        Raises:
            DataError: HW401, the data is missing; later faults are those of Polars.
        """
        ...

    def unread(self, error: Exception) -> DataError:
        """HW401 for a fault that Polars had while it read in pieces."""
        ...


@dataclass(frozen=True, slots=True)
class Size:
    """How large a table is.

    Args:
        rows: None where counting them would mean reading them.
        size_bytes: As kept: on disk, or in memory.
        about: Where rows are not counted, how many they are by a look at some of the data; None
            where that tells nothing either.
    """

    rows: int | None
    size_bytes: int
    about: int | None = None

    @property
    def estimated_rows(self) -> int | None:
        """The rows, counted or by a look; None where neither is possible."""
        return self.about if self.rows is None else self.rows


@runtime_checkable
class Stamped(Protocol):
    """A reader that can tell at once, without reading, whether its data may have changed."""

    def stamp(self) -> Hashable | None:
        """The data is what it was for as long as this is; None where that cannot be told.

        Nothing is raised: data that is missing has no stamp.
        """
        ...


@runtime_checkable
class Sized(Protocol):
    """A reader that can say how large its table is without reading it."""

    def size(self) -> Size:
        """The table's size now.

        Raises:
            DataError: HW401, the data is missing or is not what the reader reads.
        """
        ...
