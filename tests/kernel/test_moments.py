"""Moments equal fractions: sums to the bit, means and spreads within 2 units in the last place."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwater.aggregations.base import NULL, OVERFLOW, VALUE
from headwater.aggregations.mean import Mean
from headwater.aggregations.std import Std
from headwater.aggregations.sum import Sum
from headwater.aggregations.variance import Variance
from headwater.kernel.compile import compiled
from headwater.kernel.passes import grouped_fold
from headwater.testing import reference

FOLD = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], {out}[::1], "
    "uint8[::1])"
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
WIDE = st.one_of(
    FLOATS,
    st.sampled_from([1e308, -1e308, 1e-308, 5e-324, -5e-324, 1e16, 1.0, -1e16, 0.1, -0.0]),
    st.builds(math.ldexp, st.floats(-1, 1), st.integers(-1074, 1023)),
)
INT64 = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.sampled_from([2**63 - 1, -(2**63), 0, 1, -1, 2**53 + 1])
)


def folded(member: Any, values: Any, dtype: Any = np.float64) -> tuple[int, Any]:
    """Status and result of one group, compiled."""
    x = np.array(values, dtype)
    functions = member if dtype == np.float64 else member.integers
    kind = "int64" if dtype == np.int64 and member.returns == "value" else "float64"
    out, status = np.zeros(1, kind), np.zeros(1, np.uint8)
    run = compiled(grouped_fold, FOLD.format(x=x.dtype.name, out=kind), functions)
    rows = np.arange(len(x))
    run(x, np.ones(len(x), np.bool_), rows, np.zeros(len(x), np.int64), out, status)
    return int(status[0]), out[0].item()


def near(found: float, expected: float | None, *, ulps: int) -> bool:
    assert expected is not None
    if not math.isfinite(expected):
        return found == expected
    return abs(Fraction(found) - Fraction(expected)) <= ulps * Fraction(math.ulp(expected))


def expected(word: str, values: list[Any]) -> Any:
    return reference.AGGREGATIONS[word](values)


@settings(max_examples=200)
@given(values=st.lists(WIDE, min_size=1, max_size=8))
@example(values=[1e16, 1.0, -1e16])
@example(values=[1e308, 1e308, -1e308, -1e308, 5e-324])
@example(values=[1.7976931348623157e308, 9.9792015476736e291])
@example(values=[1.7976931348623157e308, 9.979201547673598e291])
@example(values=[2.2250738585072014e-308, -5e-324])
@example(values=[-0.0])
def test_a_sum_is_rounded_once(values: list[float]) -> None:
    exact = sum(map(Fraction, values))
    status, found = folded(Sum, values)
    try:
        nearest = exact.numerator / exact.denominator
    except OverflowError:
        nearest = math.inf if exact > 0 else -math.inf
    assert (status, found) == (VALUE, nearest)
    assert found != 0.0 or math.copysign(1.0, found) == 1.0


@settings(max_examples=200)
@given(values=st.lists(WIDE, min_size=2, max_size=7))
@example(values=[1e8 + 0.25, 1e8 + 0.5, 1e8])
@example(values=[1.7e308, -1.7e308])
@example(values=[5e-324, 0.0])
@example(values=[5e-324, 5e-324])
@example(values=[1e200, 1e200 * (1 + 2**-52)])
def test_mean_variance_and_std_are_within_two_units_in_the_last_place(values: list[float]) -> None:
    for member, word in ((Mean, "mean"), (Variance, "variance"), (Std, "std")):
        status, found = folded(member, values)
        assert status == VALUE
        assert near(found, expected(word, values), ulps=2), word


@settings(max_examples=200)
@given(values=st.lists(INT64, min_size=2, max_size=8))
@example(values=[2**63 - 1, 1, -1])
@example(values=[-(2**63), -(2**63), 2**63 - 1, 1])
@example(values=[-(2**63), 0])
@example(values=[2**53 + 1, 1])
def test_integers_are_exact_and_never_wrap(values: list[int]) -> None:
    total = sum(values)
    fits = -(2**63) <= total < 2**63
    assert folded(Sum, values, np.int64) == ((VALUE, total) if fits else (OVERFLOW, 0))
    for member, word in ((Mean, "mean"), (Variance, "variance"), (Std, "std")):
        status, found = folded(member, values, np.int64)
        assert status == VALUE
        assert near(found, expected(word, values), ulps=2), word


@pytest.mark.parametrize("least", [-(2**63), -(2**63) + 1, 2**63 - 1, 0])
def test_the_ends_of_64_bits_are_sums(least: int) -> None:
    assert folded(Sum, [least], np.int64) == (VALUE, least)


@pytest.mark.parametrize("values", [[-(2**63), -1], [2**63 - 1, 1], [2**62] * 2, [-(2**63)] * 9])
def test_one_more_than_64_bits_is_an_overflow(values: list[int]) -> None:
    assert folded(Sum, values, np.int64)[0] == OVERFLOW


def test_floats_and_integers_of_the_same_value_have_the_same_bits() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        values = [rng.choice((1, -1)) * rng.randrange(2 ** rng.randint(1, 53)) for _ in range(9)]
        for member in (Mean, Variance, Std):
            floats = folded(member, [float(value) for value in values])
            assert floats == folded(member, values, np.int64)


@pytest.mark.parametrize(
    ("values", "total", "spread"),
    [
        ([math.nan, 1.0], math.nan, math.nan),
        ([math.inf, 1.0], math.inf, math.nan),
        ([-math.inf, -math.inf, 5.0], -math.inf, math.nan),
        ([math.inf, -math.inf], math.nan, math.nan),
        ([math.inf, math.nan], math.nan, math.nan),
        ([1e308, 1e308], math.inf, 0.0),
        ([1e308, math.nan], math.nan, math.nan),
        ([1e308, -math.inf], -math.inf, math.nan),
    ],
)
def test_what_is_not_finite_is_told_apart(values: list[float], total: float, spread: float) -> None:
    found = folded(Sum, values)[1], folded(Std, values)[1], folded(Variance, values)[1]
    assert np.array_equal(found, [total, spread, spread], equal_nan=True)
    mean = folded(Mean, values)[1]
    assert mean == 1e308 if values == [1e308, 1e308] else np.array_equal(mean, total, True)


def test_a_constant_has_no_spread_and_a_mean_beyond_the_largest_sum() -> None:
    values = [1.7976931348623157e308] * 4
    assert folded(Sum, values) == (VALUE, math.inf)
    assert folded(Mean, values) == (VALUE, 1.7976931348623157e308)
    assert folded(Variance, [0.1] * 7) == (VALUE, 0.0)


@pytest.mark.parametrize("member", [Sum, Mean, Std, Variance])
def test_too_few_rows_are_null(member: Any) -> None:
    assert folded(member, [])[0] == NULL
    assert folded(member, [], np.int64)[0] == NULL
    if member in (Std, Variance):
        assert folded(member, [3.0])[0] == NULL
        assert folded(member, [3], np.int64)[0] == NULL


@pytest.mark.parametrize("member", [Sum, Mean, Std, Variance])
def test_every_order_of_rows_has_the_same_bits(member: Any) -> None:
    values = [1e16, 1.0, -1e16, 0.1, 1e-300]
    assert len({folded(member, order) for order in itertools.permutations(values)}) == 1


@pytest.mark.parametrize("member", [Sum, Mean, Std, Variance])
def test_what_else_is_in_the_group_does_not_move_a_bit(member: Any) -> None:
    """The smallest power of two is shared by the group; a row that does not count may widen it."""
    x = np.array([0.1, 0.7, 3.0, 1e300, 5e-324, math.nan])
    codes = np.array([0, 0, 0, 1, 1, -1])
    out, status = np.zeros(2), np.zeros(2, np.uint8)
    run = compiled(grouped_fold, FOLD.format(x="float64", out="float64"), member)
    run(x, np.ones(6, np.bool_), np.arange(6), codes, out, status)
    assert (VALUE, out[0]) == folded(member, [0.1, 0.7, 3.0])
    assert (VALUE, out[1]) == folded(member, [1e300, 5e-324])


def test_many_rows_stay_exact() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(1e8, 1e-3, 20_000)
    exact = sum(map(Fraction, values.tolist()))
    assert folded(Sum, values) == (VALUE, float(exact))
    assert near(folded(Std, values)[1], expected("std", values.tolist()), ulps=2)
