"""The rows that checks set aside: where they are in their source, which checks they break, and why.

Whether a row is set aside depends on this row alone, so the same rows are whatever else is read, in
whatever pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import polars as pl

from headwater.checks.base import Check
from headwater.engines.breaking import broken
from headwater.engines.histories import whole_rows
from headwater.plan.sources import SourcePlan
from headwater.spec.reader import Scanned

_ROW = "<row>"
_OPTIONS = ("at_most", "on_break", "place")
"""What does not decide which rows break a check."""


@dataclass(frozen=True, slots=True, eq=False)
class SetAside:
    """What is set aside of a source.

    Args:
        rows: How many rows it has.
        frame: Those set aside, in the order of the data: `row` (counted from 0), `checks` (those
            that it breaks), `reasons` (the same with their arguments) and `values` (a struct of the
            columns that are read).
    """

    rows: int
    frame: pl.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """The books of the source: `rows` read, `kept` and `set_aside`."""
        aside = self.frame.height
        return {"rows": self.rows, "kept": self.rows - aside, "set_aside": aside}


def set_aside(plan: SourcePlan) -> SetAside:
    """The rows of a source that its checks set aside.

    Raises:
        DataError: The source cannot be read; HW410, an expression of a check cannot be computed.
    """
    told = whole_rows(plan, plan.set_aside_by or plan.read[:1]).frame
    checks = {reason(one): one for one in plan.sets_aside}
    flags = [broken(one, told).alias(name) for name, one in checks.items()]
    found = pl.DataFrame(flags or {"": pl.repeat(False, told.height, eager=True)})
    rows = found.select(pl.any_horizontal(pl.all()).arg_true().cast(pl.Int64).alias("row"))["row"]
    words = {name: type(one).__name__ for name, one in checks.items()}
    lists = [
        _listed(found[rows], "checks", words),
        _listed(found[rows], "reasons", {name: name for name in checks}),
    ]
    return SetAside(told.height, pl.DataFrame([rows, *lists, _values(plan, rows)]))


def reason(check: Check) -> str:
    """A check with the arguments that decide which rows break it.

    >>> from headwater.checks.between import Between
    >>> reason(Between("price", 0, 100, at_most=3, on_break="set_aside"))
    "Between('price', low=0, high=100)"
    """
    named = [repr(column) for column in check.named]
    own = {one.name: getattr(check, one.name) for one in fields(check) if one.name not in _OPTIONS}
    said = [f"{k}={v!r}" for k, v in own.items() if k not in ("column", "columns", "where")]
    where = [] if check.where is None else [f"where={str(check.where)!r}"]
    return f"{type(check).__name__}({', '.join([*named, *said, *where])})"


def _listed(found: pl.DataFrame, called: str, said: Mapping[str, str]) -> pl.Series:
    """What is said of the checks that each of these rows breaks."""
    some = [pl.when(pl.col(one)).then(pl.lit(said.get(one, ""))) for one in found.columns]
    return found.select(pl.concat_list(some).list.drop_nulls().alias(called))[called]


def _values(plan: SourcePlan, rows: pl.Series) -> pl.Series:
    """What is read of these rows, as structs; of a table that need not be held, nothing more."""
    reader = plan.source.reader
    values = pl.struct(plan.read).alias("values")
    if not isinstance(reader, Scanned):
        return reader.read(plan.read)[rows].select(values)["values"]
    wanted = reader.scan(plan.read).with_row_index(_ROW).filter(pl.col(_ROW).is_in(rows.implode()))
    try:
        return wanted.sort(_ROW).select(values).collect(engine="streaming")["values"]
    except pl.exceptions.PolarsError as error:
        raise reader.unread(error) from error
