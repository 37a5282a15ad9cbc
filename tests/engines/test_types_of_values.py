"""What aggregations make of types: decimals, durations, times, Enum, and what they refuse."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

import headwater as hw
from headwater.engines.folding import fold
from headwater.errors import DataError, SpecError, SpecErrors

SIZES = pl.Enum(["small", "medium", "large"])


def day(number: int) -> datetime:
    return datetime(2024, 1, number, tzinfo=UTC)


ROWS = pl.DataFrame(
    {
        "k": [1, 1, 1, 1],
        "at": [day(1), day(2), day(3), day(4)],
        "price": pl.Series(["1.10", "-2.25", None, "1.10"]).cast(pl.Decimal(10, 2)),
        "wait": pl.Series([1, 2, None, 4]).cast(pl.Duration("us")),
        "long": pl.Series([1, 2, None, 4]).cast(pl.Duration("ms")),
        "size": pl.Series(["small", "large", "medium", "small"], dtype=SIZES),
        "day": [date(2024, 1, number) for number in (5, 2, 3, 4)],
        "items": pl.Series([2**62, 1, 2, 3]),
        "wide": pl.Series(["1e30", "1", "2", "3"]).cast(pl.Decimal(38, 2)),
        "pair": [[1, 2], [3], None, []],
    }
)


def answer(feature: Any, rows: pl.DataFrame = ROWS, asked: int = 1) -> pl.Series:
    """The feature for an entity with rows, as a request and in a batch of many rows."""
    source = hw.Source("s", hw.Frame(rows), event_time="at", known_time="at")
    view = hw.FeatureView("v", source, entity="k", features=[feature.over_all()])
    spine = pl.DataFrame({"k": [asked] * 150}).with_columns(asked_at=pl.lit(day(9)))
    batch: pl.Series = hw.enrich(spine, [view], as_of="asked_at").to_series(-1)
    alone: pl.Series = hw.enrich(spine[:1], [view], as_of="asked_at").to_series(-1)
    assert batch[:1].equals(alone)
    assert batch.n_unique() == 1
    return alone


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize(
    ("feature", "value"),
    [
        (hw.Sum("price"), Decimal("-0.05")),
        (hw.Range("price"), Decimal("3.35")),
        (hw.Difference("price"), Decimal("3.35")),
        (hw.Change(hw.Sum("price"), name="change"), None),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_is_summed_of_decimals_keeps_their_scale(feature: Any, value: Any) -> None:
    if value is not None:
        found = answer(feature)
        assert found.dtype == pl.Decimal(38, 2)
        assert found[0] == value
        assert answer(feature, asked=2).to_list() == [None]
        return
    source = hw.Source("s", hw.Frame(ROWS), event_time="at", known_time="at")
    view = hw.FeatureView("v", source, entity="k", features=[feature.within("2d")])
    spine = pl.DataFrame({"k": [1], "asked_at": [day(4)]})
    found = hw.enrich(spine, [view], as_of="asked_at").to_series(-1)
    assert (found.dtype, found.to_list()) == (pl.Decimal(38, 2), [Decimal("-3.35")])


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize("word", ["Min", "Max", "First", "Last", "Mode", "Lag", "Nth"])
def test_what_is_one_of_the_decimals_keeps_their_type(word: str) -> None:
    found = answer(getattr(hw, word)("price"))
    assert found.dtype == pl.Decimal(10, 2)
    assert found[0] == (Decimal("-2.25") if word in ("Min", "Lag") else Decimal("1.10"))


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize(
    ("feature", "value"),
    [
        (hw.Mean("price"), -0.05 / 3),
        (hw.Median("price"), 1.1),
        (hw.Quantile("price", 0.25), -0.575),
        (hw.Variance("price"), 3.740833333333333),
        (hw.Std("price"), 1.9341234017852462),
        (hw.Ratio(hw.Sum("price"), hw.Count("price"), name="ratio"), -0.05 / 3),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_float_of_decimals_loses_no_digit_where_they_cancel(feature: Any, value: float) -> None:
    found = answer(feature)
    assert found.dtype == pl.Float64
    assert found[0] == pytest.approx(value, rel=5e-16)


@pytest.mark.usefixtures("in_both_ways")
def test_decimals_of_several_scales_stand_in_one_view() -> None:
    rows = ROWS.with_columns(exact=pl.col("price").cast(pl.Decimal(20, 6)), x=pl.col("price") * 1.0)
    source = hw.Source("s", hw.Frame(rows), event_time="at", known_time="at")
    asked = [hw.Mean(name).over_all() for name in ("price", "exact", "x")]
    view = hw.FeatureView("v", source, entity="k", features=asked)
    found = hw.enrich(pl.DataFrame({"k": [1], "t": [day(9)]}), [view], as_of="t").row(0)[2:]
    assert found == pytest.approx([-0.05 / 3] * 3, rel=1e-14)


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize("cents", [(1191, 0, 0, 0, 0), (1, 2, 4), (10**15 + 1, 7, 3), (-5, 11)])
def test_a_mean_and_a_spread_of_decimals_are_floats_within_three_units(
    cents: tuple[int, ...],
) -> None:
    exact = [Fraction(one, 100) for one in cents]
    mean = sum(exact, Fraction(0)) / len(exact)
    squares = [(one - mean) * (one - mean) for one in exact]
    variance = sum(squares, Fraction(0)) / (len(exact) - 1)
    frame = pl.DataFrame({"x": [Decimal(one).scaleb(-2) for one in cents]})
    found = fold({"mean": hw.Mean("x"), "variance": hw.Variance("x"), "std": hw.Std("x")}, frame)
    for word, value in (("mean", mean), ("variance", variance)):
        assert abs(Fraction(found[word]) - value) <= 3 * Fraction(math.ulp(float(value)))
    assert found["std"] == pytest.approx(math.sqrt(variance), rel=6e-16)


@pytest.mark.usefixtures("in_both_ways")
def test_a_decimal_beyond_64_bits_is_refused_by_what_computes_with_it() -> None:
    for feature in (hw.Sum("wide"), hw.Mean("wide"), hw.Range("wide")):
        with pytest.raises(DataError, match="values do not fit 64-bit integers") as caught:
            answer(feature)
        assert caught.value.code == "HW407"
    assert answer(hw.Max("wide"))[0] == Decimal("1e30")
    assert answer(hw.Streak("wide"))[0] == 1
    assert answer(hw.Entropy("wide"))[0] == 2.0


def test_a_sum_of_decimals_that_leaves_64_bits_is_refused() -> None:
    large = ROWS.with_columns(price=pl.lit(Decimal("90000000000000000.00"), pl.Decimal(20, 2)))
    with pytest.raises(DataError, match="does not fit 64 bits") as caught:
        answer(hw.Sum("price"), large)
    assert caught.value.code == "HW407"


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize(
    ("feature", "value"),
    [
        (hw.Sum("wait"), timedelta(microseconds=7)),
        (hw.Mean("wait"), timedelta(microseconds=2)),
        (hw.Mean("long"), timedelta(microseconds=2333)),
        (hw.Median("wait"), timedelta(microseconds=2)),
        (hw.Quantile("wait", 0.25), timedelta(microseconds=2)),
        (hw.Quantile("wait", 0.75), timedelta(microseconds=3)),
        (hw.Std("long"), timedelta(microseconds=1528)),
        (hw.Range("wait"), timedelta(microseconds=3)),
        (hw.Difference("wait"), timedelta(microseconds=2)),
        (hw.Range("day"), timedelta(days=3)),
        (hw.Difference("day"), timedelta(days=1)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_durations_and_times_give_durations(feature: Any, value: timedelta) -> None:
    """A mean of 1.5 microseconds would be 2: half goes to the even one."""
    found = answer(feature)
    assert (found.dtype, found[0]) == (pl.Duration("us"), value)


@pytest.mark.usefixtures("in_both_ways")
def test_half_a_microsecond_goes_to_the_even_one() -> None:
    for waits, mean in (([1, 2], 2), ([2, 3], 2), ([-1, -2], -2), ([3, 4], 4)):
        rows = ROWS[:2].with_columns(wait=pl.Series(waits).cast(pl.Duration("us")))
        assert answer(hw.Mean("wait"), rows)[0] == timedelta(microseconds=mean)


def in_nanoseconds(*values: int | None) -> pl.DataFrame:
    """Rows whose `wait` and `stamp` hold these numbers of nanoseconds."""
    whole = pl.Series(values, dtype=pl.Int64)
    wait, stamp = whole.cast(pl.Duration("ns")), whole.cast(pl.Datetime("ns", "UTC"))
    return ROWS[: len(values)].with_columns(wait=wait, stamp=stamp)


@pytest.mark.usefixtures("in_both_ways")
@pytest.mark.parametrize(
    ("feature", "values", "microseconds"),
    [
        (hw.Sum("wait"), (999, 999, 999, 999), 4),
        (hw.Sum("wait"), (1_400, 1_100, None), 2),
        (hw.Sum("wait"), (1_500, 1_000), 2),
        (hw.Sum("wait"), (1_500, 0), 2),
        (hw.Sum("wait"), (500, 0), 0),
        (hw.Sum("wait"), (-501, 0), -1),
        (hw.Sum("wait"), (-1_500, 0), -2),
        (hw.Sum("wait"), (2**62, 2**62 - 1), 9_223_372_036_854_776),
        (hw.Mean("wait"), (600, 600), 1),
        (hw.Mean("wait"), (2_000, 3_000), 2),
        (hw.Median("wait"), (900, 950, 999), 1),
        (hw.Quantile("wait", 0.5), (900, 950, 999), 1),
        (hw.Std("wait"), (1_000, 4_000), 2),
        (hw.Range("wait"), (400, 1_600), 1),
        (hw.Difference("wait"), (999, 1_600), 1),
        (hw.Difference("stamp"), (1_999, 2_000), 0),
        (hw.Range("stamp"), (1_001, 2_999), 2),
    ],
    ids=lambda one: str(getattr(one, "word", one)),
)
def test_nanoseconds_are_summed_as_they_are_and_rounded_once(
    feature: Any, values: tuple[int | None, ...], microseconds: int
) -> None:
    found = answer(feature, in_nanoseconds(*values))
    assert found.dtype == pl.Duration("us")
    assert found.to_physical()[0] == microseconds


@pytest.mark.usefixtures("in_both_ways")
def test_a_fit_rounds_nanoseconds_once_too() -> None:
    asked = {"sum": hw.Sum("wait"), "mean": hw.Mean("wait")}
    found = fold(asked, in_nanoseconds(999, 999, 999, 999))
    assert found == {"sum": timedelta(microseconds=4), "mean": timedelta(microseconds=1)}


@pytest.mark.parametrize(
    ("feature", "values", "hint"),
    [
        (hw.Sum("x"), pl.Series([2**62] * 2), "cast(pl.Float64)"),
        (hw.Range("x"), pl.Series([2**63 - 1, -1]), "cast(pl.Float64)"),
        (hw.Difference("x"), pl.Series([2**63 - 1, -2]), "cast(pl.Float64)"),
        (hw.Sum("x"), pl.Series([2**62] * 2).cast(pl.Duration("us")), ".dt.total_seconds("),
        (hw.Range("x"), pl.Series([2**62, -(2**62) - 1]).cast(pl.Duration("us")), "total_seconds"),
        (hw.Range("x"), pl.Series([2**62, -(2**62) - 1]).cast(pl.Datetime("us")), ".dt.epoch("),
    ],
)
def test_a_result_beyond_64_bits_says_what_fits_its_values(
    feature: Any, values: pl.Series, hint: str
) -> None:
    with pytest.raises(DataError, match="does not fit 64 bits") as caught:
        answer(feature, ROWS[:2].with_columns(x=values))
    assert caught.value.code == "HW407"
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("unit", ["ms", "ns"])
def test_durations_whose_sum_is_beyond_64_bits_are_refused(unit: Any) -> None:
    rows = ROWS.with_columns(wait=pl.Series([2**62] * 4).cast(pl.Duration(unit)))
    with pytest.raises(DataError, match="fit 64") as caught:
        answer(hw.Sum("wait"), rows)
    assert caught.value.code == "HW407"


@pytest.mark.usefixtures("in_both_ways")
def test_an_enum_is_ordered_as_declared_and_a_categorical_as_text() -> None:
    as_text = ROWS.with_columns(size=pl.col("size").cast(pl.Categorical))
    assert [answer(hw.Min("size"))[0], answer(hw.Max("size"))[0]] == ["small", "large"]
    assert [answer(hw.Min("size"), as_text)[0], answer(hw.Max("size"), as_text)[0]] == [
        "large", "small",
    ]  # fmt: skip
    tied = ROWS[1:3]
    assert answer(hw.Mode("size"), tied)[0] == "medium"


def test_integers_stay_integers_or_are_refused() -> None:
    assert answer(hw.Sum("items"), ROWS[1:]).dtype == pl.Int64
    twice = pl.concat([ROWS[:1], ROWS[:1].with_columns(at=pl.lit(day(2)))])
    with pytest.raises(DataError, match="does not fit 64 bits") as caught:
        answer(hw.Sum("items"), twice)
    assert caught.value.code == "HW407"
    assert answer(hw.Mean("items"), twice)[0] == 2.0**62


@pytest.mark.usefixtures("in_both_ways")
def test_a_fit_makes_of_types_what_a_feature_does() -> None:
    asked = {
        "sum": hw.Sum("price"), "mean": hw.Mean("price"), "wait": hw.Sum("wait"),
        "half": hw.Mean("wait"),
    }  # fmt: skip
    found = fold(asked, ROWS)
    assert found["sum"] == Decimal("-0.05")
    assert found["mean"] == pytest.approx(-0.05 / 3, rel=5e-16)
    assert found["wait"] == timedelta(microseconds=7)
    assert found["half"] == timedelta(microseconds=2)


@pytest.mark.parametrize(
    ("feature", "said", "hint"),
    [
        (hw.Mean("day"), "Mean cannot take Date", ".dt.hour()"),
        (hw.Sum("size"), "Sum cannot take Enum", "CountDistinct, Mode, Share"),
        (hw.Slope("wait"), "Slope cannot take Duration", ".dt.total_seconds()"),
        (hw.AnyTrue("items"), "AnyTrue cannot take Int64", "pl.col(...) > 0"),
        (hw.Histogram("price", edges=[0, 1]), "Histogram cannot take Decimal", "cast(pl.Float64)"),
        (hw.Max("pair"), "Max cannot take List", ".list.len()"),
        (hw.Histogram(pl.col("items") > 1, edges=[0, 1], name="h"), "cannot take Boolean", "Int64"),
    ],
)
def test_a_type_that_makes_no_sense_is_refused_in_the_plan_with_a_way_out(
    feature: Any, said: str, hint: str
) -> None:
    source = hw.Source("s", hw.Frame(ROWS), event_time="at", known_time="at")
    view = hw.FeatureView("v", source, entity="k", features=[feature.over_all()])
    with pytest.raises(SpecError) as caught:
        hw.enrich(pl.DataFrame({"k": [1], "t": [day(9)]}), [view], as_of="t")
    text = str(caught.value)
    assert "[HW205]" in text
    assert said in text
    assert hint in text


def test_all_wrong_types_are_told_together() -> None:
    source = hw.Source("s", hw.Frame(ROWS), event_time="at", known_time="at")
    wrong = [hw.Sum("size").over_all(), hw.Mean("day").over_all(), hw.Max("pair").over_all()]
    view = hw.FeatureView("v", source, entity="k", features=wrong)
    with pytest.raises(SpecErrors) as caught:
        hw.enrich(pl.DataFrame({"k": [1], "t": [day(9)]}), [view], as_of="t")
    assert str(caught.value).count("[HW205]") == 3
