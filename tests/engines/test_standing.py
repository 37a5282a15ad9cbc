"""Histories that stand: the same answers as batch, made again when the source changed, bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from headwater.aggregations.count import Count
from headwater.aggregations.sum import Sum
from headwater.engines.standing import MOST_VIEWS, Standing, estimated_bytes
from headwater.engines.views import histories_of, view_features
from headwater.errors import DataError, EngineError
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view
from headwater.spec.feature_view import FeatureView
from headwater.spec.frame import Frame
from headwater.spec.source import Source

ROWS = pl.DataFrame({"k": ["a", "b", "a", None], "at": [1, 2, 3, 4], "x": [1.0, 2.0, 4.0, 8.0]})
SPINE = pl.DataFrame({"k": ["a"]})
NOW = pl.Series([10], dtype=pl.Int64)


class Counted(Frame):
    """A frame that counts how often it is read."""

    reads = 0

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        type(self).reads += 1
        return super().read(columns)


@pytest.fixture(autouse=True)
def _nothing_was_read() -> None:
    Counted.reads = 0


def planned(rows: pl.DataFrame = ROWS, *features: Any) -> ViewPlan:
    made = rows.with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))
    source = Source("s", Counted(made), event_time="at", known_time="at")
    faults = Faults()
    asked = features or (Sum("x").over_all(), Count().over_all())
    plan = plan_view(FeatureView("v", source, entity="k", features=asked), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def asked(
    standing: Standing,
    plan: ViewPlan,
    spine: pl.DataFrame = SPINE,
    *,
    as_of: pl.Series = NOW,
    stamp: Any = 1,
    **given: Any,
) -> list[tuple[Any, ...]]:
    return pl.DataFrame(
        standing.view_features(plan, spine, as_of=as_of, stamp=stamp, **given)
    ).rows()


def test_a_source_is_read_once_for_as_long_as_its_stamp_is_the_same() -> None:
    standing, plan = Standing(), planned()
    assert [asked(standing, plan, stamp=stamp) for stamp in (1, 1, 1)] == [[(5.0, 2)]] * 3
    assert Counted.reads == 1
    assert asked(standing, plan, stamp=2) == [(5.0, 2)]
    assert Counted.reads == 2


def test_rows_asked_together_stay_in_their_order() -> None:
    standing, plan = Standing(), planned()
    spine = pl.DataFrame({"k": ["b", "a", None, "stranger", "a", "a", "b"]})
    as_of = pl.Series([10, 10, 10, 10, None, 3, 2], dtype=pl.Int64)
    batch = view_features(plan, spine, as_of=as_of).rows()
    assert batch == [(2.0, 1), (5.0, 2), (None, 0), (None, 0), (None, 0), (1.0, 1), (None, 0)]
    assert asked(standing, plan, spine, as_of=as_of) == batch
    assert asked(standing, plan, spine, as_of=as_of) == batch
    singly = [asked(standing, plan, spine[i], as_of=as_of[[i]])[0] for i in range(7)]
    assert singly == batch


def test_what_was_known_by_an_earlier_moment_is_asked_for_one_row_and_for_several() -> None:
    standing, plan = Standing(), planned()
    spine, as_of = pl.DataFrame({"k": ["a", "a", "b"]}), pl.Series([10, 10, 10])
    by = pl.Series([2, None, 10], dtype=pl.Int64)
    assert asked(standing, plan, spine, as_of=as_of, known_by=by) == [(1.0, 1), (None, 0), (2.0, 1)]
    assert asked(standing, plan, SPINE, known_by=by[:1]) == [(1.0, 1)]
    assert asked(standing, plan) == [(5.0, 2)]


@pytest.mark.parametrize(
    ("dtype", "other"),
    [
        (pl.Int8, pl.UInt64),
        (pl.UInt64, pl.Int32),
        (pl.Boolean, pl.Boolean),
        (pl.Date, pl.Date),
        (pl.Datetime("ms"), pl.Datetime("ns")),
        (pl.Datetime("us", "UTC"), pl.Datetime("ns", "UTC")),
        (pl.Int128, pl.Int64),
    ],
)
def test_a_key_of_another_width_or_unit_is_the_same_key(dtype: Any, other: Any) -> None:
    rows = ROWS.with_columns(pl.Series("k", [0, 1, 0, None]).cast(dtype))
    plan, as_of = planned(rows), pl.Series([10, 10, 10])
    spine = pl.DataFrame({"k": pl.Series([0, 1, None]).cast(dtype).cast(other)})
    assert asked(Standing(), plan, spine, as_of=as_of) == [(5.0, 2), (2.0, 1), (None, 0)]
    assert view_features(plan, spine, as_of=as_of).rows() == [(5.0, 2), (2.0, 1), (None, 0)]


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["b", "a"]), pl.String()])
@pytest.mark.parametrize("other", [pl.Categorical(), pl.Enum(["a", "z", "b"]), pl.String()])
def test_text_is_the_same_key_however_it_is_kept(dtype: Any, other: Any) -> None:
    rows = ROWS.with_columns(pl.col("k").cast(dtype))
    spine = pl.DataFrame({"k": pl.Series(["b", "a", None]).cast(other)})
    assert asked(Standing(), planned(rows), spine, as_of=pl.Series([10, 10, 10])) == [
        (2.0, 1),
        (5.0, 2),
        (None, 0),
    ]


def test_a_history_larger_than_the_limit_is_answered_and_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standing, plan = Standing(), planned()
    size = estimated_bytes(histories_of(plan))
    monkeypatch.setenv("HEADWATER_STANDING_BYTES", str(size - 1))
    Counted.reads = 0
    assert [asked(standing, plan) for _ in range(2)] == [[(5.0, 2)]] * 2
    assert (Counted.reads, standing.size_bytes) == (2, 0)
    monkeypatch.setenv("HEADWATER_STANDING_BYTES", str(size))
    assert [asked(standing, plan) for _ in range(2)] == [[(5.0, 2)]] * 2
    assert (Counted.reads, standing.size_bytes) == (3, size)


def test_the_history_asked_the_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    standing, plans = Standing(), [planned() for _ in range(3)]
    size = estimated_bytes(histories_of(plans[0]))
    monkeypatch.setenv("HEADWATER_STANDING_BYTES", str(2 * size))
    for place in (0, 1, 0, 2):  # the last drops the second
        asked(standing, plans[place])
    assert standing.size_bytes == 2 * size
    Counted.reads = 0
    asked(standing, plans[0])
    asked(standing, plans[2])
    assert Counted.reads == 0
    asked(standing, plans[1])
    assert Counted.reads == 1


def test_no_more_views_than_a_few_stand() -> None:
    standing, plans = Standing(), [planned() for _ in range(MOST_VIEWS + 1)]
    for plan in plans:
        asked(standing, plan)
    Counted.reads = 0
    asked(standing, plans[-1])
    assert Counted.reads == 0
    asked(standing, plans[0])
    assert Counted.reads == 1


def test_all_of_them_can_be_let_go() -> None:
    standing, plan = Standing(), planned()
    asked(standing, plan)
    assert standing.size_bytes > 0
    standing.clear()
    assert standing.size_bytes == 0
    assert asked(standing, plan) == [(5.0, 2)]
    assert Counted.reads == 2


def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_STANDING_BYTES", "1 GB")
    with pytest.raises(EngineError, match="HW507"):
        asked(Standing(), planned())


def test_a_sum_that_does_not_fit_is_refused_each_time_and_others_are_answered() -> None:
    large = (1 << 63) - 1
    rows = ROWS.with_columns(pl.Series("x", [large, 2, large, 8]))
    standing, plan = Standing(), planned(rows)
    for key, answer in (("a", None), ("b", (2, 1)), ("a", None), ("b", (2, 1))):
        spine = pl.DataFrame({"k": [key]})
        if answer is None:
            with pytest.raises(DataError, match=r"HW407.*'k': 'a'"):
                asked(standing, plan, spine)
        else:
            assert asked(standing, plan, spine) == [answer]
