"""A view whose history is larger than memory: split by entity on disk, folded a part at a time.

What a row is told depends on the rows of its own entity only. So the history is read once, in
pieces, and each row is written to the partition that the hash of its key names; then the rows of
the spine are asked partition by partition, by the passes that a history in memory is folded with.
Results have the same bits. After a partition was asked its answers are kept on disk, so that a run
that was killed goes on with the next. An entity is never split: one that holds most of the rows
takes the memory that they take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from headwater.engines.memory import VARIABLE, is_declared, memory_budget
from headwater.engines.partitions import (
    MOST_PARTITIONS,
    Scratch,
    Workspace,
    partition,
    why_whole,
    write_answers,
)
from headwater.engines.refusals import AnswerRefused, refusal_of
from headwater.engines.versions_on_disk import read_history, split_history
from headwater.engines.windows import window_features
from headwater.errors import DataError, EngineError
from headwater.plan.cost import view_cost
from headwater.plan.views import ViewPlan
from headwater.schema.sizes import format_size
from headwater.spec.reader import Sized

_LEAST_SHARE = 6
"""A partition gets no less than the budget by this, however much the spine takes of it."""

_HELD_PER_SPINE_ROW = 40
"""Bytes: keys, moments, the partition of each row and its place there."""

_UNCOUNTED = "how many rows it has is only known by reading it"


def _nothing() -> None:
    """Nothing is known of what the data was."""


def _nobody(_: str) -> None:
    """Nobody hears."""


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """What a view may take, and where it goes beyond.

    Args:
        memory: Bytes; None for `headwater.engines.memory.memory_budget`.
        work: Where partitions are kept until the caller removes them, for another call of the same
            definitions, data and rows to go on; by default they are gone afterwards.
        say: Hears that a view goes out of core, and why one does not that should.
        check: Raises where the data is not what `work` stands for; asked once it is read.
        on_disk: Whether the answers stay on disk, so that they take no memory either.
    """

    memory: int | None = None
    work: Workspace | None = None
    say: Callable[[str], None] = _nobody
    check: Callable[[], None] = _nothing
    on_disk: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """What the rows of a spine ask.

    Args:
        keys: The entity's columns, by the view's names.
        as_of: Int64 microseconds; a null gives the empty result.
        known_by: Int64 microseconds; None where it is `as_of`.
    """

    keys: pl.DataFrame
    as_of: pl.Series
    known_by: pl.Series | None

    def at(self, rows: pl.Series) -> Questions:
        """Those of some rows."""
        known_by = None if self.known_by is None else self.known_by.gather(rows)
        return Questions(self.keys[rows], self.as_of.gather(rows), known_by)


def partitions_of(plan: ViewPlan, spine_rows: int, room: Room) -> int:
    """In how many partitions a view is folded: 1 where it fits into memory, or cannot be split.

    Raises:
        EngineError: HW507, the budget is not a size of memory; HW508, one was declared, and a view
            that cannot be split would pass it.
    """
    reader, budget = plan.source.source.reader, memory_budget(room.memory)
    if not isinstance(reader, Sized):
        if is_declared(room.memory):
            kind = type(reader).__name__
            room.say(
                f"{_named(plan)} is held in memory: {kind} does not say how large its table is"
            )
        return 1
    size = reader.size()
    rows = size.estimated_rows
    if rows is None:
        _hold(plan, room, needed=size.size_bytes, budget=budget, whole=_UNCOUNTED)
        return 1
    needed = view_cost(plan, history=rows, spine=spine_rows).size_bytes
    if needed <= budget or rows < 2:
        return 1
    whole = why_whole(plan)
    if whole is not None:
        _hold(plan, room, needed=needed, budget=budget, whole=whole)
        return 1
    wanted = _wanted(plan, rows, spine_rows, on_disk=room.on_disk, budget=budget)
    room.say(
        f"{_named(plan)}: {format_size(needed)} would pass the budget of {format_size(budget)}: "
        f"in {wanted} partitions on disk"
    )
    return wanted


def check_fits(plan: ViewPlan, spine_rows: int, room: Room) -> None:
    """Refuse, before anything is computed, what `partitions_of` will refuse.

    Args:
        plan: What is to be computed.
        spine_rows: 0 where it is not known yet how many there are.
        room: Nothing is said to it.

    Raises:
        EngineError: HW507, HW508.
    """
    partitions_of(plan, spine_rows, replace(room, say=_nobody))


def _named(plan: ViewPlan) -> str:
    return f"view {plan.view.name!r}"


def _hold(plan: ViewPlan, room: Room, *, needed: int, budget: int, whole: str) -> None:
    """Say that a view passes the budget as a whole; refuse that where the budget was declared."""
    if needed <= budget:
        return
    if not is_declared(room.memory):
        room.say(
            f"{_named(plan)}: {format_size(needed)} would pass the budget of "
            f"{format_size(budget)}, but is held in memory: {whole}"
        )
        return
    raise EngineError(
        "HW508",
        f"{_named(plan)} would take about {format_size(needed)} of memory, over the "
        f"{format_size(budget)} that were declared, and cannot be split: {whole}",
        place=plan.view.place,
        hint=f"declare {format_size(needed)} or more ({VARIABLE}, or memory = in headwater.toml), "
        "or nothing, to use what is free; or write the rows to a Parquet file with that column in "
        "it, or in another type, and read that",
    )


def _wanted(plan: ViewPlan, rows: int, spine_rows: int, *, on_disk: bool, budget: int) -> int:
    """Enough that each fits three times (read, in one chunk, arranged) beside the whole spine."""
    held = _HELD_PER_SPINE_ROW * spine_rows
    if not on_disk:
        held += view_cost(plan, history=0, spine=spine_rows).size_bytes
    left = max((budget - held) // 3, budget // _LEAST_SHARE, 1)
    folded = view_cost(plan, history=rows, spine=spine_rows).size_bytes
    return max(2, min(-(-folded // left), rows, MOST_PARTITIONS))


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The features of a spine's rows, on disk by partition.

    Args:
        plan: What was computed.
        files: Of the partitions that were asked, in order.
        rows: Which rows of the spine each of them answers, in order.
        work: Holds them.
    """

    plan: ViewPlan
    files: Sequence[Path]
    rows: Sequence[pl.Series]
    work: Workspace

    def frame(self) -> pl.DataFrame:
        """One column per feature of the view, one row per row of the spine, in order."""
        places = _places([own.to_numpy() for own in self.rows])
        scanned = pl.scan_ipc(list(self.files))
        names = [feature.column for feature in self.plan.features]
        return pl.DataFrame([scanned.select(one).collect()[one].gather(places) for one in names])

    def scan(self, memory: int | None) -> pl.LazyFrame:
        """The same, read in pieces.

        Each partition has its answers in the order of the spine, so that those of rows that follow
        one another are a slice of each file.
        """
        schema = pl.scan_ipc(self.files[0]).collect_schema()
        size = sum(map(len, self.rows))
        row = view_cost(self.plan, history=0, spine=1).size_bytes
        step = min(max(memory_budget(memory) // (_LEAST_SHARE * row), 1), max(size, 1))

        def pieces(
            columns: list[str] | None, where: pl.Expr | None, most: int | None, _: int | None
        ) -> Iterator[pl.DataFrame]:
            stop = size if most is None else min(most, size)
            for start in range(0, stop, step):
                piece = self._piece(start, min(start + step, stop), columns or schema.names())
                yield piece if where is None else piece.filter(where)

        return register_io_source(pieces, schema=schema)

    def _piece(self, start: int, stop: int, columns: Sequence[str]) -> pl.DataFrame:
        """These columns of the spine's rows from `start` until `stop`."""
        parts, asked = list[pl.LazyFrame](), list[Any]()
        for file, own in zip(self.files, self.rows, strict=True):
            first, last = own.search_sorted(pl.Series([start, stop], dtype=own.dtype)).to_list()
            if first < last:
                parts.append(pl.scan_ipc(file).select(columns).slice(first, last - first))
                asked.append(own.slice(first, last - first).to_numpy() - start)
        found = pl.concat(parts).collect().rechunk()
        return found[_places(asked)]


def answers_by_partition(
    plan: ViewPlan, asked: Questions, room: Room, *, partitions: int, threads: int | None = None
) -> Answers:
    """The features of a view for the rows of a spine, computed a partition at a time.

    Args:
        plan: What to compute; `why_whole` says that it can be split.
        asked: By the rows of the spine.
        room: Where partitions are written. What is there already is taken as it is, with as many
            partitions as it has, unless more are wanted.
        partitions: How many, at least.
        threads: By default the processors at hand; the values do not depend on it.

    Raises:
        DataError: What `headwater.engines.windows.window_features` raises, as for the history as a
            whole; HW409, it changed while it was split.
        EngineError: HW502, the disk does not take the partitions, of which none is left.
    """
    work = Scratch() if room.work is None else room.work
    try:
        return _answered(plan, asked, room, work=work, partitions=partitions, threads=threads)
    except EngineError:
        work.remove()
        raise


def _answered(
    plan: ViewPlan,
    asked: Questions,
    room: Room,
    *,
    work: Workspace,
    partitions: int,
    threads: int | None,
) -> Answers:
    partitions, history = _split(plan, room, work, partitions)
    keys = asked.keys.select(partition(plan, asked.keys.schema, partitions).alias("owner"))
    owners = keys["owner"].fill_null(0)  # a null key is told the same by any
    rows = [(owners == number).arg_true() for number in range(partitions)]
    files, refused = [], list[tuple[DataError, Any]]()
    for number, own in enumerate(rows):
        name = f"answers-{number}"
        files.append(work.path(name) / "rows.arrow")
        if name in work.names():
            continue
        try:
            found = _features(plan, asked.at(own), work.path(history), number, threads)
        except DataError as error:
            refused.append((error, own))
            continue
        if not refused:
            with work.filling(name) as folder:
                write_answers(found, folder / files[-1].name)
    if refused:
        raise refusal_of(refused)
    return Answers(plan, files, rows, work)


def _split(plan: ViewPlan, room: Room, work: Workspace, wanted: int) -> tuple[int, str]:
    """How many partitions there are, and where, once all of them are."""
    there = work.names()
    found = [int(name.removeprefix("split-")) for name in there if name.startswith("split-")]
    if found and found[0] >= wanted:
        done = sum(name.startswith("answers-") for name in there)
        room.say(
            f"view {plan.view.name!r}: {done} of {found[0]} partitions are there from a run before"
        )
        return found[0], f"split-{found[0]}"
    if there:
        work.remove()
    name = f"split-{wanted}"
    with work.filling(name) as folder:
        split_history(plan, folder, wanted)
        room.check()
    return wanted, name


def _features(
    plan: ViewPlan, asked: Questions, history: Path, number: int, threads: int | None
) -> pl.DataFrame:
    """The features of rows whose history is this partition."""
    as_of, known_by = asked.as_of, asked.known_by
    found = []
    for place, (part, rows) in enumerate(read_history(plan, history, number)):
        try:
            found.append(
                window_features(
                    part, rows, asked.keys, as_of=as_of, known_by=known_by, threads=threads
                )
            )
        except AnswerRefused as error:
            error.turn = (place, *error.turn)
            raise
    columns = pl.concat(found, how="horizontal")
    return columns.select(feature.column for feature in plan.features)


def _places(rows: Sequence[Any]) -> pl.Series:
    """Where each row is among the rows of all parts, which together are all of them."""
    found = np.concatenate(rows)
    back = np.empty(len(found), found.dtype)
    back[found] = np.arange(len(found), dtype=back.dtype)
    return pl.Series(back)
