"""What is counted and ranked, with the numbers that each definition gives."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

import headwater as hw
from headwater.engines.folding import fold
from headwater.errors import DataError, SpecError
from headwater.testing.law_cases import same

NAN, INF = math.nan, math.inf
DAY = timedelta(days=1)
AT = datetime(2024, 3, 1, tzinfo=UTC)
WHOLE = pl.Int64()
REAL = pl.Float64()

CASES: list[tuple[Any, pl.DataType, list[Any], Any]] = [
    (hw.AnyTrue("x"), pl.Boolean(), [False, None, True], True),
    (hw.AnyTrue("x"), pl.Boolean(), [False, None], False),
    (hw.AnyTrue("x"), pl.Boolean(), [None], None),
    (hw.AllTrue("x"), pl.Boolean(), [True, None, True], True),
    (hw.AllTrue("x"), pl.Boolean(), [True, False], False),
    (hw.AllTrue("x"), pl.Boolean(), [None], None),
    (hw.Share("x"), pl.Boolean(), [True, None, False, False], 1 / 3),
    (hw.Share("x"), pl.Boolean(), [None], None),
    (hw.Range("x"), WHOLE, [7, None, -3, 5], 10),
    (hw.Range("x"), pl.UInt64(), [2**64 - 1, 2**64 - 5], 4),
    (hw.Range("x"), REAL, [0.5, 0.25, None], 0.25),
    (hw.Range("x"), REAL, [2.0], 0.0),
    (hw.Range("x"), REAL, [1.0, NAN, 3.0], NAN),
    (hw.Range("x"), REAL, [INF, INF], NAN),
    (hw.Range("x"), REAL, [-1.7e308, 1.7e308], INF),
    (hw.Range("x"), pl.Date(), [date(2024, 2, 28), date(2024, 3, 1)], 2 * DAY),
    (hw.Range("x"), pl.Datetime("us", "UTC"), [AT, AT + DAY / 2], DAY / 2),
    (hw.Range("x"), pl.Duration("us"), [DAY, None, 3 * DAY], 2 * DAY),
    (hw.Mode("x"), pl.String(), ["b", "a", "b", "a", None, "c"], "a"),
    (hw.Mode("x"), REAL, [NAN, NAN, 1.0], NAN),
    (hw.Mode("x"), REAL, [-0.0, 0.0, 5.0], 0.0),
    (hw.Mode("x"), pl.Date(), [date(2024, 3, 1)], date(2024, 3, 1)),
    (hw.Mode("x"), pl.Boolean(), [None], None),
    (
        hw.TopK("x", 2),
        pl.String(),
        ["c", "b", "a", "b", "c", None],
        [{"value": "b", "count": 2}, {"value": "c", "count": 2}],
    ),
    (hw.TopK("x", 5), WHOLE, [4], [{"value": 4, "count": 1}]),
    (hw.TopK("x"), WHOLE, [None], None),
    (hw.Entropy("x"), pl.String(), ["a", "b", None, "c", "d"], 2.0),
    (hw.Entropy("x"), pl.String(), ["a", "a", "b", "b"], 1.0),
    (hw.Entropy("x"), WHOLE, [3, 3, 3], 0.0),
    (hw.Entropy("x"), pl.UInt64(), [2**64 - 1, 0], 1.0),
    (hw.Entropy("x"), WHOLE, [None], None),
    (hw.Quantile("x", 0.9), WHOLE, list(range(11)), 9.0),
    (hw.Quantile("x", 0.25), REAL, [10.0, None, 0.0], 2.5),
    (hw.Quantile("x", 0), REAL, [4.0, 2.0], 2.0),
    (hw.Quantile("x", 1), pl.Boolean(), [True, False], 1.0),
    (hw.Quantile("x", 0.5), WHOLE, [2**60 + 1, 2**60 + 3], 2.0**60),
    (hw.Quantile("x", 0.5), REAL, [1.0, NAN], NAN),
    (hw.Quantile("x", 0.5), REAL, [None], None),
    (hw.Quantile("x", 0.5), WHOLE, [None], None),
]


@pytest.mark.parametrize(
    ("aggregation", "dtype", "values", "expected"),
    CASES,
    ids=[f"{type(one).__name__} {i}" for i, (one, *_) in enumerate(CASES)],
)
def test_what_values_give_over_all_history_and_in_a_fit(
    aggregation: Any, dtype: pl.DataType, values: list[Any], expected: Any
) -> None:
    assert same(over_all(aggregation, values, dtype), expected)
    found = fold({"found": aggregation}, pl.DataFrame({"x": pl.Series(values, dtype=dtype)}))
    assert same(found["found"], expected)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([0.0, 1.0, 10.0, 99.5, 100.0, 100.5, -0.5, None, NAN], REAL, [2, 3]),
        ([0, 9, 10, 100, 101, None], WHOLE, [2, 2]),
        ([-5, 2**62], WHOLE, [0, 0]),
        ([None], WHOLE, None),
    ],
)
def test_a_bin_has_its_lower_edge_and_the_last_one_both(
    values: list[Any], dtype: pl.DataType, expected: list[int] | None
) -> None:
    assert over_all(hw.Histogram("x", [0, 10, 100]), values, dtype) == expected


def test_integers_beyond_the_floats_are_in_the_bin_that_they_are_in() -> None:
    edges = [2.0**53, 2.0**53 + 2, 2.0**62, 2.0**63]
    values = [2**53 - 1, 2**53 + 1, 2**53 + 2, 2**62 - 1, 2**62 + 1, 2**63 - 1]
    assert over_all(hw.Histogram("x", edges), values, WHOLE) == [1, 2, 2]
    assert over_all(hw.Histogram("x", [-INF, 2.0**53, 2.0**62]), [2**62, 2**53 - 1], WHOLE) == [
        1,
        1,
    ]


def test_infinite_edges_hold_everything_that_is_a_number() -> None:
    edges = [-INF, 0.0, INF]
    assert over_all(hw.Histogram("x", edges), [-INF, -1.0, 0.0, INF, NAN], REAL) == [2, 2]


def test_a_histogram_is_that_of_numpy() -> None:
    rng = np.random.default_rng(3)
    values, edges = rng.normal(0.0, 20.0, 200).round().tolist(), [-30.0, -2.0, 0.0, 17.0, 31.0]
    expected = np.histogram(values, edges)[0].tolist()
    assert over_all(hw.Histogram("x", edges), values, REAL) == expected


@pytest.mark.parametrize("q", [0.0, 0.1, 1 / 3, 0.5, 0.77, 1.0])
def test_a_quantile_is_that_of_numpy(q: float) -> None:
    values = np.random.default_rng(4).normal(1e8, 20.0, 57)
    found = over_all(hw.Quantile("x", q), values.tolist(), REAL)
    assert found == pytest.approx(np.quantile(values, q), rel=1e-15)


def test_a_median_skips_nan_in_a_fit_only() -> None:
    values = [1.0, NAN, 4.0, None]
    assert math.isnan(over_all(hw.Median("x"), values, REAL))
    assert over_all(hw.Median("x"), [1.0, 4.0, None], REAL) == 2.5
    assert over_all(hw.Median("x"), [2**60 + 1, 2**60 + 1, 5], WHOLE) == 2.0**60
    assert over_all(hw.Median("x"), [None], WHOLE) is None
    assert fold({"m": hw.Median("x")}, pl.DataFrame({"x": values})) == {"m": 2.5}
    ticks = [timedelta(microseconds=one) for one in (1, 2)]
    assert fold({"m": hw.Median("x")}, pl.DataFrame({"x": ticks})) == {"m": ticks[1]}
    assert over_all(hw.Median("x"), ticks, pl.Duration("us")) == ticks[1]


def test_a_range_beyond_64_bits_stops_the_build() -> None:
    with pytest.raises(DataError, match="HW407"):
        over_all(hw.Range("x"), [-(2**63), 1], WHOLE)


@pytest.mark.parametrize(
    ("zero", "expected"),
    [
        ("null", [0.5, None, None, None]),
        ("zero", [0.5, 0.0, 0.0, 0.0]),
        ("infinity", [0.5, INF, -INF, NAN]),
        ("nan", [0.5, NAN, NAN, NAN]),
    ],
)
def test_a_ratio_by_zero_is_what_its_policy_says(zero: str, expected: list[Any]) -> None:
    rows = {"above": [1.0, 1.0, -1.0, 0.0], "below": [2, 0, 0, 0], "key": [1, 2, 3, 4]}
    ratio = hw.Ratio(hw.Sum("above"), hw.Sum("below"), zero=zero)
    found = enriched(pl.DataFrame(rows), ratio)
    assert found.columns[-1] == "v__above_sum_below_sum_ratio_all"
    assert same(found["v__above_sum_below_sum_ratio_all"].to_list(), expected)


def test_a_ratio_is_null_where_one_of_both_is() -> None:
    rows = pl.DataFrame({"above": [1, None], "below": [None, 2], "key": [1, 2]})
    ratio = hw.Ratio(hw.Sum("above"), hw.Sum("below"), zero="zero", name="r")
    assert enriched(rows, ratio)["v__r_all"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("aggregation", "said"),
    [
        (hw.Quantile("x", 1.5), r"q= is from 0 to 1, found 1\.5"),
        (hw.Quantile("x", NAN), r"q= is from 0 to 1, found nan"),
        (hw.Quantile("x", True), r"q= is from 0 to 1, found True"),
        (hw.TopK("x", 0), r"k= is a whole number from 1 to 1,000, found 0"),
        (hw.TopK("x", True), r"k= is a whole number from 1 to 1,000, found True"),
        (hw.Histogram("x"), r"edges= makes 1 to 1,000 bins, found 0 edges"),
        (hw.Histogram("x", [1, 2, 2]), r"edges= rises from each to the next; 2 does not"),
        (hw.Histogram("x", [1, NAN]), r"edges= is a list of numbers"),
        (hw.Histogram("x", [1, 10**400]), r"edges= is a list of numbers"),
        (hw.Histogram("x", [2**53, 2**53 + 1]), r"edges= is a list of numbers"),
        (hw.Histogram("x", [False, 1]), r"edges= is a list of numbers"),
        (hw.Ratio(hw.Sum("x"), hw.Count("x").over_all()), r"denominator= .* found Windowed"),
        (hw.Ratio(hw.Sum("x")), r"denominator= .* found NoneType"),
        (hw.Ratio(hw.Sum("x"), hw.Count(), zero="one"), r"zero= is one of 'null', 'zero', .*'one'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_the_plan(aggregation: Any, said: str) -> None:
    with pytest.raises(SpecError, match=rf"HW211.*{said}"):
        over_all(aggregation, [1.0], REAL)


def over_all(aggregation: Any, values: list[Any], dtype: pl.DataType) -> Any:
    """The feature over all history of one entity that holds these values."""
    rows = pl.DataFrame({"x": pl.Series(values, dtype=dtype), "key": [1] * len(values)})
    return enriched(rows, aggregation).to_series(-1)[0:1].to_list()[0]


def enriched(rows: pl.DataFrame, aggregation: Any) -> pl.DataFrame:
    """One row for each key, with the feature last."""
    timed = rows.with_columns(at=pl.lit(AT))
    source = hw.Source("rows", hw.Frame(timed), event_time="at", known_time="at")
    view = hw.FeatureView("v", source, entity="key", features=[aggregation.over_all()])
    spine = rows.select("key").unique(maintain_order=True).with_columns(asked_at=pl.lit(AT + DAY))
    found: pl.DataFrame = hw.enrich(spine, [view], as_of="asked_at")
    return found
