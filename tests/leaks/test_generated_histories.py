"""Every registered aggregation: what was not known when a row asked cannot move its value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Earlier
from headwater.plan.faults import Faults
from headwater.plan.sources import SourcePlan, plan_source
from headwater.testing.histories import ENTITY
from headwater.testing.non_interference import changed, truncated
from headwater.testing.told_histories import IDENTITY, ToldHistory, told_history

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
FEW = 6
"""Histories that are always asked; more where nothing moved in these."""
SOURCES: dict[str, dict[str, Any]] = {
    "rows": {"known_times": {"amount": "amount_known"}},
    "rows with early keys": {
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


def features(member: Any, rows: pl.DataFrame, spine: pl.DataFrame, declared: str) -> pl.DataFrame:
    make = member.of_example
    has_earlier = any(isinstance(part, Earlier) for part in make("amount").parts)
    asked = []
    for column in (column for column, kind in COLUMNS.items() if kind in member.takes):
        one, met = make(column, name=column), make(column, name=f"{column}_met", where="flag")
        asked += [one.within("1d", "7d"), met.within("7d")]
        asked += [] if has_earlier else [one.over_all(), met.over_all()]
    if member.reads == "rows":
        asked.append(make(None, name="rows").over_all())
    view = hw.FeatureView("v", source(rows, declared), entity=ENTITY, features=asked)
    found: pl.DataFrame = hw.enrich(spine, [view], as_of="as_of")
    return found.drop(spine.columns)


def told_once(made: ToldHistory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows and spine; of copies one, which would be changed apart and then contradict another."""
    rows, spine = made.frames()
    return rows.unique(maintain_order=True), spine


def middle(made: ToldHistory) -> int:
    """A moment at which a row asks, with others that ask by then and later."""
    moments = sorted(asked["as_of"] for asked in made.spine if asked["as_of"] is not None)
    return int(moments[len(moments) // 2])


def split_of(made: ToldHistory, found: pl.DataFrame, bits: Bits) -> tuple[list[Any], list[Any]]:
    """The values of rows that ask by the middle moment, and of those that ask later."""
    later = made.frames()[1].select(
        (pl.col("as_of").dt.epoch("us") > middle(made)).fill_null(False)
    )
    return bits(found.filter(~later.to_series())), bits(found.filter(later.to_series()))


@pytest.mark.parametrize("declared", SOURCES)
@pytest.mark.parametrize("name", MEMBERS)
def test_what_was_not_known_moves_no_value(name: str, declared: str, bits: Bits) -> None:
    member = MEMBERS[name]
    moved = 0
    for number, made in enumerate(PARTS):
        if number >= FEW and moved:
            break
        rows, spine = told_once(made)
        other = changed(resolved(rows, declared), rows, at=middle(made), seed=number)
        expected = split_of(made, features(member, rows, spine, declared), bits)
        found = split_of(made, features(member, other, spine, declared), bits)
        assert found[0] == expected[0], made.seed
        moved += found[1] != expected[1]
    assert moved > 0  # rows that ask later do see what was changed


@pytest.mark.parametrize("name", MEMBERS)
def test_what_was_known_gives_the_same_value_without_the_rest(name: str, bits: Bits) -> None:
    member = MEMBERS[name]
    declared = "rows with early keys"
    for made in PARTS[:FEW]:
        rows, spine = told_once(made)
        then = truncated(resolved(rows, declared), rows, at=middle(made))
        assert then.height > 0
        expected = split_of(made, features(member, rows, spine, declared), bits)
        found = split_of(made, features(member, then, spine, declared), bits)
        assert found[0] == expected[0], made.seed
