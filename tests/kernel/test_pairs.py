"""Pairs hold twice the digits of a float, whatever the scale of the limbs they come from."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwater.kernel.exact_products import add_product, put_float, put_integer, scale_up
from headwater.kernel.limbs import BITS, carry
from headwater.kernel.pairs import (
    pair_of,
    pair_product,
    pair_quotient,
    pair_root,
    pair_sum,
    two_product,
)
from headwater.kernel.powers import power_of_two

CLOSE = Fraction(1, 2**100)
NUMBERS = st.integers(-(2**240), 2**240)
MODERATE = st.floats(2.0**-60, 2.0**60)


def limbs_of(number: int, size: int) -> np.ndarray:
    """A number below zero has its sign in the last limb."""
    words = [(number >> (BITS * i)) & (2**BITS - 1) for i in range(size - 1)]
    return np.array([*words, number >> (BITS * (size - 1))], np.int64)


def value_of(words: np.ndarray) -> int:
    return sum(int(word) << (BITS * i) for i, word in enumerate(words))


def exact(high: float, low: float, power: int = 0) -> Fraction:
    return (Fraction(high) + Fraction(low)) * Fraction(2) ** power


@settings(max_examples=200)
@given(number=NUMBERS, spare=st.integers(0, 3))
@example(number=0, spare=0)
@example(number=1, spare=0)
@example(number=-(2**240), spare=0)
@example(number=2**106 - 1, spare=1)
def test_a_pair_holds_the_first_106_bits(number: int, spare: int) -> None:
    size = abs(number).bit_length() // BITS + 1 + spare
    high, low, power = pair_of(limbs_of(number, size))
    cut = max(0, abs(number).bit_length() - 106)
    kept = (abs(number) >> cut) << cut
    assert exact(high, low, power) == (kept if number >= 0 else -kept)
    assert high == 0.0 or high + low == high


@given(number=NUMBERS, shift=st.integers(0, 90))
def test_a_pair_does_not_depend_on_the_scale_of_its_limbs(number: int, shift: int) -> None:
    high, low, power = pair_of(limbs_of(number, 10))
    again = pair_of(limbs_of(number << shift, 13))
    assert again == (high, low, power + shift if number else 0)


@given(a=MODERATE, b=MODERATE)
def test_a_product_and_its_rest_are_exact(a: float, b: float) -> None:
    product, rest = two_product(a, b)
    assert Fraction(product) + Fraction(rest) == Fraction(a) * Fraction(b)


@settings(max_examples=200)
@given(a=MODERATE, b=MODERATE, parts=st.tuples(st.floats(-1, 1), st.floats(-1, 1)))
def test_operations_of_pairs_lose_less_than_100_bits_keep(
    a: float, b: float, parts: tuple[float, float]
) -> None:
    a_low, b_low = (part * math.ulp(one) / 2 for part, one in zip(parts, (a, b), strict=True))
    one, other = exact(a, a_low), exact(b, b_low)
    for found, wanted in (
        (pair_sum(a, a_low, b, b_low), one + other),
        (pair_product(a, a_low, b, b_low), one * other),
        (pair_quotient(a, a_low, b, b_low), one / other),
    ):
        assert abs(exact(*found) - wanted) <= CLOSE * wanted
    for power in (4, 7, -3):
        high, low, half = pair_root(a, a_low, power)
        wanted = one * Fraction(2) ** power
        assert abs(exact(high, low, half) ** 2 - wanted) <= 2 * CLOSE * wanted


@pytest.mark.parametrize("whole", [1, 3, 7 * 86_400_000_000, 2**53 - 1])
def test_a_power_of_two_with_a_broken_exponent_has_100_bits(whole: int) -> None:
    rng = Random(whole)
    parts = {0, whole - 1, *(rng.randrange(whole) for _ in range(20))}
    with localcontext() as context:
        context.prec = 50
        for part in parts:
            high, low = power_of_two(float(part), float(whole))
            wanted = Decimal(2) ** (Decimal(part) / Decimal(whole))
            assert abs((Decimal(high) + Decimal(low)) / wanted - 1) < Decimal(2) ** -100
    assert power_of_two(0.0, float(whole)) == (1.0, 0.0)


@settings(max_examples=200)
@given(value=st.floats(), scale=st.integers(-1080, -1074))
@example(value=-0.0, scale=-1074)
@example(value=math.nan, scale=-1074)
@example(value=-5e-324, scale=-1080)
def test_a_float_is_put_into_three_limbs(value: float, scale: int) -> None:
    words = np.zeros(80, np.int64)
    first = put_float(words, value, scale)
    if not math.isfinite(value):
        assert first == -1
        assert not words.any()
        return
    assert Fraction(value_of(words)) * Fraction(2) ** scale == Fraction(value)
    assert set(np.flatnonzero(words)) <= {first, first + 1, first + 2}
    assert words[: first + 2].min(initial=0) >= 0


@given(number=st.integers(-(2**63), 2**64 - 1))
@example(number=-(2**63))
@example(number=2**64 - 1)
def test_an_integer_is_put_into_three_limbs(number: int) -> None:
    words = np.zeros(4, np.int64)
    one: Any = np.int64(number) if number < 2**63 else np.uint64(number)
    assert put_integer(words, one) == 0
    assert value_of(words) == number


@given(
    a=st.integers(-(2**115), 2**115),
    b=st.integers(-(2**85), 2**85),
    times=st.sampled_from([1, -1, 3, -6]),
    number=st.integers(0, 2**32),
)
@example(a=0, b=5, times=1, number=0)
def test_products_are_added_and_scaled_exactly(a: int, b: int, times: int, number: int) -> None:
    words = limbs_of(a, 8)
    add_product(words, limbs_of(a, 4), limbs_of(b, 3), times)
    assert value_of(words) == a + times * a * b
    carry(words)
    scale_up(words, number)
    assert value_of(words) == (a + times * a * b) * number
