"""The laws of the ways to an answer: in which files rows lie and how they are asked changes no bit.

Each law asks windows of every kind, of a frame in memory and all rows of the spine at once, and
then the same in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from headwater.aggregations.base import Windowed
from headwater.engines.out_of_core import Room
from headwater.engines.views import view_features
from headwater.plan.cost import view_cost
from headwater.plan.views import ViewPlan
from headwater.runtime.enrich import enrich
from headwater.sources.csv import Csv
from headwater.sources.parquet import Parquet
from headwater.spec.frame import Frame
from headwater.spec.reader import Reader
from headwater.testing.histories import ENTITY, WINDOWS
from headwater.testing.law_cases import Case, plain, planned

_FILES = 5
_FEW = 7
"""Rows of a group in a file."""
_ALONE = 24
"""Rows that are asked alone."""
_NULL = "<null>"
_NOT_IN_TEXT = ("lateness", "pair")
_DELAY = WINDOWS["1h"] // 2


def the_layout_of_files_does_not_matter(case: Case) -> None:
    """One file or five, of large groups of rows or of small ones, or of text."""
    if case.rows.is_empty():
        return
    plan = _plan(case)
    with TemporaryDirectory() as folder:
        for name, reader in _laid_out(case.rows, Path(folder)):
            case.demand_same(_answers(_reading(plan, reader), case), _expected(case), name)
        text = case.rows.drop(_NOT_IN_TEXT)
        named = [name for name in case.columns if name not in _NOT_IN_TEXT]
        found = _answers(planned(_features(case, named), _as_text(text, Path(folder))), case)
        expected = {name: _expected(case)[name] for name in found}
        case.demand_same(found, expected, "a file of text")


def partitions_on_disk_do_not_matter(case: Case) -> None:
    """A history larger than the memory that it may take, folded a part at a time."""
    if case.rows.height < _FEW:
        return
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "rows.parquet")
        case.rows.write_parquet(path, row_group_size=_FEW)
        plan = _reading(_plan(case), Parquet(path))
        needed = view_cost(plan, history=case.rows.height, spine=case.spine.height).size_bytes
        heard: list[str] = []
        room = Room(memory=needed - 1, say=heard.append)
        found = _answers(plan, case, threads=2, room=room)
    if not any("partitions on disk" in one for one in heard):
        raise AssertionError(f"the view was folded in memory: {heard}")
    case.demand_same(found, _expected(case), "in partitions")


def a_row_asked_alone_gets_the_same(case: Case) -> None:
    """A request, of a history that stands, gets what a batch gives the row among others."""
    for clock in ("known_time", _DELAY):
        rows = range(0, case.spine.height, -(-case.spine.height // _ALONE) or 1)
        expected = {name: values[:: rows.step] for name, values in _expected(case, clock).items()}
        view = _plan(case, clock).view
        found: dict[str, list[Any]] = {name: [] for name in expected}
        for row in rows:
            answer = enrich(case.spine[row], [view], as_of="as_of")
            for name in found:
                found[name] += plain(answer[name])
        case.demand_same(found, expected, f"rows asked alone, known by {clock}")


PATH_LAWS: dict[str, Callable[[Case], None]] = {
    "the layout of files does not matter": the_layout_of_files_does_not_matter,
    "partitions on disk do not matter": partitions_on_disk_do_not_matter,
    "a row asked alone gets what it gets among others": a_row_asked_alone_gets_the_same,
}


def _features(case: Case, columns: list[str]) -> list[Windowed]:
    """The member over windows of every kind that it can be asked over."""
    members = [case.make(name, name=name) for name in columns]
    if case.member.reads == "rows":
        members.append(case.make(None, name="rows"))
    found = [one.within("1d", "7d") for one in members]
    found += [one.within("1d", hop="7h") for one in members]
    if "all" in case.windows:
        for one in members:
            found += [one.over_rows(3), one.over_session("1d"), one.over_all()]
            found.append(one.so_far("week", zone="America/New_York"))
    return found


def _plan(case: Case, clock: str | int = "known_time") -> ViewPlan:
    """Of all columns, over the frame in memory."""
    make = partial(planned, _features(case, list(case.columns)), Frame(case.rows), clock=clock)
    return case.once(f"a plan by {clock}", make)


def _expected(case: Case, clock: str | int = "known_time") -> dict[str, list[Any]]:
    """What a batch gives, of the frame in memory."""
    return case.once(f"a batch by {clock}", lambda: _answers(_plan(case, clock), case))


def _answers(plan: ViewPlan, case: Case, **given: Any) -> dict[str, list[Any]]:
    as_of = case.spine["as_of"].to_physical()
    found = view_features(plan, case.spine.select(ENTITY), as_of=as_of, **given)
    return {column.name: plain(column) for column in found.iter_columns()}


def _reading(plan: ViewPlan, reader: Reader) -> ViewPlan:
    source = replace(plan.source.source, reader=reader)
    return replace(plan, source=replace(plan.source, source=source))


def _laid_out(rows: pl.DataFrame, folder: Path) -> Iterator[tuple[str, Reader]]:
    for size in (_FEW, rows.height):
        path = folder / f"groups of {size}.parquet"
        rows.write_parquet(path, row_group_size=size)
        yield path.stem, Parquet(str(path))
    several = folder / "several"
    several.mkdir()
    size = -(-rows.height // _FILES)
    for number, part in enumerate(rows.iter_slices(size)):
        part.write_parquet(several / f"{number}.parquet")
    yield "five files", Parquet(str(several))


def _as_text(rows: pl.DataFrame, folder: Path) -> Reader:
    path = folder / "rows.csv"
    rows.write_csv(path, null_value=_NULL)
    return Csv(str(path), types=rows.schema, nulls=(_NULL,))
