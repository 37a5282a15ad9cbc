"""A view whose history is larger than memory: split by entity on disk, folded a part at a time.

What a row is told depends on the rows of its own entity only. So the history is read once, in
pieces, and each row is written to the part that the hash of its key names; then the rows of the
spine are asked part by part, by the passes that a history in memory is folded with. Results have
the same bits. What is written stands in one folder: after a part was answered its answers are kept
there, so that a run that was killed goes on with the next.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from headwater.engines.arrangement import comparable_key
from headwater.engines.histories import Rows, derived, stored
from headwater.engines.windows import window_features
from headwater.errors import EngineError
from headwater.plan.cost import view_cost
from headwater.plan.views import ViewPlan
from headwater.spec.reader import Scanned, Sized

MOST_PARTS = 512
"""More files than this are not written to at once."""
_SHARE = 0.5
"""Of the machine's memory, what a view may take by default."""
_CAN_SAY, _NO_LIMIT = hasattr(os, "sysconf"), 1 << 62
_PART = "<part>"
_HASHED = (pl.Categorical, pl.Enum, pl.String, pl.Boolean, pl.Date, pl.Datetime)
"""Types of keys, beside whole numbers, that are equal exactly where they hash alike."""


def memory_bytes() -> int:
    """`HEADWATER_MEMORY_BYTES`, else half of what the machine has.

    Raises:
        EngineError: HW507, the variable is not a number above zero.
    """
    named = os.environ.get("HEADWATER_MEMORY_BYTES")
    if not named:
        # not every system can say what it has; one that cannot keeps all in memory
        sizes = [os.sysconf(name) for name in ("SC_PAGE_SIZE", "SC_PHYS_PAGES")] if _CAN_SAY else []
        return int(sizes[0] * sizes[1] * _SHARE) if sizes else _NO_LIMIT
    if not named.isdecimal() or int(named) < 1:
        raise EngineError("HW507", f"HEADWATER_MEMORY_BYTES is {named!r}, not a number above zero")
    return int(named)


def parts_of(plan: ViewPlan, spine_rows: int) -> int:
    """In how many parts a view is folded: one where it fits into memory, or cannot be split.

    What cannot be split: a source that is not read in pieces, versions and deletions of events,
    columns of other views, keys that are derived or of a type that is equal across unlike hashes.
    """
    reader = plan.source.source.reader
    if not isinstance(reader, Scanned) or not isinstance(reader, Sized) or not _is_plain(plan):
        return 1
    rows = reader.size().rows
    if rows is None:
        return 1
    needed = view_cost(plan, history=rows, spine=spine_rows).size_bytes
    return min(-(-needed // memory_bytes()), MOST_PARTS)


def _is_plain(plan: ViewPlan) -> bool:
    """Whether a row of the source is an event, with a key that is there before all is derived."""
    source = plan.source.source
    is_event = not source.identity and source.deleted is None and source.event_time is not None
    types = [plan.source.schema[key] for key in plan.view.keys]
    return (
        is_event
        and not plan.source.views
        and not source.derive.keys() & set(plan.view.keys)
        and all(dtype.is_integer() or isinstance(dtype, _HASHED) for dtype in types)
    )


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


def _as_it_was() -> None:
    """Nothing is known of what the data was."""


@dataclass(frozen=True, slots=True, eq=False)
class Workspace:
    """Where a view is folded in parts.

    Args:
        folder: Where parts and answers are written. What is there already, of the same definitions,
            data and rows, is taken as it is.
        check: Raises where the data is not what the folder stands for; asked once it is read.
    """

    folder: Path
    check: Callable[[], None] = _as_it_was


def features_by_parts(
    plan: ViewPlan, asked: Questions, work: Workspace, *, parts: int, threads: int | None = None
) -> pl.DataFrame:
    """One column per feature of the view, one row per row of the spine, in order.

    Args:
        plan: What to compute; `parts_of` says that it can be split.
        asked: By the rows of the spine.
        work: Where parts and answers are written.
        parts: How many.
        threads: By default the processors at hand; the values do not depend on it.

    Raises:
        DataError: What `headwater.engines.windows.window_features` raises.
    """
    history = _split(plan, work, parts)
    owners = asked.keys.select(_part(plan, asked.keys.schema, parts)).to_series().fill_null(0)
    rows = [(owners == part).arg_true() for part in range(parts)]
    answers = []
    for part, own in enumerate(rows):
        answer = work.folder / f"answers-{part}-of-{parts}.parquet"
        if len(own) and not answer.exists():
            found = _answered(plan, asked.at(own), history / f"part={part}", threads)
            beside = answer.with_suffix(".unfinished")
            found.write_parquet(beside, compression="lz4")
            os.replace(beside, answer)
        answers += [answer] if len(own) else []
    if not answers:
        return _answered(plan, asked, history / "part=0", threads)
    return _in_order(plan, answers, pl.concat(rows))


def _split(plan: ViewPlan, work: Workspace, parts: int) -> Path:
    """The folder of the parts, which appears once all of them are written."""
    history = work.folder / f"history-{parts}"
    if history.exists():
        return history
    unfinished = work.folder / f"history-{parts}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    reader = plan.source.source.reader
    if not isinstance(reader, Scanned):
        raise AssertionError("only what is read in pieces is split")
    rows = reader.scan(stored(plan.source, plan.columns))
    numbered = rows.with_columns(_part(plan, plan.source.schema, parts).alias(_PART))
    scheme = pl.PartitionBy(unfinished, key=pl.col(_PART).alias("part"), include_key=False)
    numbered.drop_nulls(_PART).sink_parquet(scheme, mkdir=True, compression="lz4")
    work.check()
    os.replace(unfinished, history)
    return history


def _part(plan: ViewPlan, schema: object, parts: int) -> pl.Expr:
    """The part of each row; null where a key is null, as such a row is nobody's."""
    types = pl.Schema(schema)  # type: ignore[arg-type]
    keys = [comparable_key(pl.col(key), types[key]) for key in plan.view.keys]
    mixed = pl.sum_horizontal(key.hash(seed) % parts for seed, key in enumerate(keys)) % parts
    return pl.when(~pl.any_horizontal(key.is_null() for key in keys)).then(mixed)


def _answered(plan: ViewPlan, asked: Questions, part: Path, threads: int | None) -> pl.DataFrame:
    """The features of rows whose history is this part, which none may have."""
    history = _history(plan, part)
    known_by = asked.known_by
    return window_features(
        plan, history, asked.keys, as_of=asked.as_of, known_by=known_by, threads=threads
    )


def _history(plan: ViewPlan, part: Path) -> Rows:
    names = stored(plan.source, plan.columns)
    files = sorted(part.glob("*.parquet"))
    if files:
        frame = pl.scan_parquet(files, glob=False).select(names).collect()
    else:
        frame = pl.DataFrame(schema={name: plan.source.schema[name] for name in names})
    return derived(plan.source, frame.rechunk(), plan.columns)


def _in_order(plan: ViewPlan, answers: list[Path], rows: pl.Series) -> pl.DataFrame:
    """The answers of all parts in the order of the spine, read column by column."""
    back = np.empty(len(rows), np.int64)
    back[rows.to_numpy()] = np.arange(len(rows))
    places = pl.Series(back)
    scanned = pl.scan_parquet(answers, glob=False)
    names = [feature.column for feature in plan.features]
    return pl.DataFrame([scanned.select(one).collect()[one].gather(places) for one in names])
