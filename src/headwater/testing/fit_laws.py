"""The laws of members that serve fits: one statistic over a frame's rows, whatever their order."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import polars as pl

from headwater.engines.folding import fold
from headwater.testing.histories import Plain
from headwater.testing.law_cases import (
    Case,
    apart,
    demand_same,
    frame_of,
    in_other_orders,
    plain,
    value_of,
)
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
    for rows, by in ((_rows(case), "history"), (_rows(case), "region"), (_longest(case), None)):
        expected = statistics(case, rows, by=by)
        for name, other in in_other_orders(rows).items():
            case.demand_same(statistics(case, other, by=by), expected, f"{name}, by={by!r}")


def groups_are_their_rows_alone(case: Case) -> None:
    """`by=` gives what each group's rows give by themselves, sorted; a null is in no group."""
    every, longest = _rows(case), _longest(case)
    for rows, by in ((every, "history"), (every, "region"), (longest, "store"), (longest, "flag")):
        found = statistics(case, rows, by=by)
        values = rows[by].drop_nulls().unique().sort().to_list()
        alone = {value: statistics(case, rows.filter(pl.col(by) == value)) for value in values}
        for name, groups in found.items():
            expected = {value: alone[value][name] for value in values}
            case.demand_same(groups, expected, f"{name} by {by}")


def a_condition_is_a_filter(case: Case) -> None:
    """Rows where the condition is false or null do not count; a group without others is empty."""
    rows = _rows(case)
    nothing = statistics(case, rows.clear())
    kept = statistics(case, rows.filter(pl.col("flag")), by="history")
    histories = rows["history"].unique().sort().to_list()
    for name, groups in statistics(case, rows, where="flag", by="history").items():
        expected = {one: kept[name].get(one, nothing[name]) for one in histories}
        case.demand_same(groups, expected, f"where=, {name}")
    longest = _longest(case)
    expected = statistics(case, longest.filter(pl.col("flag")))
    case.demand_same(statistics(case, longest, where="flag"), expected, "where=")


def nothing_gives_the_empty_result(case: Case) -> None:
    """No row, null values only, and a condition that never holds are the same."""
    rows = _rows(case)
    expected = statistics(case, rows.clear())
    if not hasattr(case.member, "summarise"):
        demand_same(expected, dict.fromkeys(expected, case.empty), "no row")
    never = statistics(case, rows, where=pl.lit(False))
    demand_same(never, expected, "a condition never met")
    nulls = rows.with_columns(pl.lit(None, rows[name].dtype).alias(name) for name in case.columns)
    histories = rows["history"].unique().sort().to_list()
    for by in ("history", None):
        found = statistics(case, nulls, by=by)
        for name in case.columns:
            nothing = expected[name] if by is None else dict.fromkeys(histories, expected[name])
            demand_same(found[name], nothing, f"nulls only, {name}, by={by!r}")
    for name, groups in statistics(case, rows.clear(), by="region").items():
        demand_same(groups, {}, f"no group, {name}")


def equals_its_functions(case: Case) -> None:
    """The functions in plain Python over the values, in any order and split anywhere."""
    if hasattr(case.member, "summarise"):
        return
    found = statistics(case, _rows(case), by="history")
    rng = Random(0)
    for number, part in enumerate(case.parts):
        rows = rng.sample(part.rows, len(part.rows))
        for column in case.columns if rows else ():
            taken = found[column][number]
            if case.columns[column] in ("time", "duration") and taken is not None:
                taken = plain(pl.Series([taken]))[0]
            case.demand_same(taken, _plain(case, rows, column, rng), f"{column}, {part.seed}")


def _plain(case: Case, rows: list[Plain], column: str, rng: Random) -> Any:
    pairs = [(value_of(row, column), value_of(row, case.other or column)) for row in rows]
    known = [pair for pair in pairs if None not in pair]
    counted = [Counted(value, other, rank=i) for i, (value, other) in enumerate(known)]
    found = plain_result(case.member, counted, case.columns[column], rng=rng)
    return list(found) if isinstance(found, tuple) else found


def _rows(case: Case) -> pl.DataFrame:
    """The rows of all histories, which `history` tells apart, each with regions of its own.

    No statistic is taken of all at once: what one history may hold is as much as a sum can be.
    """
    frames = [frame_of(part) for part in case.parts]
    return pl.concat(
        apart(rows, number).with_columns(history=pl.lit(number))
        for number, rows in enumerate(frames)
    )


def _longest(case: Case) -> pl.DataFrame:
    """The rows of the history that has the most, for what keeps no history apart."""
    return frame_of(max(case.parts, key=lambda part: len(part.rows)))


FIT_LAWS: dict[str, Callable[[Case], None]] = {
    "in a fit the order of rows does not matter": order_of_rows_does_not_matter,
    "in a fit each group is its rows alone": groups_are_their_rows_alone,
    "in a fit a condition is a filter": a_condition_is_a_filter,
    "in a fit nothing gives the empty result": nothing_gives_the_empty_result,
    "in a fit it equals its own functions in plain Python": equals_its_functions,
}
