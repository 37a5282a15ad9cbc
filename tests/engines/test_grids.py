"""The rows of a grid: each moment with the entities that were active before it."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater as hw
from headwater.engines.grids import grid_rows
from headwater.errors import DataError
from headwater.plan.faults import Faults
from headwater.plan.grids import plan_grid
from headwater.testing.reference_spines import every

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")
HOUR = 3_600_000_000


def at(*hours: float | None) -> list[datetime | None]:
    return [None if hour is None else EPOCH + timedelta(hours=hour) for hour in hours]


def visits(
    who: list[Any], happened: list[float], known: list[float | None] | None = None
) -> pl.DataFrame:
    return pl.DataFrame(
        {"who": who, "at": at(*happened), "seen_at": at(*(happened if known is None else known))},
        schema_overrides={"who": pl.String(), "at": TIME, "seen_at": TIME},
    )


def source(frame: pl.DataFrame, **changes: Any) -> hw.Source:
    given: dict[str, Any] = {
        "event_time": "at",
        "known_time": "seen_at",
        "null_known_time": "never",
        "complete_through": EPOCH + timedelta(hours=100),
    }
    return hw.Source("visits", hw.Frame(frame), **(given | changes))


def rows(history: hw.Source, period: Any = "10h", **changes: Any) -> list[tuple[Any, ...]]:
    """The rows of a grid, their moments in hours since 1970."""
    given: dict[str, Any] = {"entity": "who", "active_within": "10h"} | changes
    spine = hw.Spine.every(period, source=history, **given)
    assert spine.grid is not None
    faults = Faults()
    plan = plan_grid(spine.grid, faults, None)
    faults.raise_all()
    assert plan is not None
    found = grid_rows(plan).frame
    assert found.columns == ["as_of", *spine.entity]
    moments = found["as_of"].cast(pl.Int64) / HOUR
    return list(zip(moments, *(found[key] for key in spine.entity), strict=True))


def test_an_entity_is_asked_at_each_moment_before_which_it_was_active() -> None:
    history = source(visits(["a", "b", "a"], [1, 12, 33]))
    assert rows(history, active_within="20h") == [
        (10, "a"), (20, "a"), (20, "b"), (30, "b"), (40, "a"), (50, "a"),
    ]  # fmt: skip


def test_what_happens_at_a_moment_is_not_before_it_and_the_window_includes_its_start() -> None:
    history = source(visits(["a", "b"], [10, 9.9]))
    assert rows(history) == [(10, "b"), (20, "a")]


def test_a_visit_counts_from_the_moment_at_which_it_is_known() -> None:
    history = source(visits(["a", "b", "c", "d"], [5, 5, 5, 5], [20, 20.1, 5, None]))
    assert rows(history, active_within="30h") == [
        (10, "c"), (20, "a"), (20, "c"), (30, "a"), (30, "b"), (30, "c"),
    ]  # fmt: skip


def test_a_visit_that_is_known_after_its_time_has_passed_makes_nobody_active() -> None:
    history = source(visits(["a", "b"], [5, 5], [5, 16]))
    assert rows(history) == [(10, "a")]


def test_the_clock_of_the_entity_counts_and_others_do_not() -> None:
    told = visits(["a"], [5], [None])
    early = source(told, known_times={"who": hw.ALWAYS, "at": hw.ALWAYS})
    assert rows(early) == [(10, "a")]
    with pytest.raises(DataError, match="HW402"):
        rows(source(told, known_times={"who": hw.ALWAYS}))


def test_a_grid_begins_at_its_start_and_not_before() -> None:
    history = source(visits(["a"], [1]))
    assert rows(history, active_within="30h", start=EPOCH + timedelta(hours=3)) == [
        (3, "a"), (13, "a"), (23, "a"),
    ]  # fmt: skip
    assert rows(history, active_within="30h", start=EPOCH + timedelta(hours=25)) == [(25, "a")]


def test_a_grid_ends_at_its_end_or_where_the_source_is_complete() -> None:
    history = source(visits(["a"], [1]), complete_through=EPOCH + timedelta(hours=30))
    everything = [(10, "a"), (20, "a"), (30, "a")]
    assert rows(history, active_within="90h") == everything
    assert rows(history, active_within="90h", end=EPOCH + timedelta(hours=20)) == everything[:2]
    assert rows(history, active_within="90h", end=EPOCH + timedelta(hours=80)) == everything


def test_a_source_that_says_nothing_is_complete_through_its_last_known_time() -> None:
    history = source(visits(["a", "b"], [1, 2], [1, 20]), complete_through=None)
    assert rows(history, active_within="90h") == [(10, "a"), (20, "a"), (20, "b")]


def test_moments_before_1970_are_multiples_too() -> None:
    history = source(visits(["a"], [-15]))
    assert rows(history) == [(-10, "a")]


def test_a_null_key_is_no_entity() -> None:
    assert rows(source(visits(["a", None], [1, 1]))) == [(10, "a")]
    frame = visits(["a", None, "b"], [1, 1, 1]).with_columns(store=pl.Series([1, 1, None]))
    assert rows(source(frame), entity=("who", "store")) == [(10, "a", 1)]


def test_entities_are_sorted_by_all_their_columns_after_the_moment() -> None:
    frame = visits(["b", "a", "a", "ä"], [1, 1, 1, 1]).with_columns(store=pl.Series([1, 2, -1, 0]))
    shuffled = frame.sample(fraction=1, shuffle=True, seed=3)
    assert rows(source(shuffled), entity=("who", "store")) == [
        (10, "a", -1), (10, "a", 2), (10, "b", 1), (10, "ä", 0),
    ]  # fmt: skip


def test_categories_are_sorted_as_text() -> None:
    frame = visits(["b", "a"], [1, 1]).with_columns(pl.col("who").cast(pl.Categorical))
    assert rows(source(frame)) == [(10, "a"), (10, "b")]


def test_an_event_counts_as_it_was_known_and_not_once_it_is_deleted() -> None:
    versions = visits(["a", "b", "b"], [5, 5, 25], [5, 12, 31]).with_columns(
        event=pl.lit(1), gone=pl.Series([False, False, True])
    )
    history = source(versions, identity="event", deleted="gone")
    assert rows(history, active_within="90h") == [(10, "a"), (20, "b"), (30, "b")]


def test_an_event_that_is_known_to_be_deleted_at_a_moment_is_not_active_at_it() -> None:
    versions = visits(["a", "a"], [5, 5], [5, 30]).with_columns(
        event=pl.lit(1), gone=pl.Series([False, True])
    )
    history = source(versions, identity="event", deleted="gone")
    assert rows(history, active_within="90h") == [(10, "a"), (20, "a")]


def test_no_row_at_all_is_an_error_of_the_data() -> None:
    history = source(visits(["a"], [1]), complete_through=EPOCH + timedelta(hours=5))
    with pytest.raises(DataError, match="no entity was active") as caught:
        rows(history)
    assert caught.value.code == "HW402"
    assert "test_grids.py" in str(caught.value.place)


HOURS = st.integers(-30, 30)
VISITS = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), HOURS, st.one_of(st.none(), HOURS)),
    min_size=1,
    max_size=12,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(VISITS, st.integers(1, 12), st.integers(1, 25), st.one_of(st.none(), HOURS), HOURS)
def test_the_rows_equal_the_reference(
    listed: list[tuple[str | None, int, int | None]],
    period: int,
    active: int,
    start: int | None,
    last: int,
) -> None:
    history: list[dict[str, Any]] = [
        {"who": who, "at": happened, "seen_at": seen if seen is None else max(seen, happened)}
        for who, happened, seen in listed
    ]
    wanted = every(
        period, history, entity=("who",), event_time="at", clock=(("seen_at", 0), ("at", 0)),
        active_within=active, last=last, start=start,
    )  # fmt: skip
    frame = visits(*([row[name] for row in history] for name in ("who", "at", "seen_at")))
    own = source(frame, complete_through=EPOCH + timedelta(hours=last))
    begin = None if start is None else EPOCH + timedelta(hours=start)
    asked: dict[str, Any] = {"active_within": f"{active}h", "start": begin}
    if not wanted:
        with pytest.raises(DataError, match="HW402"):
            rows(own, f"{period}h", **asked)
        return
    assert rows(own, f"{period}h", **asked) == [(at, *key) for at, key in wanted]


def test_memory_follows_what_is_active_and_not_entities_times_moments() -> None:
    size = 20_000
    happened = np.arange(size) * 1.0
    frame = visits([f"customer {number}" for number in range(size)], happened.tolist())
    tracemalloc.start()
    found = rows(source(frame, complete_through=None), "1h", active_within="2h")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 2 * size - 3
    assert peak < 100_000_000  # one byte for each entity at each moment would be 400 MB
