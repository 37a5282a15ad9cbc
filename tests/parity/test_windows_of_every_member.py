"""Every member over a window of any kind is that member over all the rows that the window holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Earlier
from headwater.plan.naming import folded
from headwater.testing import reference
from headwater.testing.histories import ENTITY, WINDOWS, History, history
from headwater.testing.law_cases import KINDS, demand_same, frame_of, plain
from headwater.testing.plain_folds import combined
from headwater.testing.reference_windows import Before, Newest, Session, SoFar, Within, held
from headwater.testing.window_laws import quick_at_any_size, uncompiled

DAY, HOUR = WINDOWS["1d"], WINDOWS["1h"]
WINDOW: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "7d": (lambda one: one.within("7d"), Within(7 * DAY)),
    "1d_hop_7h": (lambda one: one.within("1d", hop="7h"), Within(DAY, 7 * HOUR)),
    "4rows": (lambda one: one.over_rows(4), Newest(4)),
    "2rows_1d": (lambda one: one.over_rows(2, within="1d"), Newest(2, DAY)),
    "session_1d": (lambda one: one.over_session("1d"), Session(DAY)),
    "week_so_far": (
        lambda one: one.so_far("week", zone="America/New_York"),
        SoFar("week", "America/New_York"),
    ),
}


def members(kinds: int) -> list[Any]:
    """Each that serves windows, over columns of so many kinds that it takes."""
    found: list[Any] = []
    for name, member in sorted(plugins.members("aggregations").items()):
        word: Any = member.load()
        if "window" not in word.serves:
            continue
        taken = [column for column, kind in KINDS.items() if kind in word.takes]
        for column in taken[:kinds]:
            found.append(word.of_example(column, name=f"{name}_{column}"))
    return found


def asks_before(word: Any) -> bool:
    """Whether it compares with the window before, which only one of a length has."""
    return any(isinstance(part, Earlier) for part in word.parts)


def alone(parts: list[History]) -> History:
    """Each question with its own copy of the history, under a key of its own."""
    rows: list[dict[str, Any]] = []
    spine: list[dict[str, Any]] = []
    for part in parts:
        for asked in (one for one in part.spine if one["as_of"] is not None):
            own = {"region": "all", "store": len(spine)}
            rows += [row | own for row in part.rows if reference.same_key(row, asked, ENTITY)]
            spine.append(asked | own)
    return History(rows, spine)


def holding(made: History, window: Any, clock: str) -> History:
    """With the rows only that a window of each question holds."""
    feature = reference.Feature("count", "amount", window, ((clock, 0),))
    order: dict[str, Any] = {"event_time": "event_time", "sequence": "sequence", "column": "amount"}
    rows: list[dict[str, Any]] = []
    for asked in made.spine:
        at = asked["as_of"]
        own = [row for row in made.rows if row["store"] == asked["store"]]
        visible = [
            row for row in own if reference.visible(row, feature, as_of=at, event_time="event_time")
        ]
        rows += map(dict, held(visible, window, as_of=at, **order))
    return History(rows, made.spine)


def answers(made: History, features: list[Any], clock: str) -> dict[str, list[Any]]:
    source = hw.Source(
        "s", hw.Frame(frame_of(made)), event_time="event_time", known_time=clock,
        null_known_time="never", sequence="sequence",
    )  # fmt: skip
    view = hw.FeatureView("v", source, entity=ENTITY, features=features)
    found: pl.DataFrame = hw.enrich(made.frames()[1], [view], as_of="as_of")
    return {name: plain(found[name]) for name in found.columns if name.startswith("v__")}


CASES = [*((name, "known_time") for name in WINDOW), ("4rows", "event_time")]


def over_all_rows(word: Any) -> list[Any]:
    """A member over all history; of one that asks what was before, its parts over that."""
    parts = word.parts if asks_before(word) else (word,)
    named = [replace(folded(part), name=f"{word.name}_{i}") for i, part in enumerate(parts)]
    return [one.over_all() for one in named]


def composed(word: Any, now: dict[str, list[Any]], before: dict[str, list[Any]]) -> list[Any]:
    """What it is made of: the results over the rows of its window, and of the one before."""
    results = [
        (before if isinstance(part, Earlier) else now)[f"v__{word.name}_{i}_all"]
        for i, part in enumerate(word.parts if asks_before(word) else (word,))
    ]
    if not asks_before(word):
        return results[0]
    return [combined(word, each) for each in zip(*results, strict=True)]


CASES = [
    *((name, "known_time") for name in WINDOW),
    ("4rows", "event_time"),
    ("1d_hop_7h", "event_time"),
]


def check(name: str, clock: str, seeds: range, *, kinds: int) -> None:
    of, window = WINDOW[name]
    has_before = isinstance(window, Within)
    made = alone([history(seed) for seed in seeds])
    words = [one for one in members(kinds) if has_before or not asks_before(one)]
    assert any(map(asks_before, words)) == has_before
    whole = [each for one in words for each in over_all_rows(one)]
    with quick_at_any_size():  # for clocks that follow events
        found = answers(made, [of(one) for one in words], clock)
        now = answers(holding(made, window, clock), whole, clock)
        before = now
        if isinstance(window, Within):
            before = answers(holding(made, Before(window), clock), whole, clock)
    for word in words:
        column = f"v__{word.name}_{name}"
        wanted = composed(word, now, before)
        demand_same(found[column], wanted, column, tolerance=type(word).tolerance)
    assert len(words) > 30
    every = answers(made, [hw.Count("amount", name="every").over_all()], clock)["v__every_all"]
    pairs = zip(found[f"v__Count_amount_{name}"], every, strict=True)
    assert sum(0 < few < whole for few, whole in pairs) > 3  # else there is little to compare


@pytest.mark.parametrize(("name", "clock"), CASES)
def test_a_window_is_all_of_the_rows_that_it_holds(name: str, clock: str) -> None:
    with uncompiled():  # compiling every member takes minutes
        check(name, clock, range(10, 14), kinds=1)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "clock"), CASES)
def test_a_window_is_all_of_the_rows_that_it_holds_when_compiled(name: str, clock: str) -> None:
    check(name, clock, range(12), kinds=9)
