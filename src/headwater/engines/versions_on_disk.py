"""Versions of events on disk: composed piece by piece, then split by entity.

A version may name another entity than the one before it, so rows cannot be split by entity before
they are composed. So they are first split by the identity of their events: a piece holds all
versions of its events, and what is composed of them is what would be composed of the whole. Each
composed row has one entity, by which it is written once more.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import polars as pl

from headwater.engines.arrangement import comparable_key
from headwater.engines.feature_rows import feature_rows, parts_of
from headwater.engines.histories import Rows
from headwater.engines.partitions import (
    PARTITION,
    mixed,
    partition,
    read_files,
    read_partition,
    sink,
    split,
    split_rows,
)
from headwater.engines.refusals import refusal_of
from headwater.engines.versions import columns_of_versions, events_of, is_plain
from headwater.errors import DataError
from headwater.kernel.passes import NEVER
from headwater.plan.views import ViewPlan

_KNOWN, _UNTIL = "<known>", "<until>"
"""When a composed row begins to count, and when it ends."""


def split_history(plan: ViewPlan, folder: Path, partitions: int) -> None:
    """Write the rows that features of a view see, in partitions by entity.

    Args:
        plan: `why_whole` says that it can be split.
        folder: Where; `read_history` reads it.
        partitions: How many.

    Raises:
        DataError: As `headwater.engines.partitions.split`, and what composing versions raises.
        OSError: The disk does not take it.
    """
    if plan.source.source.identity and not _is_plain(plan, folder, partitions):
        _split_composed(plan, folder, partitions)
    else:
        split(plan, folder, partitions)


def read_history(plan: ViewPlan, folder: Path, number: int) -> list[tuple[ViewPlan, Rows]]:
    """The view in parts, each with the rows of one partition that its features see.

    Raises:
        DataError: HW410, a column cannot be derived.
    """
    if not _composed(folder, 0).exists():
        return [(plan, read_partition(plan, folder, number))]
    return [
        (part, _read_composed(part, _composed(folder, place), number))
        for place, part in enumerate(parts_of(plan))
    ]


def _composed(folder: Path, place: int) -> Path:
    return folder / f"composed-{place}"


def _is_plain(plan: ViewPlan, folder: Path, partitions: int) -> bool:
    """Whether each event has one version and none is deleted."""
    source, pieces = plan.source.source, folder / "identities"
    columns = {*source.identity, *([source.deleted] if source.deleted else [])}
    _split_by_identity(plan, pieces, partitions, columns)
    found = all(is_plain(read_partition(plan, pieces, one, columns)) for one in range(partitions))
    shutil.rmtree(pieces)
    return found


def _split_by_identity(
    plan: ViewPlan, folder: Path, partitions: int, columns: Collection[str]
) -> None:
    """Write rows so that all versions of an event are in one piece."""
    types, identity = plan.source.schema, plan.source.source.identity
    keys = [comparable_key(pl.col(column), types[column]) for column in identity]
    split_rows(plan, folder, mixed(keys, partitions), columns=columns)


def _split_composed(plan: ViewPlan, folder: Path, partitions: int) -> None:
    pieces, composed = folder / "versions", folder / "composed"
    columns = columns_of_versions(plan.source, plan.columns)
    _split_by_identity(plan, pieces, partitions, columns)
    refused: list[DataError] = []
    for number in range(partitions):
        try:
            _compose(plan, read_partition(plan, pieces, number, columns), composed, number)
        except DataError as error:
            refused.append(error)
    if refused:
        raise refusal_of([(error, ()) for error in refused])
    shutil.rmtree(pieces)
    for place, part in enumerate(parts_of(plan)):
        owner = partition(part, part.source.schema, partitions).fill_null(0)
        rows = pl.scan_parquet(composed / f"{place}-*.parquet")
        sink(rows.with_columns(owner.alias(PARTITION)), _composed(folder, place))
        _composed(folder, place).mkdir(exist_ok=True)  # which nothing is in where no row counts
    shutil.rmtree(composed)


def _compose(plan: ViewPlan, versions: Rows, folder: Path, number: int) -> None:
    """Write what is composed of the versions of some events, for each part of the view."""
    folder.mkdir(exist_ok=True)
    for place, (_, rows) in enumerate(feature_rows(plan, events_of(versions))):
        spans = [
            pl.Series(_KNOWN, rows.known, pl.Int64),
            pl.repeat(NEVER, len(rows.known), dtype=pl.Int64, eager=True).alias(_UNTIL)
            if rows.until is None
            else pl.Series(_UNTIL, rows.until, pl.Int64),
        ]
        rows.frame.with_columns(spans).write_parquet(
            folder / f"{place}-{number}.parquet", compression="lz4", statistics=False
        )


def _read_composed(part: ViewPlan, folder: Path, number: int) -> Rows:
    """The composed rows of one partition that the features of a part see."""
    sequence = part.source.source.sequence
    columns = dict.fromkeys((*part.features[0].reads, *([sequence] if sequence else [])))
    types = {name: part.source.schema[name] for name in columns}
    frame = read_files(folder, number, {**types, _KNOWN: pl.Int64(), _UNTIL: pl.Int64()})
    known, until = (frame[name].to_numpy() for name in (_KNOWN, _UNTIL))
    ends = until if (until != NEVER).any() else None
    return Rows(part.source, frame.select(*columns), known, ends)
