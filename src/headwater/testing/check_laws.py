"""The laws that every check meets, on the rows that it plants itself; for the author of a new one.

A check counts exactly the rows that it plants, whatever the order of rows and however memory is cut
into chunks; it leaves out what `where=` leaves out, and no rows keep it. `check_laws` raises at the
first law that is broken:

>>> from headwater.checks.not_null import NotNull
>>> check_laws(NotNull)
>>> [law.name for law in laws_of(NotNull)][:2]
['its docstring says how nulls, no rows and order are treated', 'its definition is plain']
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from headwater.aggregations.count import Count
from headwater.checks.base import Check, Planted
from headwater.engines.breaking import broken
from headwater.engines.checking import CheckResult, check_rows
from headwater.plan.faults import Faults
from headwater.plan.sources import plan_source
from headwater.spec.frame import Frame
from headwater.spec.plain import plain
from headwater.spec.source import Source
from headwater.testing.aggregation_laws import Law

_FLAG = "it counts"


@dataclass(frozen=True, slots=True)
class Case:
    """What the laws of a check are tried on.

    Args:
        planted: As the member gives it.
        rows: Those that keep it, then those that break it.
        kept: How many keep it.
    """

    planted: Planted
    rows: pl.DataFrame
    kept: int

    @classmethod
    def of(cls, planted: Planted) -> Case:
        """The case of an example."""
        lengths = {len(values) for values in planted.keeps.values()}
        if planted.keeps.keys() != planted.breaks.keys() or len(lengths) != 1:
            raise AssertionError("keeps and breaks need the same columns, with values for each row")
        values = {name: [*planted.keeps[name], *planted.breaks[name]] for name in planted.keeps}
        return cls(planted, pl.DataFrame(values, strict=False), lengths.pop())

    @property
    def broken(self) -> int:
        """How many rows break it."""
        return self.rows.height - self.kept

    def result(self, rows: pl.DataFrame | None = None, **options: Any) -> CheckResult:
        """What the check finds, with other options than it was made with."""
        check = copy.copy(self.planted.check)
        for name, value in options.items():
            object.__setattr__(check, name, value)
        return check_rows(check, self.rows if rows is None else rows, source="planted")


def check_laws(member: type[Check]) -> None:
    """Check every law of a member.

    Raises:
        AssertionError: A law is broken; the message names member and law.
    """
    for law in laws_of(member):
        law.check()


def laws_of(member: type[Check]) -> list[Law]:
    """The laws that a member has to meet."""
    case = Case.of(member.planted())
    return [Law(name, partial(_tried, member, name, law, case)) for name, law in LAWS.items()]


def _tried(member: type[Check], name: str, law: Callable[[Case], None], case: Case) -> None:
    try:
        law(case)
    except AssertionError as broken:
        raise AssertionError(f"{member.__name__}: {name}: {broken}") from broken


def docstring_is_complete(case: Case) -> None:
    """Nulls, no rows and order are treated in words."""
    text = (type(case.planted.check).__doc__ or "").lower()
    missing = [word for word in ("null", "no rows", "order") if word not in text]
    _is(missing, [])


def definition_is_plain(case: Case) -> None:
    """Fingerprints can be taken of it, and it is a value."""
    check = case.planted.check
    json.dumps(plain(check))
    _is(plain(copy.copy(check)), plain(check))


def planned_without_faults(case: Case) -> None:
    """Its columns and statistics are accepted before a row is read; without columns it is not."""
    _is(_faults(case.planted.check, case.rows), set())
    _is(_faults(case.planted.check, pl.DataFrame({"another": [1]})), {"HW201"})


def clean_rows_pass(case: Case) -> None:
    """The rows that keep it break nothing."""
    found = case.result(case.rows.head(case.kept))
    _is((found.rows, found.broken, found.passed), (case.kept, 0, True))


def planted_rows_are_counted(case: Case) -> None:
    """Each row that breaks it is counted once, and no other."""
    found = case.result()
    _is((found.rows, found.broken, found.passed), (case.rows.height, case.broken, False))
    _is(case.broken > 0, True)


def order_does_not_matter(case: Case) -> None:
    """Any order of rows gives the same number."""
    for seed in range(5):
        order = random.Random(seed).sample(range(case.rows.height), case.rows.height)
        _is(case.result(case.rows[order]).broken, case.broken)


def chunks_do_not_matter(case: Case) -> None:
    """Rows that lie in memory one by one give the same number."""
    pieces = [case.rows[row : row + 1] for row in range(case.rows.height)]
    _is(case.result(pl.concat(pieces, rechunk=False)).broken, case.broken)


def no_rows_pass(case: Case) -> None:
    """Of no rows none breaks it."""
    found = case.result(case.rows.head(0))
    _is((found.rows, found.broken, found.passed), (0, 0, True))


def rows_without_values_are_alike(case: Case) -> None:
    """Rows of nulls all break it, or none does."""
    nulls = case.rows.clear(n=4)
    _is(case.result(nulls).broken in (0, 4), True)


def where_leaves_rows_out(case: Case) -> None:
    """Rows for which the condition is false or null are not asked."""
    flags = [True] * case.kept + [None if row % 2 else False for row in range(case.broken)]
    rows = case.rows.with_columns(pl.Series(_FLAG, flags, dtype=pl.Boolean))
    for where in (_FLAG, pl.col(_FLAG)):
        found = case.result(rows, where=where)
        _is((found.rows, found.broken), (case.kept, 0))
    found = case.result(rows, where=pl.lit(True))
    _is((found.rows, found.broken), (rows.height, case.broken))


def some_may_break(case: Case) -> None:
    """As many as may break it pass, one more does not; a share is one of the rows asked."""
    for at_most, passed in ((case.broken, True), (case.broken - 1, False), (1.0, True)):
        _is(case.result(at_most=at_most).passed, passed)


def parts_add_up(case: Case) -> None:
    """Where its statistics are counts, those of two parts of the rows add up to the whole's."""
    if not all(isinstance(one, Count) for one in case.planted.check.wanted().values()):
        return
    for cut in range(case.rows.height + 1):
        parts = (case.rows.head(cut), case.rows.tail(case.rows.height - cut))
        _is(sum(case.result(part).broken for part in parts), case.broken)


def rows_are_told_alone(case: Case) -> None:
    """Where it says of a row alone whether this breaks it, these are the rows that it counts."""
    if case.planted.check.breaks() is None:
        return
    expected = [row >= case.kept for row in range(case.rows.height)]
    _is(broken(case.planted.check, case.rows).to_list(), expected)
    alone = [case.rows[row : row + 1] for row in range(case.rows.height)]
    _is([broken(case.planted.check, row).item() for row in alone], expected)
    _is([case.result(row).broken for row in alone], [int(one) for one in expected])


LAWS: dict[str, Callable[[Case], None]] = {
    "its docstring says how nulls, no rows and order are treated": docstring_is_complete,
    "its definition is plain": definition_is_plain,
    "a plan accepts it, and refuses it without its columns": planned_without_faults,
    "rows that keep it pass": clean_rows_pass,
    "planted rows are counted exactly": planted_rows_are_counted,
    "the order of rows does not matter": order_does_not_matter,
    "chunks do not matter": chunks_do_not_matter,
    "no rows pass": no_rows_pass,
    "rows without values are judged alike": rows_without_values_are_alike,
    "where leaves rows out": where_leaves_rows_out,
    "as many may break it as may": some_may_break,
    "counts of parts add up": parts_add_up,
    "rows that it tells alone are those that it counts": rows_are_told_alone,
}
"""The laws by name."""


def _faults(check: Check, rows: pl.DataFrame) -> set[str]:
    faults = Faults()
    made = pl.Series("at", [], dtype=pl.Datetime("us", "UTC")).extend_constant(None, rows.height)
    source = Source("planted", Frame(rows.with_columns(made)), event_time="at", contract=[check])
    plan_source(source, faults)
    return {fault.code for fault in faults.found}


def _is(found: object, expected: object) -> None:
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")
