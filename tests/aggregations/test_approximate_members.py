"""Approximate members: their promise at their defaults, names, faults, and few values."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.engines.folding import fold
from headwater.engines.needed_passes import needed_passes
from headwater.errors import SpecError
from headwater.kernel.compile import is_compiled
from headwater.kernel.sliding_counts import sliding_counts
from headwater.plan.faults import Faults
from headwater.plan.views import plan_view
from headwater.testing.approximation_laws import generated, keeps_its_promise
from headwater.testing.law_cases import same

NAN, INF = math.nan, math.inf
AT = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@lru_cache
def skewed() -> pl.DataFrame:
    """A hundred thousand rows of one entity, over thirty days, of which a few values hold most."""
    rng = np.random.default_rng(4)
    size = 100_000
    word = np.minimum(rng.zipf(1.4, size), 10**6)
    return pl.DataFrame(
        {
            "group": np.zeros(size, np.int64),
            "at": AT
            + pl.Series(np.sort(rng.integers(0, 30 * 86_400, size))) * timedelta(seconds=1),
            "number": rng.lognormal(3.0, 2.0, size),
            "whole": word,
            "word": [f"word {one}" for one in word],
        }
    )


@pytest.mark.parametrize(
    "member",
    [
        hw.ApproximateCountDistinct("x"),
        hw.ApproximateCountDistinct("x", 14),
        hw.ApproximateQuantile("x"),
        hw.ApproximateQuantile("x", 0.99, 0.005),
        hw.ApproximateTopK("x"),
        hw.ApproximateTopK("x", 5, 16),
    ],
)
def test_the_promise_holds_over_small_groups_and_over_a_large_one(member: Any) -> None:
    keeps_its_promise(member, generated(60, seed=1))
    keeps_its_promise(member, skewed())


@pytest.mark.slow
def test_a_large_skewed_window_is_near_the_exact_one() -> None:
    pairs = [
        (hw.ApproximateCountDistinct("word", 12), hw.CountDistinct("word")),
        (hw.ApproximateQuantile("number", 0.9), hw.Quantile("number", 0.9)),
        (hw.ApproximateTopK("word", 4), hw.TopK("word", 4)),
    ]
    found = enriched(skewed(), *(one for pair in pairs for one in pair))
    distinct, exact_distinct, quantile, exact_quantile, top, exact_top = found
    for near, exact in zip(distinct, exact_distinct, strict=True):
        assert abs(near - exact) < 4 * 1.04 / 64 * exact
    for near, exact in zip(quantile, exact_quantile, strict=True):
        assert abs(near - exact) < 0.021 * exact
    for near, exact in zip(top, exact_top, strict=True):
        assert [one["value"] for one in near] == [one["value"] for one in exact]
        for one, other in zip(near, exact, strict=True):
            assert other["count"] <= one["count"] <= 1.02 * other["count"]


CASES: list[tuple[Any, Any, list[Any], Any]] = [
    (hw.ApproximateCountDistinct("x"), pl.String(), ["a", "b", None, "a"], 2),
    (hw.ApproximateCountDistinct("x"), pl.Float64(), [0.0, -0.0, NAN, NAN, 1.0], 3),
    (hw.ApproximateCountDistinct("x"), pl.Date(), [date(2024, 3, 1), None], 1),
    (hw.ApproximateCountDistinct("x"), pl.Int64(), [None], 0),
    (hw.ApproximateQuantile("x", accuracy=0.25), pl.Float64(), [None, 0.0], 0.0),
    (hw.ApproximateQuantile("x"), pl.Float64(), [1.0, NAN], NAN),
    (hw.ApproximateQuantile("x"), pl.Float64(), [1.0, INF], INF),
    (hw.ApproximateQuantile("x"), pl.Int64(), [None], None),
    (hw.ApproximateTopK("x"), pl.String(), ["b", "a", "b", None], [("b", 2), ("a", 1)]),
    (hw.ApproximateTopK("x", 1), pl.Float64(), [-0.0, 0.0, NAN], [(0.0, 2)]),
    (hw.ApproximateTopK("x", 1), pl.Float64(), [NAN, NAN, 1.0], [(NAN, 2)]),
    (hw.ApproximateTopK("x"), pl.Boolean(), [None], None),
]


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize(("member", "dtype", "values", "expected"), CASES)
def test_few_values_are_as_the_exact_member_has_them(
    member: Any, dtype: pl.DataType, values: list[Any], expected: Any
) -> None:
    if isinstance(expected, list):
        expected = [{"value": value, "count": count} for value, count in expected]
    rows = pl.DataFrame({"x": pl.Series(values, dtype=dtype)})
    assert same(fold({"x": member}, rows)["x"], expected)
    timed = rows.with_columns(at=pl.lit(AT), group=0)
    (found,) = enriched(timed, member)
    assert same(found[-1], expected)


@pytest.mark.parametrize("dtype", [pl.Int64(), pl.Decimal(10, 2), pl.UInt64(), pl.Duration("ms")])
def test_a_quantile_has_the_unit_of_its_values(dtype: pl.DataType) -> None:
    values: Any = pl.Series([500], dtype=pl.Int64()).cast(dtype)
    found = fold({"x": hw.ApproximateQuantile("x", accuracy=0.01)}, pl.DataFrame({"x": values}))
    number = (
        found["x"] / timedelta(milliseconds=1) if isinstance(found["x"], timedelta) else found["x"]
    )
    assert 495 <= number <= 505


@pytest.mark.slow
@pytest.mark.parametrize("rows", [3, 10_000_000])
def test_rows_enter_and_leave_one_state_however_many_there_are(rows: int) -> None:
    features = [
        hw.ApproximateCountDistinct("word").within("7d"),
        hw.ApproximateQuantile("number").within("7d"),
        hw.ApproximateTopK("word").within("7d"),
    ]
    enriched(skewed().head(10), *(one.aggregation for one in features))
    source = hw.Source("rows", hw.Frame(skewed()), event_time="at", known_time="at")
    faults = Faults()
    plan = plan_view(hw.FeatureView("v", source, entity="group", features=features), faults)
    faults.raise_all()
    assert plan is not None
    needed = needed_passes(plan, rows)
    assert [one[0] for one in needed] == [sliding_counts] * 3
    assert all(is_compiled(*one) for one in needed)


def test_columns_say_the_parameters() -> None:
    members = [
        hw.ApproximateCountDistinct("word"),
        hw.ApproximateQuantile("number", 0.9),
        hw.ApproximateTopK("word", 2),
    ]
    source = hw.Source("rows", hw.Frame(skewed().head(5)), event_time="at", known_time="at")
    view = hw.FeatureView("v", source, entity="group", features=[m.within("7d") for m in members])
    spine = pl.DataFrame({"group": [0], "asked": [AT + DAY]})
    found = hw.enrich(spine, [view], as_of="asked")
    assert found.columns[2:] == [
        "v__word_approximate_count_distinct_8_7d",
        "v__number_approximate_quantile_0.9_0.02_7d",
        "v__word_approximate_top_k_2_64_7d",
    ]


@pytest.mark.parametrize("number", [1_000_000, pytest.param(10_000_000, marks=pytest.mark.slow)])
def test_the_greatest_precision_is_within_three_standard_errors_of_many(number: int) -> None:
    rows = pl.DataFrame({"x": pl.int_range(number, eager=True)}).with_columns(
        at=pl.lit(AT), group=pl.lit(0)
    )
    source = hw.Source("rows", hw.Frame(rows), event_time="at", known_time="at")
    member = hw.ApproximateCountDistinct("x", 14)
    view = hw.FeatureView("v", source, entity="group", features=[member.within("7d")])
    found = hw.enrich(pl.DataFrame({"group": [0], "asked": [AT + DAY]}), [view], as_of="asked")
    assert abs(found.to_series(2).item() / number - 1) < 3 * 0.0081


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (hw.ApproximateCountDistinct("x", 3), "precision= is a whole number from 4 to 14, found 3"),
        (hw.ApproximateCountDistinct("x", True), "precision= .* found True"),
        (hw.ApproximateQuantile("x", -0.1), "q= is from 0 to 1, found -0.1"),
        (hw.ApproximateQuantile("x", True), "q= is from 0 to 1, found True"),
        (hw.ApproximateQuantile("x", 0.5, 0.3), "accuracy= is from 0.005 to 0.25, found 0.3"),
        (hw.ApproximateQuantile("x", 0.5, NAN), "accuracy= is from 0.005 to 0.25, found nan"),
        (hw.ApproximateTopK("x", 0), "k= is a whole number from 1 to 1,000, found 0"),
        (hw.ApproximateTopK("x", True), "k= .* found True"),
        (hw.ApproximateTopK("x", 3, 60), "width= is one of 4, 8, 16, 32, 64, 128, 256, found 60"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_the_plan(member: Any, said: str) -> None:
    rows = pl.DataFrame({"x": [1.0], "at": [AT], "group": [0]})
    with pytest.raises(SpecError, match=rf"HW211.*{said}"):
        enriched(rows, member)


def enriched(rows: pl.DataFrame, *members: Any) -> list[list[Any]]:
    """For each member its results over seven days, asked every tenth day."""
    source = hw.Source("rows", hw.Frame(rows), event_time="at", known_time="at")
    named = [(i, member) for i, member in enumerate(members)]
    features = [member.within("7d") for _, member in named]
    view = hw.FeatureView("v", source, entity="group", features=features)
    asked = [AT + 30 * DAY, AT + 10 * DAY, AT + 5 * DAY]
    spine = pl.DataFrame({"group": [0] * 3, "asked": asked})
    found: pl.DataFrame = hw.enrich(spine, [view], as_of="asked")
    return [found.to_series(2 + i).to_list() for i, _ in named]
