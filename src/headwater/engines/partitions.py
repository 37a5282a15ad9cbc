"""A history on disk in partitions: each row in the one that the hash of its entity names.

A row of no entity, whose key is null, may be in any. Such rows are spread by their event time, so
that a fault of theirs is found as well.
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

import polars as pl

from headwater.engines.arrangement import comparable_key
from headwater.engines.histories import Rows, derived, stored
from headwater.errors import EngineError
from headwater.plan.views import ViewPlan
from headwater.spec.files import os_error_of
from headwater.spec.reader import Scanned

MOST_PARTITIONS = 512
"""More files than this are not written to at once."""
_PARTITION = "<partition>"
_HASHED = (pl.Categorical, pl.Enum, pl.String, pl.Boolean, pl.Date, pl.Datetime)
"""Types of keys, beside whole numbers, that are equal exactly where they hash alike."""


class Workspace(Protocol):
    """Where folders appear whole or not at all, and stay until they are removed."""

    def names(self) -> Sequence[str]:
        """The folders that are there."""
        ...

    def path(self, name: str) -> Path:
        """Where a folder is, or would be."""
        ...

    def filling(self, name: str) -> AbstractContextManager[Path]:
        """A folder to fill, which is there under its name when the block ends well.

        Raises:
            EngineError: HW502, the disk does not take it.
        """
        ...

    def remove(self) -> None:
        """Remove all of them."""
        ...


def _temporary() -> Path:
    return Path(mkdtemp(prefix="headwater-"))


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Scratch:
    """A workspace in the folder of temporary files, for as long as somebody holds it."""

    folder: Path = field(default_factory=_temporary)

    def __post_init__(self) -> None:
        """Remove the folder once nobody holds this, or the process ends."""
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def names(self) -> Sequence[str]:
        """The folders that are there."""
        return [path.name for path in self.folder.iterdir()]

    def path(self, name: str) -> Path:
        """Where a folder is, or would be."""
        return self.folder / name

    @contextmanager
    def filling(self, name: str) -> Iterator[Path]:
        """A folder to fill; nobody looks for one that was left by a fault.

        Raises:
            EngineError: HW502, the disk does not take it.
        """
        try:
            self.path(name).mkdir()
            yield self.path(name)
        except OSError as error:
            raise EngineError(
                "HW502",
                f"{name!r} cannot be written: {error.strerror or type(error).__name__}",
                hint="free space, or name another folder of temporary files with TMPDIR",
            ) from error

    def remove(self) -> None:
        """Remove all of them."""
        for name in self.names():
            shutil.rmtree(self.path(name), ignore_errors=True)


def why_whole(plan: ViewPlan) -> str | None:
    """Why the history of a view cannot be split by entity; None where it can."""
    source = plan.source.source
    types = [plan.source.schema[key] for key in plan.view.keys]
    if source.identity:
        return "versions of events are composed as a whole"
    if source.event_time is None:
        return "a static table is read as a whole"
    if plan.source.views:
        return "its source has columns of views"
    if source.derive.keys() & set(plan.view.keys):
        return "its key is derived"
    if not all(dtype.is_integer() or isinstance(dtype, _HASHED) for dtype in types):
        return "its key has a type that is not hashed"
    if not isinstance(source.reader, Scanned):
        return f"{type(source.reader).__name__} is read as a whole"
    return None


def split(plan: ViewPlan, folder: Path, partitions: int) -> None:
    """Write the history of a view in partitions, reading it in pieces.

    Raises:
        DataError: HW401, the data is not what the reader reads.
        OSError: The disk does not take it.
    """
    reader = plan.source.source.reader
    if not isinstance(reader, Scanned):
        raise AssertionError("only what is read in pieces is split")
    names = stored(plan.source, plan.columns)
    owner = partition(plan, plan.source.schema, partitions)
    if plan.source.source.event_time in names:
        stray = pl.col(plan.source.source.event_time).hash() % partitions
    else:
        stray = pl.lit(0, pl.UInt64)
    numbered = reader.scan(names).with_columns(owner.fill_null(stray).alias(_PARTITION))
    scheme = pl.PartitionBy(folder, key=pl.col(_PARTITION).alias("part"), include_key=False)
    try:
        numbered.sink_parquet(scheme, mkdir=True, compression="lz4")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise os_error_of(error) or reader.unread(error) from error


def partition(plan: ViewPlan, schema: object, partitions: int) -> pl.Expr:
    """The partition of each row; null where a key is null."""
    types = pl.Schema(schema)  # type: ignore[arg-type]
    keys = [comparable_key(pl.col(key), types[key]) for key in plan.view.keys]
    mixed = pl.sum_horizontal(key.hash(seed) % partitions for seed, key in enumerate(keys))
    return pl.when(~pl.any_horizontal(key.is_null() for key in keys)).then(mixed % partitions)


def read_partition(plan: ViewPlan, folder: Path, number: int) -> Rows:
    """The rows of one partition, which may be none.

    Raises:
        DataError: HW410, a column cannot be derived.
    """
    names = stored(plan.source, plan.columns)
    files = sorted((folder / f"part={number}").glob("*.parquet"))
    if files:
        frame = pl.scan_parquet(files, glob=False).select(names).collect()
    else:
        frame = pl.DataFrame(schema={name: plan.source.schema[name] for name in names})
    return derived(plan.source, frame.rechunk(), plan.columns)


def write_answers(frame: pl.DataFrame, path: Path) -> None:
    """Keep the answers of one partition; not packed, as that takes longer than to read them.

    Raises:
        OSError: The disk does not take it.
    """
    _written(partial(frame.write_ipc, path))


def write_in_order(frame: pl.DataFrame, path: Path) -> None:
    """Keep some columns in the order of the spine, to be read in pieces.

    Raises:
        OSError: The disk does not take it.
    """
    _written(partial(frame.write_parquet, path, compression="lz4", statistics=False))


def _written(write: Callable[[], object]) -> None:
    try:
        write()
    except pl.exceptions.PolarsError as error:
        raise os_error_of(error) or OSError(str(error)) from error
