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
    answers,
    frame_of,
    merged,
    same,
    value_of,
)
from headwater.testing.plain_folds import combined, plain_result
from headwater.testing.reference_words import Counted

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
    found = _found(case)
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
    found = _found(case)
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
    rows, spine = frame_of(case.made), case.made.frames()[1]
    expected = answers(case.make, rows, spine)
    for name, other in _in_other_orders(rows).items():
        case.demand_same(answers(case.make, other, spine), expected, name)


def ties_give_the_same_in_any_order(case: Case) -> None:
    """Without a sequence: the same values, or the same error, in any order of rows."""
    if not case.member.ordered:
        return
    for part in case.parts:
        rows, spine = frame_of(part), part.frames()[1]
        expected = answers(case.make, rows, spine, sequence=None)
        for name, other in _in_other_orders(rows).items():
            found = answers(case.make, other, spine, sequence=None)
            case.demand_same(found, expected, f"{name}, history({part.seed})")


def threads_do_not_matter(case: Case) -> None:
    """Each question is an entity of its own here, so that there is something to share."""
    alone = _each_alone(case.made)
    expected = case.answers(alone)
    for threads in (2, 5):
        case.demand_same(case.answers(alone, threads=threads), expected, f"{threads} threads")


def other_questions_do_not_matter(case: Case) -> None:
    """Neither which rows of a spine are asked together, nor their order or number."""
    whole, spine = _found(case), case.made.spine
    positions = list(range(len(spine)))
    for chosen in (positions[::-1], positions[::3], positions[1::3], positions[2::3] * 2):
        asked = History(case.made.rows, [spine[i] for i in chosen])
        expected = {name: [values[i] for i in chosen] for name, values in whole.items()}
        case.demand_same(case.answers(asked), expected, f"rows {chosen[:3]}... of the spine")


def history_before_the_window_does_not_matter(case: Case) -> None:
    """Rows that left a window leave no trace in it, whatever their size was."""
    alone = _each_alone(case.made)
    whole = _dictionary(case.answers(alone))
    for text, window in case.windows.items():
        if window is not None:
            # what compares with the window before reads twice as far
            window = window if "all" in case.windows else 2 * window
            starts = {asked["store"]: _moment(asked) - window for asked in alone.spine}
            rows = [row for row in alone.rows if row["event_time"] >= starts[row["store"]]]
            extra = [
                _hidden(asked, starts[asked["store"]] - 1, starts[asked["store"]] - 1, i)
                | {"quantity": 7}  # the sum over all history is still asked for
                for i, asked in enumerate(alone.spine)
            ]
            for kept in (rows, rows + extra):
                found = _dictionary(case.answers(History(kept, alone.spine)))
                for name in _named(case, text):
                    case.demand_same(found[name], whole[name], name)


def future_and_unknown_rows_do_not_matter(case: Case) -> None:
    """Rows at or after `as_of`, and rows not known by then, may hold anything."""
    alone = _each_alone(case.made)
    whole = _dictionary(case.answers(alone))
    number = count()
    future, unknown = [], []
    for asked in alone.spine:
        at = _moment(asked)
        future += [
            _hidden(asked, at + step, at - 9, next(number)) for step in (0, 1, WINDOWS["1d"])
        ]
        unknown += [_hidden(asked, at - 1, known, next(number)) for known in (at + 1, None)]
    with_future = case.answers(History(alone.rows + future, alone.spine))
    case.demand_same(with_future, whole, "with rows of the future")
    with_both = _dictionary(case.answers(History(future + alone.rows + unknown, alone.spine)))
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
        for name, values in _dictionary(case.answers(History(rows, spine))).items():
            case.demand_same(values, [empty] * len(spine), f"{name} of nothing")
    nulls = [row | {"amount": None, "quantity": None, "note": None, "flag": None}
             for row in case.made.rows]  # fmt: skip
    found = _dictionary(case.answers(History(nulls, case.made.spine)))
    for name, column, _, where in _asked(case):
        if column in ("amount", "quantity", "note", "flag", "pair") or where:
            case.demand_same(found[name], [empty] * len(case.made.spine), f"{name} of nulls")


def a_clock_that_follows_events_has_the_same_bits(case: Case) -> None:
    """What is known as soon as it happened may be folded by a quicker pass."""
    for delay in (0, -3):
        rows = [row | {"known_time": row["event_time"] + delay} for row in case.made.rows]
        frame, spine = frame_of(History(rows, case.made.spine)), case.made.frames()[1]
        expected = answers(case.make, frame, spine)
        with quick_at_any_size():
            found = answers(case.make, frame, spine, clock="event_time")
        case.demand_same(found, expected, f"known {delay} microseconds after the event")


def plain_python_gives_the_same_bits(case: Case) -> None:
    """What is compiled and what a debugger steps through are one arithmetic."""
    made = merged(History(part.rows[:15], part.spine[:2], part.seed) for part in case.parts[:4])
    expected = case.answers(made)
    with uncompiled():
        case.demand_same(case.answers(made), expected, "without compiling")


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


def _in_other_orders(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    cut = rows.height // 3
    return {
        "reversed": rows[::-1],
        "shuffled": rows.sample(fraction=1.0, shuffle=True, seed=5),
        "chunks": pl.concat([rows[:cut], rows[cut : cut + 1], rows[cut + 1 :]], rechunk=False),
    }


def _found(case: Case) -> dict[str, list[Any]]:
    return _dictionary(case.answers())


def _dictionary(found: Any) -> dict[str, list[Any]]:
    if isinstance(found, str):
        raise AssertionError(f"the engine refused with {found}")
    return found  # type: ignore[no-any-return]


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


def _named(case: Case, window: str) -> list[str]:
    return [name for name, *_ in _asked(case) if name.endswith(f"_{window}")]


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


def _each_alone(made: History) -> History:
    """Each question with a copy of its entity's history, under a key of its own."""
    rows, spine = [], []
    for i, asked in enumerate(made.spine):
        if asked["as_of"] is not None:
            own = {"region": f"question {i}", "store": i}
            spine.append(asked | own)
            rows += [row | own for row in made.rows if reference.same_key(row, asked, ENTITY)]
    return History(rows, spine)


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
