"""Window features of a view: one column a feature, one row a question, whatever is shared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.histories import Rows
from headwater.engines.windows import window_features
from headwater.errors import DataError
from headwater.plan.faults import Faults
from headwater.plan.views import ViewPlan, plan_view

DAY = 86_400_000_000
FRAME = pl.DataFrame(
    {
        "k": ["a", "b", "a", "a", "b", None],
        "at": pl.Series([0, 0, 1, 2, 3, 1]).cast(pl.Int64) * DAY,
        "x": [1.0, 10.0, None, 4.0, 20.0, 99.0],
        "n": [1, 2, 3, 4, 5, 6],
    }
).with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))
KEYS = pl.DataFrame({"k": ["b", "a", None, "zz", "a", "b"]})
AS_OF = pl.Series([3 * DAY, 3 * DAY, 3 * DAY, 3 * DAY, None, 3 * DAY + 1], dtype=pl.Int64)


def planned(*features: Any, frame: pl.DataFrame = FRAME) -> ViewPlan:
    source = hw.Source("s", hw.Frame(frame), event_time="at", known_time="at")
    faults = Faults()
    plan = plan_view(hw.FeatureView("v", source, entity="k", features=features), faults)
    faults.raise_all()
    assert plan is not None
    return plan


def computed(
    *features: Any, frame: pl.DataFrame = FRAME, threads: int | None = None
) -> pl.DataFrame:
    plan = planned(*features, frame=frame)
    rows = Rows(plan.source, frame)
    return window_features(plan, rows, KEYS, as_of=AS_OF, threads=threads)


def test_columns_come_in_the_order_of_the_features_and_rows_in_that_of_the_spine() -> None:
    found = computed(
        hw.Sum("x").within("3d", "1d"), hw.Count().over_all(), hw.Sum("n").within("2d")
    )
    assert found.to_dict(as_series=False) == {
        "v__x_sum_3d": [10.0, 5.0, None, None, None, 20.0],
        "v__x_sum_1d": [None, 4.0, None, None, None, 20.0],
        "v__count_all": [1, 3, 0, 0, 0, 2],
        "v__n_sum_2d": [None, 7, None, None, None, 5],
    }
    assert found.dtypes == [pl.Float64, pl.Float64, pl.Int64, pl.Int64]


def test_a_window_is_a_text_or_a_timedelta() -> None:
    found = computed(hw.Count().within(timedelta(days=2, microseconds=1)))
    assert found.columns == ["v__count_2d1us"]
    assert found.to_series().to_list() == [0, 2, 0, 0, 0, 1]


def test_the_same_features_in_one_view_and_apart() -> None:
    features = [hw.Mean("x").within("1d", "3d"), hw.Last("n").over_all(), hw.Std("n").over_all()]
    together = computed(*features)
    apart = pl.concat([computed(feature) for feature in features], how="horizontal")
    assert together.equals(apart)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_any_number_of_threads_gives_the_same(threads: int) -> None:
    features = [hw.Mean("x").within("1d", "3d"), hw.Last("n").over_all()]
    assert computed(*features, threads=threads).equals(computed(*features))


def test_a_history_without_rows_of_these_entities() -> None:
    features = [hw.Count().over_all(), hw.Last("x").over_all(), hw.Std("x").within("1d")]
    for frame in (FRAME.clear(), FRAME.with_columns(k=pl.lit("elsewhere"))):
        found = computed(*features, frame=frame)
        assert found.rows() == [(0, None, None)] * 6
        assert found.dtypes == [pl.Int64, pl.Float64, pl.Float64]


def test_no_question() -> None:
    plan = planned(hw.Count().over_all(), hw.Last("x").over_all())
    found = window_features(
        plan, Rows(plan.source, FRAME), KEYS.clear(), as_of=AS_OF.clear(), threads=2
    )
    assert found.schema == {"v__count_all": pl.Int64, "v__x_last_all": pl.Float64}
    assert found.height == 0


def test_the_first_tie_is_named_with_key_time_feature_and_place() -> None:
    tied = FRAME.with_columns(at=pl.lit(0).cast(pl.Datetime("us", "UTC")))
    with pytest.raises(DataError) as caught:
        computed(hw.Count().over_all(), hw.Last("n").within("7d"), frame=tied)
    assert str(caught.value).startswith(
        "[HW404] rows of {'k': 'b'} at 1970-01-01T00:00:00+00:00 tie with different values, "
        "and 'v__n_last_7d' depends on their order\n  at test_windows.py:"
    )


def test_an_overflow_outside_the_window_is_none() -> None:
    large = FRAME.with_columns(n=pl.lit(2**62))
    found = computed(hw.Sum("n").within("1d"), frame=large)
    assert found.to_series().to_list() == [None, 2**62, None, None, None, 2**62]
    with pytest.raises(DataError, match="'v__n_sum_all'") as caught:
        computed(hw.Sum("n").over_all(), frame=large)
    assert caught.value.code == "HW407"


def test_the_latest_value_is_null_where_the_newest_row_holds_none() -> None:
    retracted = FRAME.with_columns(x=pl.Series([1.0, 10.0, 4.0, None, 20.0, 99.0]))
    found = computed(hw.Last("x").over_all(), hw.Latest("x").within("1d", "3d"), frame=retracted)
    assert found.to_dict(as_series=False) == {
        "v__x_last_all": [10.0, 4.0, None, None, None, 20.0],
        "v__x_latest_1d": [None, None, None, None, None, 20.0],
        "v__x_latest_3d": [10.0, None, None, None, None, 20.0],
    }


def test_a_null_that_ties_with_a_value_is_a_tie_of_the_latest() -> None:
    tied = FRAME.with_columns(at=pl.lit(0).cast(pl.Datetime("us", "UTC"))).head(3)
    assert computed(hw.Last("x").over_all(), frame=tied)["v__x_last_all"][1] == 1.0
    with pytest.raises(DataError) as caught:
        computed(hw.Latest("x").over_all(), frame=tied)
    assert caught.value.code == "HW404"
    nulls = tied.with_columns(x=pl.lit(None, pl.Float64))
    assert computed(hw.Latest("x").over_all(), frame=nulls)["v__x_latest_all"].null_count() == 6


def test_distinct_values_of_a_window_are_those_in_sight() -> None:
    frame = FRAME.with_columns(x=pl.Series([1.0, 0.0, None, 1.0, -0.0, 9.0]))
    found = computed(hw.CountDistinct("x").within("1d", "3d", "9d"), frame=frame)
    assert found.to_dict(as_series=False) == {
        "v__x_count_distinct_1d": [0, 1, 0, 0, 0, 1],
        "v__x_count_distinct_3d": [1, 1, 0, 0, 0, 1],
        "v__x_count_distinct_9d": [1, 1, 0, 0, 0, 1],
    }
