"""The laws of members that serve fits: one statistic over a frame's rows, whatever their order."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import polars as pl

from headwater.engines.folding import fold
from headwater.testing.law_cases import Case, frame_of, plain, value_of
from headwater.testing.plain_folds import plain_result
from headwater.testing.reference_words import Counted


def statistics(
    case: Case, rows: pl.DataFrame, *, by: str | None = None, where: Any = None
) -> dict[str, Any]:
    """The member over each column that it takes."""
    asked = {name: case.make(name, where=where) for name in case.columns}
    if case.member.reads == "rows":
        asked["rows"] = case.make(None, where=where)
    return fold(asked, rows, by=by)


def order_of_rows_does_not_matter(case: Case) -> None:
    """Nor do the chunks of a frame, over all rows and by group."""
    rows = frame_of(case.made)
    cut = rows.height // 3
    chunks = pl.concat([rows[:cut], rows[cut : cut + 1], rows[cut + 1 :]], rechunk=False)
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=5)
    for by in (None, "region"):
        expected = statistics(case, rows, by=by)
        for name, other in {"reversed": rows[::-1], "shuffled": shuffled, "chunks": chunks}.items():
            case.demand_same(statistics(case, other, by=by), expected, f"{name}, by={by!r}")


def groups_are_their_rows_alone(case: Case) -> None:
    """`by=` gives what each group's rows give by themselves, sorted; a null is in no group."""
    rows = frame_of(case.made)
    for by in ("region", "store", "flag"):
        found = statistics(case, rows, by=by)
        values = rows[by].drop_nulls().unique().sort().to_list()
        alone = {value: statistics(case, rows.filter(pl.col(by) == value)) for value in values}
        for name, groups in found.items():
            expected = {value: alone[value][name] for value in values}
            case.demand_same(groups, expected, f"{name} by {by}")


def a_condition_is_a_filter(case: Case) -> None:
    """Rows where the condition is false or null do not count."""
    rows = frame_of(case.made)
    expected = statistics(case, rows.filter(pl.col("flag")))
    case.demand_same(statistics(case, rows, where="flag"), expected, "where=")


def nothing_gives_the_empty_result(case: Case) -> None:
    """No row, null values only, and a condition that never holds are the same."""
    rows = frame_of(case.made)
    expected = statistics(case, rows.clear())
    if not hasattr(case.member, "summarise"):
        case.demand_same(expected, dict.fromkeys(expected, case.empty), "no row")
    case.demand_same(statistics(case, rows, where=pl.lit(False)), expected, "a condition never met")
    nulls = rows.with_columns(pl.lit(None, rows[name].dtype).alias(name) for name in case.columns)
    found = statistics(case, nulls)
    for name in case.columns:
        case.demand_same(found[name], expected[name], f"nulls only, {name}")
    for name, groups in statistics(case, rows.clear(), by="region").items():
        case.demand_same(groups, {}, f"no group, {name}")


def equals_its_functions(case: Case) -> None:
    """The functions in plain Python over the values, in any order and split anywhere."""
    if hasattr(case.member, "summarise"):
        return
    found = statistics(case, frame_of(case.made))
    rng = Random(0)
    for column, kind in case.columns.items():
        rows = rng.sample(case.made.rows, len(case.made.rows))
        pairs = [(value_of(row, column), value_of(row, case.other or column)) for row in rows]
        known = [pair for pair in pairs if None not in pair]
        counted = [Counted(value, other, rank=i) for i, (value, other) in enumerate(known)]
        expected = plain_result(case.member, counted, kind, rng=rng)
        taken = found[column]
        if kind in ("time", "duration") and taken is not None:
            taken = plain(pl.Series([taken]))[0]
        expected = list(expected) if isinstance(expected, tuple) else expected
        case.demand_same(taken, expected, column)


FIT_LAWS: dict[str, Callable[[Case], None]] = {
    "in a fit the order of rows does not matter": order_of_rows_does_not_matter,
    "in a fit each group is its rows alone": groups_are_their_rows_alone,
    "in a fit a condition is a filter": a_condition_is_a_filter,
    "in a fit nothing gives the empty result": nothing_gives_the_empty_result,
    "in a fit it equals its own functions in plain Python": equals_its_functions,
}
