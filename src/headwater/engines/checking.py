"""Checks over a source's rows: how many break each, and how many may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from typing import Any

import polars as pl

from headwater.aggregations.base import Aggregation
from headwater.checks.base import Check
from headwater.engines.breaking import kept, none_kept, place_of
from headwater.engines.computed import computed
from headwater.engines.folding import fold
from headwater.engines.histories import whole_rows
from headwater.plan.checks import SET_ASIDE, expression, read_by
from headwater.plan.sources import SourcePlan


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found.

    Args:
        source: The source's name.
        check: The word, such as `NotNull`.
        columns: What it is about.
        rows: How many rows were asked: those that meet `where=`.
        broken: How many of them break it.
        allowed: How many may.
        on_break: `fail`, `warn` or `set_aside`.
        note: What else the check says of what it found.
    """

    source: str
    check: str
    columns: tuple[str, ...]
    rows: int
    broken: int
    allowed: int
    on_break: str
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether no more rows break it than may."""
        return self.broken <= self.allowed

    def __str__(self) -> str:
        named = ", ".join(self.columns)
        may = ", none may" if not self.allowed else f", {self.allowed:,} may"
        if self.on_break == SET_ASIDE and self.passed:
            may = " and are set aside"
        also = f"; {self.note}" if self.note else ""
        return f"{self.check}({named}): {self.broken:,} of {self.rows:,} rows break it{may}{also}"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values; without a note where it is empty."""
        plain = {**asdict(self), "columns": list(self.columns), "passed": self.passed}
        return {name: value for name, value in plain.items() if name != "note" or value}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> CheckResult:
        """The result that these plain values are of."""
        given = {one.name: plain[one.name] for one in fields(cls) if one.name in plain}
        return cls(**given | {"columns": tuple(plain["columns"])})


def check_source(plan: SourcePlan) -> list[CheckResult]:
    """What each check of a source's contract finds in its rows, in the order of the contract.

    Checks that set rows aside are asked of all rows, the others of those that remain.

    Raises:
        DataError: The source cannot be read; HW402, it has no rows or all are set aside; HW410, an
            expression of a check cannot be computed.
    """
    contract = plan.source.contract
    if not contract:
        return []
    columns = {column for check in contract for column in read_by(check, plan.schema)}
    rows = whole_rows(plan, columns).frame
    remaining, name = kept(plan, rows), plan.source.name
    if not remaining.height:
        raise none_kept(plan)
    return [
        check_rows(check, rows if check.on_break == SET_ASIDE else remaining, source=name)
        for check in contract
    ]


def check_rows(check: Check, frame: pl.DataFrame, *, source: str) -> CheckResult:
    """What one check finds in the rows of a frame; their order does not matter."""
    asked = _asked(check, frame)
    statistics = _statistics(check, asked)
    return CheckResult(
        source,
        type(check).__name__,
        check.named,
        rows=asked.height,
        broken=check.broken(statistics),
        allowed=_allowed(check, asked.height),
        on_break=check.on_break,
        note=check.note(statistics),
    )


def _asked(check: Check, frame: pl.DataFrame) -> pl.DataFrame:
    if check.where is None:
        return frame
    where = computed(frame, {"where": expression(check.where)}, place=place_of(check))["where"]
    return frame.filter(where.fill_null(False))


def _statistics(check: Check, frame: pl.DataFrame) -> Mapping[str, Any]:
    """The results of what a check wants, by its names.

    Expressions are computed before they are folded, so that a value which does not fit is reported
    as the data's fault.
    """
    wanted = check.wanted()
    parts = {
        (name, part): expression(given)
        for name, aggregation in wanted.items()
        for part, given in (("column", aggregation.column), ("where", _condition(aggregation)))
        if given is not None
    }
    names = {key: f"{position}" for position, key in enumerate(parts)}
    named = {names[key]: part for key, part in parts.items()}
    values = computed(frame, named, place=place_of(check))
    return fold({name: _over(one, name, names) for name, one in wanted.items()}, values)


def _condition(aggregation: Aggregation) -> Any:
    return pl.lit(True) if aggregation.where is None else aggregation.where


def _over(aggregation: Aggregation, name: str, names: Mapping[tuple[str, str], str]) -> Aggregation:
    """The same aggregation over columns that are computed already."""
    return replace(aggregation, column=names.get((name, "column")), where=names[name, "where"])


def _allowed(check: Check, rows: int) -> int:
    """How many rows may break a check; a share is taken as it is written, 0.29 of 100 is 29."""
    at_most = check.at_most
    if at_most is None:
        return rows if check.on_break == SET_ASIDE else 0
    return at_most if isinstance(at_most, int) else int(Fraction(str(at_most)) * rows)
