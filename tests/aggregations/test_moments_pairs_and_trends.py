"""Higher moments, pairs, lines, decay, gaps and scores: exact in any split, as others have them."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwater.aggregations.base import NULL, TIE, VALUE
from headwater.aggregations.correlation import Correlation
from headwater.aggregations.covariance import Covariance
from headwater.aggregations.exponential_mean import ExponentialMean
from headwater.aggregations.intercept import Intercept
from headwater.aggregations.kurtosis import Kurtosis
from headwater.aggregations.skewness import Skewness
from headwater.aggregations.slope import Slope
from headwater.aggregations.time_between import TimeBetween
from headwater.aggregations.time_since import TimeSince
from headwater.aggregations.z_score import ZScore
from headwater.kernel.compile import compiled
from headwater.kernel.passes import grouped_fold
from headwater.testing.reference_moments import WORDS
from headwater.testing.reference_words import Counted

DAY = 86_400_000_000
SINGLE: list[Any] = [Skewness("x"), Kurtosis("x"), ZScore("x")]
PAIRED: list[Any] = [Covariance("x", "y"), Correlation("x", "y")]
TIMED: list[Any] = [Slope("x"), Intercept("x"), ExponentialMean("x", "7d")]
TIMES: list[Any] = [
    TimeSince(),
    TimeSince(which="first"),
    TimeBetween(),
    TimeBetween(what="std"),
]
FLOATS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e308, -1e308, 5e-324, -5e-324, 1e15, 1e15 + 0.125, 0.1, -0.0, 3.0]),
)
INT64 = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.sampled_from([2**63 - 1, -(2**63), 0, 1, 2**53 + 1])
)
MOMENTS = st.one_of(
    st.integers(0, 5),
    st.integers(-9 * DAY, 9 * DAY),
    st.integers(-(2**57), 2**57),
)
FOLD = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], {out}[::1], "
    "uint8[::1])"
)


def rows_of(
    values: list[Any], *, others: list[float] | None = None, times: list[int] | None = None
) -> list[Counted]:
    """Rows in event order, a day apart where nothing else is said."""
    size = len(values)
    others = others if others is not None else [1.0] * size
    times = sorted(times) if times is not None else [DAY * i for i in range(size)]
    rows = zip(values, others, times, range(size), strict=True)
    return [Counted(value, other, time, rank) for value, other, time, rank in rows]


def folded(member: Any, rows: list[Counted], *, as_of: int = 0, seed: int = 0) -> tuple[int, Any]:
    """Status and result of the member's functions in plain Python, merged along random splits."""
    x = np.array([row.value for row in rows], None if rows else np.float64)
    functions = member.integers if x.dtype.kind in "iu" and member.integers else type(member)
    ranks = [row.rank for row in rows]
    rank, rng = np.array([ranks.index(own) for own in ranks], np.int64), Random(seed)
    also = arrays(member, rows)
    last = [np.int64(as_of)] if "as_of" in member.reads_also else []

    def call(name: str, *before: Any, after: tuple[Any, ...]) -> Any:
        function = getattr(functions, name)
        takes_more = function.__code__.co_argcount != len(before) + 1 + len(after)
        return function(*before, x, *(also.values() if takes_more else ()), *after)

    with np.errstate(all="ignore"):
        scale, words = call("prepare", after=(np.ones(len(x), np.bool_), 0, len(x)))

        def state(start: int, stop: int) -> Any:
            into = np.zeros(words, np.int64)
            if stop - start == 1 and rng.random() < 0.9:
                call("lift", into, after=(start, scale))
            if stop - start <= 1:
                return into if stop == start or into.any() else state_of(start)
            cut = rng.randint(start, stop)
            left, right = state(start, cut), state(cut, stop)
            into = (left, right, into)[rng.randrange(3)]
            call("merge", into, left, right, after=(rank,))
            return into

        def state_of(i: int) -> Any:
            """One row, between empty states."""
            one, empty = np.zeros(words, np.int64), np.zeros(words, np.int64)
            call("lift", one, after=(i, scale))
            call("merge", one, empty, one, after=(rank,))
            call("merge", one, one, empty, after=(rank,))
            return one

        status, found = call("result", state(0, len(x)), after=(scale, *last))
    return status, found.item() if isinstance(found, np.generic) else found


def arrays(member: Any, rows: list[Counted]) -> dict[str, Any]:
    """What the member reads besides the values."""
    known = {
        "time": np.array([row.time for row in rows], np.int64),
        "other": np.array([row.other for row in rows], np.float64),
        "parameters": np.array(member.parameters, np.float64),
    }
    return {name: array for name, array in known.items() if name in member.reads_also}


def expected(member: Any, rows: list[Counted], *, as_of: int = 0) -> Any:
    given = {name: getattr(member, name, None) for name in ("half_life", "which", "what")}
    return WORDS[member.word](rows, given, as_of)


def demand_near(member: Any, rows: list[Counted], *, as_of: int = 0, seed: int = 0) -> None:
    """Null where the reference is, else within one unit in the last place; counts are equal."""
    status, found = folded(member, rows, as_of=as_of, seed=seed)
    wanted = expected(member, rows, as_of=as_of)
    if wanted is None:
        assert status == NULL
        return
    assert status == VALUE
    if isinstance(wanted, int) or not math.isfinite(wanted):
        assert found == wanted or (found != found and wanted != wanted)
    else:
        assert abs(Fraction(found) - Fraction(wanted)) <= Fraction(math.ulp(wanted))
        assert found != 0.0 or math.copysign(1.0, found) == 1.0


@pytest.mark.parametrize("member", SINGLE, ids=lambda member: member.word)
@settings(max_examples=60)
@given(values=st.lists(FLOATS, max_size=7), seed=st.integers(0, 99))
@example(values=[1e15, 1e15 + 0.125, 1e15 + 0.5, 1e15], seed=0)
@example(values=[5e-324, 0.0, 5e-324, -5e-324], seed=1)
@example(values=[1.7e308, -1.7e308, 1.7e308, 5e-324], seed=2)
@example(values=[3.0, 3.0, 3.0, 4.0], seed=3)
def test_one_column_is_within_one_unit_of_the_exact_value(
    member: Any, values: list[float], seed: int
) -> None:
    demand_near(member, rows_of(values), seed=seed)


@pytest.mark.parametrize("member", SINGLE + TIMED, ids=lambda member: member.word)
@settings(max_examples=30)
@given(values=st.lists(INT64, min_size=1, max_size=6), seed=st.integers(0, 99))
@example(values=[2**63 - 1, -(2**63), 2**63 - 1, 0, 1], seed=0)
@example(values=[2**53 + 1, 2**53, 2**53 + 1, 2**53], seed=1)
def test_integers_beyond_2_to_the_53_are_exact(member: Any, values: list[int], seed: int) -> None:
    demand_near(member, rows_of(values), as_of=9 * DAY, seed=seed)


@pytest.mark.parametrize("member", PAIRED, ids=lambda member: member.word)
@settings(max_examples=60)
@given(pairs=st.lists(st.tuples(st.one_of(FLOATS), FLOATS), max_size=6), seed=st.integers(0, 99))
@example(pairs=[(1e15, 1e-15), (1e15 + 0.5, 2e-15), (1e15 + 1.0, 4e-15)], seed=0)
def test_pairs_are_within_one_unit_of_the_exact_value(
    member: Any, pairs: list[tuple[float, float]], seed: int
) -> None:
    rows = rows_of([x for x, _ in pairs], others=[y for _, y in pairs])
    demand_near(member, rows, seed=seed)
    whole = [int(x) % 2**63 for x, _ in pairs]
    if pairs:
        demand_near(member, rows_of(whole, others=[y for _, y in pairs]), seed=seed)


@pytest.mark.parametrize("member", TIMED, ids=lambda member: member.word)
@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(FLOATS, st.integers(-9 * DAY, 9 * DAY)), max_size=6),
    origin=st.sampled_from([0, 1_700_000_000_000_000, -(10**17)]),
    seed=st.integers(0, 99),
)
@example(rows=[(1e300, 0), (-1e300, 1), (1.0, 2), (3.0, 2)], origin=0, seed=0)
@example(rows=[(1.7e308, 0), (1.7e308, DAY)], origin=0, seed=0)
def test_values_over_time_are_within_one_unit_of_the_exact_value(
    member: Any, rows: list[tuple[float, int]], origin: int, seed: int
) -> None:
    values, times = [value for value, _ in rows], [origin + time for _, time in rows]
    demand_near(member, rows_of(values, times=times), as_of=origin + 9 * DAY + 1, seed=seed)


@pytest.mark.parametrize("member", TIMES, ids=lambda member: f"{member.word} {member.label[0]}")
@settings(max_examples=60)
@given(times=st.lists(MOMENTS, max_size=7), seed=st.integers(0, 99))
@example(times=[0, 1, 3], seed=0)
@example(times=[0, 0, 3, 3], seed=0)
@example(times=[0, 3, 6, 15], seed=0)
@example(times=[0, 2**57, 2**57 + 1], seed=0)
def test_times_are_exact_to_the_microsecond(member: Any, times: list[int], seed: int) -> None:
    rows = rows_of([0.0] * len(times), times=times)
    demand_near(member, rows, as_of=2**57 + 1, seed=seed)


@pytest.mark.parametrize(
    ("times", "mean", "std"),
    [
        ([], None, None),
        ([7], None, None),
        ([0, 5], 5, None),
        ([0, 1, 2], 1, 0),
        ([0, 1, 4], 2, 1),  # gaps 1, 3: the root of 2
        ([0, 0, 3], 2, 2),  # gaps 0, 3: 1.5 is even at 2
        ([0, 0, 1], 0, 1),  # gaps 0, 1: 0.5 is even at 0
        ([-9, -8, -4], 2, 2),  # gaps 1, 4: 2.5 is even at 2, before 1970
    ],
)
def test_gaps_are_rounded_to_even(times: list[int], mean: int | None, std: int | None) -> None:
    rows = rows_of([0.0] * len(times), times=times)
    for what, wanted in (("mean", mean), ("std", std)):
        status, found = folded(TimeBetween(what=what), rows)
        assert (found if status == VALUE else None) == wanted


def test_a_deviation_half_way_between_microseconds_goes_to_the_even_one() -> None:
    """Gaps a, a + 3, a + 6, a + 3 ...: variances that are squares of 1.5 and 2.5, and next to."""
    for gaps, wanted in (
        ([0, 0, 0, 3], 2),  # 1.5
        ([0, 0, 0, 5], 2),  # 2.5
        ([0, 0, 0, 7], 4),  # 3.5
        ([2**50, 2**50, 2**50, 2**50 + 2**40 + 1], 2**39),  # 2**39 + 0.5
        ([2**50, 2**50, 2**50, 2**50 + 2**40 + 3], 2**39 + 2),  # 2**39 + 1.5
    ):
        times = [sum(gaps[:i]) for i in range(len(gaps) + 1)]
        rows = rows_of([0.0] * len(times), times=times)
        assert folded(TimeBetween(what="std"), rows) == (VALUE, wanted)


def test_higher_moments_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    for values in (rng.normal(3.0, 2.0, 9), rng.exponential(1.0, 9), np.array([1.0, 2.0])):
        rows = rows_of(values.tolist())
        assert folded(Skewness("x"), rows)[1] == pytest.approx(
            float(scipy.stats.skew(values, bias=True)), rel=1e-12, abs=1e-12
        )
        assert folded(Kurtosis("x"), rows)[1] == pytest.approx(
            float(scipy.stats.kurtosis(values, bias=True)), rel=1e-12, abs=1e-12
        )


def test_pairs_and_scores_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=9), rng.normal(size=9)
    rows = rows_of(x.tolist(), others=y.tolist())
    assert folded(Covariance("x", "y"), rows)[1] == pytest.approx(float(np.cov(x, y)[0, 1]))
    correlation = float(np.corrcoef(x, y)[0, 1])
    assert folded(Correlation("x", "y"), rows)[1] == pytest.approx(correlation)
    score = (x[-1] - x[:-1].mean()) / x[:-1].std(ddof=1)
    assert folded(ZScore("x"), rows)[1] == pytest.approx(float(score))


def test_a_line_is_that_of_polyfit_in_days_before_the_moment() -> None:
    rng = np.random.default_rng(2)
    times = np.sort(rng.integers(0, 30 * DAY, 9))
    values = rng.normal(size=9)
    slope, height = np.polyfit((times - 31 * DAY) / DAY, values, 1)
    rows = rows_of(values.tolist(), times=times.tolist())
    assert folded(Slope("x"), rows)[1] == pytest.approx(float(slope))
    assert folded(Intercept("x"), rows, as_of=31 * DAY)[1] == pytest.approx(float(height))


def test_decay_is_that_of_pandas() -> None:
    rng = np.random.default_rng(3)
    times = np.sort(rng.integers(0, 30 * DAY, 9))
    values = rng.normal(5.0, 1.0, 9)
    means = pd.Series(values).ewm(halflife="36h", times=pd.to_datetime(times, unit="us")).mean()
    rows = rows_of(values.tolist(), times=times.tolist())
    found = folded(ExponentialMean("x", half_life="36h"), rows)
    assert found[1] == pytest.approx(float(means.iloc[-1]))


@pytest.mark.parametrize("member", SINGLE + PAIRED + TIMED, ids=lambda member: member.word)
@pytest.mark.parametrize("strange", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_gives_nan(member: Any, strange: float) -> None:
    for values in ([strange, 1.0, 2.0, 4.0], [1.0, 2.0, 4.0, strange], [1.0, strange, 3.0, 1.0]):
        status, found = folded(member, rows_of(values, others=[1.0, 2.0, 3.0, 5.0]), as_of=9 * DAY)
        assert status == VALUE
        assert math.isnan(found)


@pytest.mark.parametrize("member", PAIRED, ids=lambda member: member.word)
def test_a_partner_that_is_not_finite_gives_nan(member: Any) -> None:
    for x in ([1.0, 2.0, 3.0], [1, 2, 3]):
        status, found = folded(member, rows_of(x, others=[1.0, math.nan, 2.0]))
        assert status == VALUE
        assert math.isnan(found)


@pytest.mark.parametrize("member", SINGLE + PAIRED, ids=lambda member: member.word)
def test_what_has_no_spread_is_null(member: Any) -> None:
    if member.word != "covariance":
        assert folded(member, rows_of([0.1] * 5))[0] == NULL
        assert folded(member, rows_of([2**63 - 1] * 5))[0] == NULL
    assert folded(member, rows_of([1.5]))[0] == NULL
    assert folded(member, rows_of([]))[0] == NULL


def test_one_column_without_spread_has_a_covariance_of_zero_and_no_correlation() -> None:
    for values, others in (([1.0, 1.0], [2.0, 3.0]), ([1.0, 2.0], [3.0, 3.0])):
        rows = rows_of(values, others=others)
        assert folded(Covariance("x", "y"), rows) == (VALUE, 0.0)
        assert folded(Correlation("x", "y"), rows)[0] == NULL


def test_columns_on_a_straight_line_correlate_fully() -> None:
    rng = Random(4)
    values = [rng.gauss(1e9, 1.0) for _ in range(7)]
    rising = rows_of(values, others=[8.0 * value for value in values])
    falling = rows_of(values, others=[-0.5 * value for value in values])
    assert folded(Correlation("x", "y"), rising) == (VALUE, 1.0)
    assert folded(Correlation("x", "y"), falling) == (VALUE, -1.0)


def test_events_at_one_time_have_no_line() -> None:
    for member in (Slope("x"), Intercept("x")):
        for values in ([1.0, 2.0], [1, 2], [math.nan, 1.0]):
            assert folded(member, rows_of(values, times=[5, 5]), as_of=7)[0] == NULL


def test_a_line_is_in_units_per_day_and_reaches_the_moment() -> None:
    rows = rows_of([10.0, 12.0, 14.0], times=[-DAY, 0, DAY])
    assert folded(Slope("x"), rows) == (VALUE, 2.0)
    assert folded(Intercept("x"), rows, as_of=3 * DAY) == (VALUE, 18.0)
    assert folded(Intercept("x"), rows, as_of=-3 * DAY) == (VALUE, 6.0)


def test_a_long_history_neither_over_nor_underflows() -> None:
    """Half-lives of a microsecond over centuries."""
    member = ExponentialMean("x", half_life="1us")
    assert folded(member, rows_of([1e300, 2.0], times=[-(2**57), 2**57])) == (VALUE, 2.0)
    assert folded(member, rows_of([3.0, 1.0], times=[0, 1])) == (VALUE, 5.0 / 3.0)
    values = [1.7e308] * 60
    rows = rows_of(values, times=[20 * i for i in range(60)])
    assert folded(member, rows) == (VALUE, 1.7e308)


def test_an_old_value_fades_until_it_is_nothing() -> None:
    member = ExponentialMean("x", half_life="1us")
    for age, wanted in ((1, 2.0 / 3.0), (60, 2.0**-59), (200, 2.0**-199), (10_000, 0.0)):
        status, found = folded(member, rows_of([2.0, 0.0], times=[0, age]), seed=age)
        assert status == VALUE
        assert found == pytest.approx(wanted, rel=1e-15)
        assert folded(member, rows_of([2, 0], times=[0, age])) == (status, found)
    assert folded(member, rows_of([0.0, 0.0], times=[0, 10_000])) == (VALUE, 0.0)


def test_a_score_takes_the_newest_out_of_mean_and_deviation() -> None:
    assert folded(ZScore("x"), rows_of([1.0, 3.0, 4.0]))[1] == pytest.approx(2.0 / math.sqrt(2.0))
    assert folded(ZScore("x"), rows_of([1, 3, 2])) == (VALUE, 0.0)
    assert folded(ZScore("x"), rows_of([5.0, 5.0, 6.0]))[0] == NULL
    assert folded(ZScore("x"), rows_of([5.0, 6.0]))[0] == NULL


@pytest.mark.parametrize(
    ("values", "ranks", "status"),
    [
        ([1.0, 2.0, 3.0, 4.0], [0, 1, 2, 2], TIE),
        ([1.0, 2.0, 4.0, 4.0], [0, 1, 2, 2], VALUE),
        ([1.0, 2.0, math.nan, math.nan], [0, 1, 2, 2], VALUE),
        ([1.0, 2.0, math.nan, 4.0], [0, 1, 2, 2], TIE),
        ([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 2], VALUE),
        ([1.0, 5.0, 5.0], [0, 0, 0], TIE),
    ],
)
def test_a_score_is_told_of_rows_that_tie_for_the_newest(
    values: list[float], ranks: list[int], status: int
) -> None:
    pairs = zip(values, ranks, strict=True)
    rows = [Counted(value, 1.0, rank, rank) for value, rank in pairs]
    for seed in range(9):
        assert folded(ZScore("x"), rows, seed=seed)[0] == status


@pytest.mark.slow
@pytest.mark.parametrize(
    "member", [Kurtosis("x"), ExponentialMean("x")], ids=lambda member: member.word
)
def test_unsigned_integers_are_exact_and_compiled_alike(member: Any) -> None:
    values = [2**64 - 1, 2**64 - 2, 5, 2**63]
    rows = rows_of(values)
    x, also = np.array(values, np.uint64), arrays(member, rows)
    out, status = np.zeros(1), np.zeros(1, np.uint8)
    run = compiled(
        grouped_fold, FOLD.format(x="uint64", out="float64"), member.integers, tuple(also)
    )
    run(x, *also.values(), np.ones(4, np.bool_), np.arange(4), np.zeros(4, np.int64), out, status)
    assert (int(status[0]), out[0]) == folded(member, rows)
    demand_near(member, rows)


@pytest.mark.parametrize(
    ("member", "fault"),
    [
        (ExponentialMean("x", half_life="7d"), None),
        (ExponentialMean("x", half_life="-7d"), "half_life= '-7d' is not a duration"),
        (ExponentialMean("x", half_life="0d"), "half_life= is from 1us to 285 years, found 0us"),
        (
            ExponentialMean("x", half_life="200000d"),
            "half_life= is from 1us to 285 years, found 17280000000000000us",
        ),
        (
            ExponentialMean("x", half_life=7),  # type: ignore[arg-type]
            'half_life= is a duration such as "7d", found int',
        ),
        (TimeSince(which="last"), None),
        (TimeSince(which="newest"), "which= is 'last' or 'first', found 'newest'"),
        (TimeBetween(what="std"), None),
        (TimeBetween(what="max"), "what= is 'mean' or 'std', found 'max'"),
    ],
)
def test_arguments_that_mean_nothing_are_told(member: Any, fault: str | None) -> None:
    assert member.parameter_fault() == fault


def test_a_half_life_is_in_the_name_as_it_is_written() -> None:
    assert ExponentialMean("x", half_life="36h").label == ("36h",)
    length = pd.Timedelta(hours=36).to_pytimedelta()
    assert ExponentialMean("x", half_life=length).label == ("1d12h",)
    assert ExponentialMean("x", half_life=length).parameters == (1.5 * DAY,)
