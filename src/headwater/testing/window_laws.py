"""The laws of members that serve windows; each takes a case and raises where it is broken."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from typing import Any

import polars as pl

from headwater.aggregations.base import Earlier
from headwater.engines import passes
from headwater.kernel.compile import compiled
from headwater.plan.naming import folded
from headwater.testing import reference
from headwater.testing.histories import ENTITY, WINDOWS, History, Plain
from headwater.testing.law_cases import (
    KINDS,
    Case,
    answered,
    answers,
    apart,
    demand_same,
    frame_of,
    in_other_orders,
    merged,
    same,
    value_of,
    with_made,
)
from headwater.testing.plain_folds import combined, plain_result
from headwater.testing.reference_words import Counted

_DELAYS = (0, -3, WINDOWS["1h"] // 2, WINDOWS["1d"])
"""Microseconds from an event to when it is known."""
_EXTREMES = (
    {"amount": math.nan, "quantity": 2**63 - 1, "note": "zzz", "flag": True},
    {"amount": 1.7e308, "quantity": -(2**63), "note": "", "flag": True},
    {"amount": -math.inf, "quantity": 1, "note": "\x00", "flag": True},
    {"amount": 5e-324, "quantity": 0, "note": None, "flag": True},
)


def equals_the_reference(case: Case) -> None:
    """Exact where the result is one of the values, a count or a sum; else within 2 ulp."""
    if case.member.word not in reference.WORDS or case.make("amount").parts:
        return
    found = case.found()
    stored = case.made.frames()[0].columns
    for name, column, window, where in _asked(case):
        if column is not None and column not in stored:
            continue
        feature = reference.Feature(
            case.member.word, column, window, clock=_clock(case, column, where), where=where,
            other=case.other, parameters=case.arguments,
        )  # fmt: skip
        expected: list[Any] = []
        for part in case.parts:
            expected += reference.enrich(
                part.spine, part.rows, entity=ENTITY, as_of="as_of", event_time="event_time",
                sequence="sequence", feature=feature,
            )  # fmt: skip
        for row, (one, wanted) in enumerate(zip(found[name], expected, strict=True)):
            wanted = case.empty if wanted is None else wanted
            if not _near(one, wanted, case.member):
                raise AssertionError(f"{name}, row {row}: found {one!r}, expected {wanted!r}")


def equals_its_functions(case: Case) -> None:
    """The functions in plain Python over the visible rows, split anywhere: merge is associative."""
    found = case.found()
    rng = Random(0)
    histories = [(part, asked) for part in case.parts for asked in part.spine]
    for name, column, window, where in _asked(case):
        if column is None:
            continue
        member: Any = case.make(column, where=where)
        for row, (part, asked) in enumerate(histories):
            results = []
            for one in member.parts or (member,):
                rows = _visible(case, part, asked, (one, column, window))
                results.append(_plain(folded(one), rows, asked["as_of"], rng))
            expected = combined(member, results) if member.parts else results[0]
            expected = list(expected) if isinstance(expected, tuple) else expected
            case.demand_same(found[name][row], expected, f"{name}, row {row}")


def _plain(member: Any, rows: list[Plain], as_of: int | None, rng: Random) -> Any:
    """The result over rows that are visible, of those among them that count."""
    other = member.other if "other" in member.reads_also else None
    counted = [
        Counted(
            None if member.column is None else value_of(row, member.column),
            None if other is None else value_of(row, other),
            row["event_time"],
            (row["event_time"], row["sequence"]),
        )
        for row in rows
    ]
    kept = [
        row
        for row in counted
        if (row.value is not None or member.column is None or member.counts_nulls)
        and (row.other is not None or other is None)
    ]
    kind = "integer" if member.column is None else KINDS[member.column]
    result = plain_result(member, kept, kind, as_of=as_of, rng=rng)
    if member.returns == "boolean" and result is not None:
        return bool(result)
    return result


def order_of_rows_does_not_matter(case: Case) -> None:
    """Nor do the chunks of a frame."""
    for name, other in in_other_orders(case.rows).items():
        found = answered(answers(case.make, other, case.spine))
        case.demand_same(found, case.found(), name)


def ties_give_the_same_in_any_order(case: Case) -> None:
    """Without a sequence: the same values, or the same error, in any order of rows."""
    if not case.member.ordered:
        return
    for part in case.parts:
        _demand_same_of_ties(case, part, part.spine)
    if case.has_told:
        return
    for part in case.parts:  # ties refuse a whole history where one question meets them
        for asked in part.spine:
            _demand_same_of_ties(case, part, [asked])


def _demand_same_of_ties(case: Case, part: History, asked: list[Plain]) -> None:
    rows, spine = frame_of(part), History([], asked).frames()[1]
    expected = answers(case.make, rows, spine, sequence=None)
    compare = demand_same if isinstance(expected, str) else case.demand_same
    for name, other in in_other_orders(rows).items():
        found = answers(case.make, other, spine, sequence=None)
        compare(found, expected, f"{name}, history({part.seed})")


def threads_do_not_matter(case: Case) -> None:
    """Each question is an entity of its own here, so that there is something to share."""
    for threads in (2, 5):
        found = answered(case.answers(case.alone(), threads=threads))
        case.demand_same(found, case.found_alone(), f"{threads} threads")


def other_questions_do_not_matter(case: Case) -> None:
    """Neither which rows of a spine are asked together, nor their order or number."""
    positions = list(range(len(case.made.spine)))
    for chosen in (positions[::-1], positions[::3], positions[1::3], positions[2::3] * 2):
        found = answered(answers(case.make, case.rows, case.spine[chosen]))
        expected = {name: [values[i] for i in chosen] for name, values in case.found().items()}
        case.demand_same(found, expected, f"rows {chosen[:3]}... of the spine")


def history_before_the_window_does_not_matter(case: Case) -> None:
    """Rows that left a window leave no trace in it, whatever their size was."""
    for text, window in case.windows.items():
        if window is not None:
            # what compares with the window before reads twice as far
            reach = window if "all" in case.windows else 2 * window
            asked = _without_what_is_before(case.alone(), reach)
            found = answered(case.answers(asked, windows=(text,)))
            for name, values in found.items():
                case.demand_same(values, case.found_alone()[name] * 2, name)


def _without_what_is_before(alone: History, reach: int) -> History:
    """Each question without the rows that left its window; again with others in their place."""
    starts = {asked["store"]: _moment(asked) - reach for asked in alone.spine}
    rows = [row for row in alone.rows if row["event_time"] >= starts[row["store"]]]
    again, spine = (
        [one | {"store": -1 - one["store"]} for one in part] for part in (rows, alone.spine)
    )
    for i, asked in enumerate(spine):
        before = _moment(asked) - reach - 1
        again.append(_hidden(asked, before, before, i))
    return History(rows + again, alone.spine + spine)


def future_and_unknown_rows_do_not_matter(case: Case) -> None:
    """Rows at or after `as_of`, and rows not known by then, may hold anything."""
    alone, whole = case.alone(), case.found_alone()
    number = count()
    future, unknown = [], []
    for asked in alone.spine:
        at = _moment(asked)
        future += [
            _hidden(asked, at + step, at - 9, next(number)) for step in (0, 1, WINDOWS["1d"])
        ]
        unknown += [_hidden(asked, at - 1, known, next(number)) for known in (at + 1, None)]
    with_future = answered(case.answers(History(alone.rows + future, alone.spine)))
    case.demand_same(with_future, whole, "with rows of the future")
    with_both = answered(case.answers(History(future + alone.rows + unknown, alone.spine)))
    for name, column, _, where in _asked(case):
        if _clock(case, column, where):
            case.demand_same(with_both[name], whole[name], f"{name} with rows that are not known")


def nothing_visible_gives_the_empty_result(case: Case) -> None:
    """A null key, a stranger, a null `as_of`, no row at all, and null values only."""
    empty = case.empty
    moment = max((row["event_time"] for row in case.made.rows), default=0) + 1
    keys = [(None, 1), ("nobody", None), ("nobody", 1)]
    spine = [{"region": r, "store": s, "as_of": moment} for r, s in keys]
    spine += [{**asked, "as_of": None} for asked in case.made.spine]
    for rows in (case.made.rows, []):
        for name, values in answered(case.answers(History(rows, spine))).items():
            demand_same(values, [empty] * len(spine), f"{name} of nothing")
    nulls = [row | {"amount": None, "quantity": None, "note": None, "flag": None}
             for row in case.made.rows]  # fmt: skip
    found = answered(case.answers(History(nulls, case.made.spine)))
    for name, column, _, where in _asked(case):
        if column in ("amount", "quantity", "note", "flag", "pair") or where:
            demand_same(found[name], [empty] * len(case.made.spine), f"{name} of nulls")


def a_clock_that_follows_events_has_the_same_bits(case: Case) -> None:
    """A delay that is declared gives what a column of the same known times does.

    What is known a constant time after it happened may be folded by a quicker pass.
    """
    known = _known_after(case)
    rows = pl.concat(known.values())
    spine = pl.concat(apart(case.spine, delay) for delay in _DELAYS)
    whole = answered(answers(case.make, rows, spine))
    for number, (delay, frame) in enumerate(known.items()):
        windows = [text for text, end in case.windows.items() if end is None or end > delay]
        asked = apart(case.spine, delay)
        clock = "event_time" if delay == 0 else delay
        with quick_at_any_size():
            found = answered(answers(case.make, frame, asked, clock=clock, windows=windows))
        own = slice(number * asked.height, (number + 1) * asked.height)
        expected = {name: whole[name][own] for name in found}
        case.demand_same(found, expected, f"known {delay} microseconds after the event")


def _known_after(case: Case) -> dict[int, pl.DataFrame]:
    """For each delay the rows, known so long after they happened, with keys of their own."""
    stored = case.rows.select(case.made.frames()[0].columns)
    return {
        delay: with_made(
            apart(stored, delay).with_columns(
                known_time=pl.col("event_time") + pl.duration(microseconds=delay)
            )
        )
        for delay in _DELAYS
    }


def plain_python_gives_the_same_bits(case: Case) -> None:
    """What is compiled and what a debugger steps through are one arithmetic."""
    few = merged(History(part.rows[:15], part.spine[:2], part.seed) for part in case.parts[:4])
    for made in (few, case.made):
        expected = answered(case.answers(made))
        with uncompiled():
            case.demand_same(case.answers(made), expected, "without compiling")
        if case.has_told:  # as a rule, and sooner
            return


@contextmanager
def quick_at_any_size() -> Iterator[None]:
    """Take the quicker pass for clocks that follow events however few the rows; for tests."""
    before = passes.QUICK_FROM
    passes.QUICK_FROM = 0
    try:
        yield
    finally:
        passes.QUICK_FROM = before


@contextmanager
def uncompiled() -> Iterator[None]:
    """Run every pass as plain Python for a while; for tests, in one thread."""
    before = os.environ.get("HEADWATER_COMPILE")
    os.environ["HEADWATER_COMPILE"] = "0"
    compiled.cache_clear()
    try:
        yield
    finally:
        os.environ.pop("HEADWATER_COMPILE")
        if before is not None:
            os.environ["HEADWATER_COMPILE"] = before
        compiled.cache_clear()


WINDOW_LAWS: dict[str, Callable[[Case], None]] = {
    "it equals the naive reference": equals_the_reference,
    "it equals its own functions in plain Python, in any split": equals_its_functions,
    "the order of rows does not matter": order_of_rows_does_not_matter,
    "ties give the same in any order of rows": ties_give_the_same_in_any_order,
    "the number of threads does not matter": threads_do_not_matter,
    "other questions do not matter": other_questions_do_not_matter,
    "history before the window does not matter": history_before_the_window_does_not_matter,
    "future and unknown rows do not matter": future_and_unknown_rows_do_not_matter,
    "nothing visible gives the empty result": nothing_visible_gives_the_empty_result,
    "a clock that follows events has the same bits": a_clock_that_follows_events_has_the_same_bits,
    "plain Python gives the same bits": plain_python_gives_the_same_bits,
}


def _asked(case: Case) -> Iterator[tuple[str, str | None, int | None, str | None]]:
    """Each feature: its name, column, window and condition."""
    windows = case.windows
    for column in case.columns:
        for text, window in windows.items():
            yield f"{column}_{text}", column, window, None
        last = "all" if "all" in windows else "7d"
        yield f"{column}_where_{last}", column, windows[last], "flag"
    if case.member.reads == "rows":
        for text, window in windows.items():
            yield f"rows_{text}", None, window, None


def _clock(case: Case, column: str | None, where: str | None) -> reference.Moments:
    """R2: keys, sequence and event time are always known, everything else at `known_time`."""
    read = {column, where, case.other, *_columns_of_parts(case, column)}
    return (("known_time", 0),) if read - {None, "event_time"} else ()


def _columns_of_parts(case: Case, column: str | None) -> set[str | None]:
    return {folded(part).column for part in case.make(column).parts}


def _visible(
    case: Case, made: History, asked: Plain, what: tuple[Any, str, int | None]
) -> list[Plain]:
    """The rows that may count for a member or a part of it, in event order."""
    part, column, window = what
    member = folded(part)
    where, end = member.where, asked["as_of"]
    clock = _clock(case, column, where)
    reach = None if window is None else window * (1 + isinstance(part, Earlier))
    feature = reference.Feature("count", member.column, reach, clock=clock, where=where)
    rows = [
        row
        for row in made.rows
        if reference.same_key(row, asked, ENTITY)
        and reference.visible(row, feature, as_of=end, event_time="event_time")
        and not (isinstance(part, Earlier) and row["event_time"] >= end - (window or 0))
    ]
    return sorted(rows, key=lambda row: (row["event_time"], row["sequence"]))


def _moment(asked: Plain) -> int:
    moment: int = asked["as_of"]
    return moment


def _hidden(asked: Plain, event: int, known: int | None, number: int) -> Plain:
    key = {part: asked[part] for part in ENTITY}
    times = {"event_time": event, "known_time": known, "sequence": 5000 + number}
    return key | times | _EXTREMES[number % len(_EXTREMES)]


def _near(found: Any, expected: Any, member: Any) -> bool:
    """Floats that are computed within 2 ulp or the member's tolerance, all else to the bit."""
    if isinstance(found, list) and isinstance(expected, list):
        return same(found, expected, tolerance=member.tolerance)
    if isinstance(found, bool) is not isinstance(expected, bool):
        return False
    is_computed = member.returns in ("float", "difference") and math.isfinite(expected or 0.0)
    if not is_computed or not isinstance(found, float) or not isinstance(expected, float):
        return same(found, expected)
    if expected == 0.0:
        return same(found, expected)
    room = max(2 * math.ulp(expected), member.tolerance * abs(expected))
    return bool(abs(found - expected) <= room)
