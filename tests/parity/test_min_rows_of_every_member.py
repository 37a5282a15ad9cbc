"""With `min_rows=` every member is null where fewer rows count, and else what it is without."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater import plugins
from headwater.aggregations.base import Earlier
from headwater.plan.naming import folded
from headwater.testing.histories import ENTITY, history
from headwater.testing.law_cases import KINDS, demand_same, frame_of, merged, plain
from headwater.testing.window_laws import uncompiled

MADE = merged([history(seed) for seed in range(3, 8)])
ROWS, SPINE = frame_of(MADE), MADE.frames()[1]
LEAST = 3


def members(kinds: int) -> list[Any]:
    """Each that serves windows, over columns of so many kinds that it takes; some rows only."""
    found: list[Any] = []
    for name, member in sorted(plugins.members("aggregations").items()):
        word: Any = member.load()
        taken = [column for column, kind in KINDS.items() if kind in word.takes]
        for column in taken[:kinds] if "window" in word.serves else ():
            found.append(word.of_example(column, name=f"{name}_{column}", where="flag"))
    return found


def counts(word: Any) -> list[Any]:
    """What says how many rows of it, or of each of its parts, count."""
    found = []
    for i, part in enumerate(word.parts or (word,)):
        one: Any = folded(part)
        known = pl.col(one.other).is_not_null() if "other" in one.reads_also else pl.lit(True)
        column = None if one.counts_nulls else one.column
        where = known if one.where is None else known & pl.col(one.where)
        count = hw.Count(column, where=where, name=f"{word.name}_count_{i}")
        # no feature counts the earlier window alone: it is the count less its change
        found.append(hw.Change(count, name=count.name) if isinstance(part, Earlier) else count)
    return found


def check(kinds: int) -> None:
    words = members(kinds)
    source = hw.Source(
        "s", hw.Frame(ROWS), event_time="event_time", known_time="known_time",
        null_known_time="never", sequence="sequence",
    )  # fmt: skip
    asked = [
        *(one.within("7d") for one in words),
        *(one.within("7d", min_rows=LEAST) for one in words),
        *(count.within("7d") for one in words for count in counts(one)),
    ]
    view = hw.FeatureView("v", source, entity=ENTITY, features=asked)
    columns = hw.enrich(SPINE, [view], as_of="as_of")
    found = {name: plain(columns[name]) for name in columns.columns if name.startswith("v__")}
    nulled = 0
    for word in words:
        own = found[f"v__{word.name}_7d"]
        many = [found[f"v__{one.name}_7d"] for one in counts(word)]
        if any(isinstance(part, Earlier) for part in word.parts):
            many[1] = [now - change for now, change in zip(*many, strict=True)]
        is_enough = [min(each) >= LEAST for each in zip(*many, strict=True)]
        wanted = [value if enough else None for value, enough in zip(own, is_enough, strict=True)]
        demand_same(found[f"v__{word.name}_7d_min_{LEAST}rows"], wanted, word.name)
        nulled += sum(one not in (None, []) for one in own) - len(own) + wanted.count(None)
    assert len(words) > 30
    assert nulled > 100


def test_a_result_is_null_where_fewer_rows_count() -> None:
    with uncompiled():  # compiling every member takes minutes
        check(1)


@pytest.mark.slow
def test_a_result_is_null_where_fewer_rows_count_when_compiled() -> None:
    check(9)


def test_a_row_asked_alone_gets_what_batch_gives_it() -> None:
    words = (hw.Mean("amount"), hw.LastK("note", 2), hw.Change(hw.Sum("quantity")), hw.Count())
    features = [one.within("7d", min_rows=LEAST) for one in words]

    def view(rows: Any) -> Any:
        source = hw.Source(
            "s", hw.Frame(rows), event_time="event_time", known_time="known_time",
            null_known_time="never", sequence="sequence",
        )  # fmt: skip
        return hw.FeatureView("v", source, entity=ENTITY, features=features)

    batch, standing = hw.enrich(SPINE, [view(ROWS.lazy())], as_of="as_of"), view(ROWS)
    for row in range(SPINE.height):
        for _ in range(2):  # of a history that is read, and of one that stands
            alone = hw.enrich(SPINE[row], [standing], as_of="as_of")
            assert repr(alone.rows()) == repr(batch[row].rows())


def test_the_first_rows_of_a_rolling_mean_have_none() -> None:
    times = pl.Series("at", range(5), dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    frame = pl.DataFrame({"k": ["a"] * 5, "at": times, "x": [1, 2, 3, 4, 5]})
    source = hw.Source("s", hw.Frame(frame), event_time="at", known_time="at")
    mean = hw.Mean("x", name="m")
    asked = [mean.over_rows(3, min_rows=3), mean.over_rows(3), replace(mean, where=pl.col("x") > 2)]
    features = [*asked[:2], asked[2].within("1d", min_rows=2)]
    view = hw.FeatureView("v", source, entity="k", features=features)
    found = hw.enrich(frame, [view], as_of="at")
    assert found["v__m_3rows_min_3rows"].to_list() == [None, None, None, 2.0, 3.0]
    assert found["v__m_3rows"].to_list() == [None, 1.0, 1.5, 2.0, 3.0]
    assert found["v__m_1d_min_2rows"].to_list() == [None, None, None, None, 3.5]
