"""Every registered aggregation: what was not known when a row asked cannot move its value."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import accumulate
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Earlier
from headwater.plan.faults import Faults
from headwater.plan.sources import SourcePlan, plan_source
from headwater.runtime.requests import FEW_ROWS
from headwater.testing.histories import ENTITY
from headwater.testing.non_interference import changed, truncated
from headwater.testing.told_histories import IDENTITY, ToldHistory, told_history
from headwater.testing.window_laws import uncompiled

Bits = Callable[[pl.DataFrame], list[Any]]
MEMBERS = {
    name: member.load()
    for name, member in plugins.members("aggregations").items()
    if "window" in member.load().serves
}
COLUMNS = {"amount": "float", "quantity": "integer", "note": "string", "flag": "boolean"}
PARTS = [
    made
    for made in map(told_history, range(160))
    if len({asked["as_of"] for asked in made.spine} - {None}) >= 4 and len(made.rows) > 12
][:24]
EARLY = "rows with early keys"
FEW = ("Mode", "Sum")
"""Asked over those every day; all members are among the slow tests, as machine code."""
SOURCES: dict[str, dict[str, Any]] = {
    "rows": {"known_times": {"amount": "amount_known"}},
    EARLY: {
        "known_times": {
            **dict.fromkeys((*ENTITY, "event_time"), pl.col("event_time") - pl.duration(days=1)),
            "amount": "amount_known",
        }
    },
    "versions": {
        "known_times": {"amount": "amount_known"},
        "identity": IDENTITY,
        "deleted": "deleted",
    },
}


def source(rows: pl.DataFrame, declared: str) -> Any:
    return hw.Source(
        "told",
        hw.Frame(rows),
        event_time="event_time",
        known_time="known_time",
        null_known_time="never",
        sequence="sequence",
        **SOURCES[declared],
    )


def resolved(rows: pl.DataFrame, declared: str) -> SourcePlan:
    plan = plan_source(source(rows, declared), Faults())
    assert plan is not None
    return plan


def features(name: str, rows: pl.DataFrame, declared: str, *, together: int) -> pl.DataFrame:
    """What all questions are answered by a member, so many of them in one call."""
    make = MEMBERS[name].of_example
    has_earlier = any(isinstance(part, Earlier) for part in make("amount").parts)
    asked = []
    for column in (column for column, kind in COLUMNS.items() if kind in MEMBERS[name].takes):
        one, met = make(column, name=column), make(column, name=f"{column}_met", where="flag")
        asked += [one.within("1d", "7d"), met.within("7d")]
        asked += [] if has_earlier else [one.over_all(), met.over_all()]
    if MEMBERS[name].reads == "rows":
        asked.append(make(None, name="rows").over_all())
    view = hw.FeatureView("v", source(rows, declared), entity=ENTITY, features=asked)
    slices = questions().iter_slices(together)
    found: list[pl.DataFrame] = [hw.enrich(spine, [view], as_of="as_of") for spine in slices]
    return pl.concat(found).drop(questions().columns)


def own(frame: pl.DataFrame, number: int) -> pl.DataFrame:
    """A frame with regions and events of its history's own; a null in a key stays null."""
    named = [name for name in ("region", "event") if name in frame.columns]
    return frame.with_columns(
        pl.format("{} {}", pl.lit(number), name).alias(name) for name in named
    )


@cache
def questions() -> pl.DataFrame:
    """The spines of all histories, asked together, as entities differ from history to history."""
    return pl.concat([own(made.frames()[1], number) for number, made in enumerate(PARTS)])


def told_once(made: ToldHistory) -> pl.DataFrame:
    """The rows; of copies one, which would be changed apart and then contradict another."""
    return made.frames()[0].unique(maintain_order=True)


def middle(made: ToldHistory) -> int:
    """A moment at which a row asks, with others that ask by then and later."""
    moments = sorted(asked["as_of"] for asked in made.spine if asked["as_of"] is not None)
    return int(moments[len(moments) // 2])


def ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """With a sequence in place of a null beside which it would be anything what came first."""
    is_tied = pl.len().over(*ENTITY, "event_time") > 1
    number = 2_000_000 + pl.int_range(pl.len())
    sequence = pl.when(is_tied).then(pl.col("sequence").fill_null(number))
    return rows.with_columns(sequence.otherwise("sequence"))


@cache
def history(change: str, declared: str) -> pl.DataFrame:
    """The rows of all histories, each `as told`, or `changed` or `truncated` at its middle."""
    plan = resolved(told_once(PARTS[0]), declared)
    frames = []
    for number, made in enumerate(PARTS):
        rows, at = told_once(made), middle(made)
        if change == "changed":
            rows = ordered(changed(plan, rows, at=at, seed=number))
        elif change == "truncated":
            rows = truncated(plan, rows, at=at)
        frames.append(own(rows, number))
    assert sum(frame.is_empty() for frame in frames) <= (declared != EARLY)
    return pl.concat(frames)


@cache
def as_told(name: str, declared: str) -> pl.DataFrame:
    """The features of one member, all questions in one batch."""
    with uncompiled():
        return features(name, history("as told", declared), declared, together=len(questions()))


def split_of(found: pl.DataFrame, bits: Bits) -> tuple[dict[int | None, list[Any]], list[Any]]:
    """By history the values of rows that ask by the middle moment, and those of later ones."""
    sizes = [len(made.spine) for made in PARTS]
    late = [
        asked["as_of"] is not None and asked["as_of"] > middle(made)
        for made in PARTS
        for asked in made.spine
    ]
    earlier = {}
    for made, end, size in zip(PARTS, accumulate(sizes), sizes, strict=True):
        is_late = pl.Series(late[end - size : end])
        earlier[made.seed] = bits(found[end - size : end].filter(~is_late))
    return earlier, bits(found.filter(pl.Series(late)))


def values(name: str, change: str, declared: str, bits: Bits) -> tuple[Any, Any]:
    """What `split_of` says of the values as told, and of those from a changed history."""
    other = features(name, history(change, declared), declared, together=FEW_ROWS)
    return split_of(as_told(name, declared), bits), split_of(other, bits)


def test_the_questions_are_asked_in_a_batch_and_as_requests() -> None:
    assert FEW_ROWS < len(questions()) < 2 * FEW_ROWS


@pytest.mark.parametrize(
    ("name", "declared"),
    [(name, one) for name in MEMBERS for one in SOURCES if one != EARLY or name in FEW],
)
def test_what_was_not_known_moves_no_value(name: str, declared: str, bits: Bits) -> None:
    with uncompiled():  # compiling every member takes minutes
        (told, later), (found, moved) = values(name, "changed", declared, bits)
    assert found == told
    assert moved != later  # rows that ask later do see what was changed


@pytest.mark.parametrize("name", MEMBERS)
def test_what_was_known_gives_the_same_value_without_the_rest(name: str, bits: Bits) -> None:
    with uncompiled():
        (told, _), (found, _) = values(name, "truncated", EARLY if name in FEW else "rows", bits)
    assert found == told


@pytest.mark.slow
@pytest.mark.parametrize("name", MEMBERS)
def test_what_was_not_known_moves_no_value_of_a_compiled_member(name: str, bits: Bits) -> None:
    for declared in SOURCES:
        (told, later), (found, moved) = values(name, "changed", declared, bits)
        assert found == told
        assert moved != later
    (told, _), (found, _) = values(name, "truncated", EARLY, bits)
    assert found == told
