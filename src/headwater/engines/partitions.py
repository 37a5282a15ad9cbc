"""A history on disk in partitions: each row in the one that the hash of its entity names.

A row of no entity, whose key is null, may be in any. Such rows are spread by their event time, so
that a fault of theirs is found as well.
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

import polars as pl

from headwater.engines.arrangement import comparable_key
from headwater.engines.histories import Rows, derived, stored, without_set_aside
from headwater.errors import DataError, EngineError
from headwater.plan.views import ViewPlan
from headwater.spec.files import os_error_of
from headwater.spec.reader import Scanned

MOST_PARTITIONS = 512
"""More files than this are not written to at once."""
_HELD_ROWS = 1 << 13
"""Rows of each partition that are held until they are written; by default it would be many more."""
_READ_ROWS = 1 << 14
"""Rows of answers that are read at once; a slice reads those at its ends as a whole."""
PARTITION = "<partition>"
"""The column that says where a row is written."""
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
    if source.event_time is None:
        return "a static table is read as a whole"
    if source.views:
        return "its source has columns of views"
    if not _are_hashed(plan, plan.view.keys):
        return "its key has a type that is not hashed"
    if set(source.identity) & source.derive.keys():
        return "the identity of its events is derived"
    if not _are_hashed(plan, source.identity):
        return "the identity of its events has a type that is not hashed"
    if not isinstance(source.reader, Scanned):
        return f"{type(source.reader).__name__} is read as a whole"
    return None


def _are_hashed(plan: ViewPlan, columns: Sequence[str]) -> bool:
    types = [plan.source.schema[column] for column in columns]
    return all(dtype.is_integer() or isinstance(dtype, _HASHED) for dtype in types)


def split(plan: ViewPlan, folder: Path, partitions: int) -> None:
    """Write the history of a view in partitions, reading it in pieces.

    Raises:
        DataError: HW401, the data is not what the reader reads; HW410, a key cannot be derived.
        OSError: The disk does not take it.
    """
    owner = partition(plan, plan.source.schema, partitions)
    if plan.source.source.event_time in stored(plan.source, plan.columns):
        stray = pl.col(plan.source.source.event_time).hash() % partitions
    else:
        stray = pl.lit(0, pl.UInt64)
    derives = plan.source.source.derive.keys() & set(plan.view.keys)
    split_rows(plan, folder, owner.fill_null(stray), columns=plan.columns, derives=derives)


def split_rows(
    plan: ViewPlan,
    folder: Path,
    owner: pl.Expr,
    *,
    columns: Iterable[str],
    derives: Collection[str] = (),
) -> None:
    """Write what has to be read of a source for some columns, by the partition of each row.

    Args:
        plan: Whose source is read.
        folder: Gets a folder of files for each partition that has rows.
        owner: The partition; never null.
        columns: Derived ones too.
        derives: The derived columns that `owner` reads.

    Raises:
        DataError: As `split`.
        OSError: The disk does not take it.
    """
    reader = plan.source.source.reader
    if not isinstance(reader, Scanned):
        raise AssertionError("only what is read in pieces is split")
    names = stored(plan.source, columns)
    refused: list[DataError] = []

    def with_owner(frame: pl.DataFrame) -> pl.DataFrame:
        try:
            known = derived(plan.source, frame, derives).frame
        except DataError as error:
            refused.append(error)
            raise
        return frame.with_columns(known.select(owner.alias(PARTITION)))

    scanned = reader.scan(names)
    if derives:
        types = {name: plan.source.schema[name] for name in names} | {PARTITION: pl.UInt64()}
        numbered = scanned.map_batches(with_owner, schema=types, streamable=True)
    else:
        numbered = scanned.with_columns(owner.alias(PARTITION))
    try:
        sink(numbered, folder)
    except pl.exceptions.PolarsError as error:
        if refused:
            raise refused[0] from error
        raise reader.unread(error) from error


def sink(numbered: pl.LazyFrame, folder: Path) -> None:
    """Write rows in pieces, each into the folder of its `PARTITION`.

    Raises:
        OSError: The disk does not take it.
        polars.exceptions.PolarsError: The rows cannot be computed.
    """
    scheme = pl.PartitionBy(folder, key=pl.col(PARTITION).alias("part"), include_key=False)
    try:
        # packed they would take two thirds of the room and twice the time
        numbered.sink_ipc(scheme, mkdir=True, record_batch_size=_HELD_ROWS)
    except pl.exceptions.PolarsError as error:
        refusal = os_error_of(error)
        if refusal is None:
            raise
        raise refusal from error


def partition(plan: ViewPlan, schema: object, partitions: int) -> pl.Expr:
    """The partition of each row; null where a key is null."""
    types = pl.Schema(schema)  # type: ignore[arg-type]
    keys = [comparable_key(pl.col(key), types[key]) for key in plan.view.keys]
    is_null = pl.any_horizontal(key.is_null() for key in keys)
    return pl.when(~is_null).then(mixed(keys, partitions))


def mixed(keys: Sequence[pl.Expr], partitions: int) -> pl.Expr:
    """The partition that the hash of some columns names; nulls are alike."""
    parts = (key.hash(seed) % partitions for seed, key in enumerate(keys))
    return pl.sum_horizontal(parts) % partitions


def read_partition(
    plan: ViewPlan, folder: Path, number: int, columns: Collection[str] | None = None
) -> Rows:
    """The rows of one partition that no check sets aside, which may be none.

    Args:
        plan: Whose source was split.
        folder: Holds the partitions.
        number: The partition.
        columns: By default those that the view reads.

    Raises:
        DataError: HW410, a column cannot be derived.
    """
    source, columns = plan.source, plan.columns if columns is None else columns
    types = {name: source.schema[name] for name in stored(source, columns)}
    frame = read_files(folder, number, types)
    return without_set_aside(derived(source, frame, (*columns, *source.set_aside_by)), columns)


def read_files(folder: Path, number: int, types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """These columns of one partition, in the order of the data, in one chunk."""
    files = sorted((folder / f"part={number}").glob("*.ipc"))
    if not files:
        return pl.DataFrame(schema=types)
    return pl.scan_ipc(files, glob=False).select(*types).collect().rechunk()


def write_answers(frame: pl.DataFrame, path: Path) -> None:
    """Keep the answers of one partition, of which a slice is read at a time.

    Not packed, as that takes longer than to read them.

    Raises:
        OSError: The disk does not take it.
    """
    try:
        frame.write_ipc(path, record_batch_size=_READ_ROWS)
    except pl.exceptions.PolarsError as error:
        raise os_error_of(error) or OSError(str(error)) from error
