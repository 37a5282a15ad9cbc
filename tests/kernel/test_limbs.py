"""Limbs equal Python's integers: sums, squares, products and the one rounding."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwater.kernel.compile import compiled
from headwater.kernel.limbs import (
    BIAS,
    BITS,
    NOT_FINITE,
    add_scaled,
    add_short,
    add_square,
    multiply,
    round_limbs,
    scaled_float,
    subtract_square,
    whole,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
EDGES = [0, 1, -1, 2**30 - 1, 2**30, -(2**30), 2**53, 2**53 + 1, 2**60, 2**63 - 1, -(2**63)]


def limbs_of(number: int, size: int) -> Any:
    """A number below zero has its sign in the last limb."""
    words = [(number >> (BITS * i)) & (2**BITS - 1) for i in range(size - 1)]
    return np.array([*words, number >> (BITS * (size - 1))], np.int64)


def value_of(words: Any) -> int:
    return sum(int(word) << (BITS * i) for i, word in enumerate(words))


def nearest(number: int) -> Fraction:
    """53 bits of an integer of any size, ties to even."""
    drop = max(0, abs(number).bit_length() - 53)
    kept, rest = divmod(abs(number), 1 << drop)
    half = (1 << drop) >> 1
    if rest > half or (drop and rest == half and kept & 1):
        kept += 1
    return Fraction((kept << drop) * (-1 if number < 0 else 1))


@pytest.fixture(scope="module")
def run() -> Any:
    """The same functions as machine code, which has no big integers to fall back to."""
    one = "const int64[::1], int64[::1], int64[::1], float64[::1]"
    return compiled(_each, f"void({one})")


def _each(numbers: Any, words: Any, squares: Any, out: Any) -> None:
    for i in range(numbers.shape[0]):
        add_scaled(words, numbers[i], 17 + 31 * i)
        add_square(squares, 1, numbers[i], i)
    value, power = round_limbs(words)
    out[0] = value
    out[1] = power


@settings(max_examples=200)
@given(numbers=st.lists(INT64, max_size=6))
@example(numbers=EDGES[-6:])
@example(numbers=[-(2**63)] * 6)
def test_compiled_limbs_equal_integers(run: Any, numbers: list[int]) -> None:
    words, squares, out = np.zeros(14, np.int64), np.zeros(12, np.int64), np.zeros(2)
    run(np.array(numbers, np.int64), words, squares, out)
    total = sum(number << (17 + 31 * i) for i, number in enumerate(numbers))
    assert value_of(words) == abs(total)
    assert Fraction(out[0]) * Fraction(2) ** int(out[1]) == nearest(total)
    squared = sum(number**2 << (2 * i) for i, number in enumerate(numbers))
    assert value_of(squares[1:]) == squared


@given(number=INT64, shift=st.integers(0, 200))
def test_a_scaled_number_is_added_where_it_belongs(number: int, shift: int) -> None:
    words = np.zeros(12, np.int64)
    add_scaled(words, number, shift)
    assert value_of(words) == number << shift
    assert np.abs(words).max() <= 1 << 33


@pytest.mark.parametrize("number", EDGES)
def test_a_square_is_exact(number: int) -> None:
    words = np.zeros(14, np.int64)
    add_square(words, 2, number, 7)
    assert value_of(words[2:]) == number**2 << 14
    assert words[:2].tolist() == [0, 0]


def test_a_word_grows_by_less_than_a_headroom_of_2_to_the_33_rows_allows() -> None:
    """A row adds at most 2**30 to a word, so that the words of 2**33 rows stay in 63 bits."""
    most = 0
    for seed in range(300):
        rng = random.Random(seed)
        words = np.zeros(10, np.int64)
        number = rng.choice((1, -1)) * (2**53 - rng.choice((1, rng.randrange(2**53))))
        add_scaled(words, number, rng.randrange(150))
        most = max(most, int(np.abs(words).max()))
    assert most * 2**33 <= 2**63


@settings(max_examples=300)
@given(number=st.integers(-(2**290), 2**290), spare=st.integers(0, 3))
@example(number=0, spare=0)
@example(number=-(2**290), spare=0)
def test_rounding_is_to_the_nearest_of_53_bits(number: int, spare: int) -> None:
    size = abs(number).bit_length() // BITS + 1 + spare
    value, power = round_limbs(limbs_of(number, size))
    assert Fraction(value) * Fraction(2) ** power == nearest(number)


@settings(max_examples=300)
@given(
    top=st.integers(2**52, 2**53 - 1),
    tail=st.sampled_from([-1, 0, 1]),
    width=st.integers(1, 200),
    sign=st.sampled_from([1, -1]),
)
def test_half_way_cases_go_to_even_and_the_last_bit_decides(
    top: int, tail: int, width: int, sign: int
) -> None:
    number = sign * ((top << width) + (1 << width >> 1) + (tail if width > 1 else 0))
    value, power = round_limbs(limbs_of(number, number.bit_length() // BITS + 2))
    assert Fraction(value) * Fraction(2) ** power == nearest(number)


@settings(max_examples=200)
@given(words=st.lists(st.integers(-(2**62), 2**62), min_size=2, max_size=7))
def test_words_that_were_never_carried_are_carried_once(words: list[int]) -> None:
    """Sums are added up without carrying, so any words may meet the rounding."""
    array = np.array([*words, 0, 0, 0], np.int64)
    number = value_of(array)
    value, power = round_limbs(array)
    assert Fraction(value) * Fraction(2) ** power == nearest(number)
    assert value_of(array) == abs(number)
    assert array.min() >= 0
    assert array[:-1].max() < 2**BITS


@given(number=st.integers(0, 2**200), times=st.integers(0, 2**32 - 1))
def test_a_product_is_exact_and_carried(number: int, times: int) -> None:
    words = limbs_of(number, 9)
    multiply(words, times)
    assert value_of(words) == number * times
    assert words.min() >= 0
    assert words.max() < 2**BITS


@given(root=st.integers(0, 2**115), before=st.integers(0, 2**230))
def test_a_square_is_subtracted_exactly(root: int, before: int) -> None:
    words = limbs_of(before, 8)
    subtract_square(words, limbs_of(root, 4))
    assert value_of(words) == before - root**2


@given(number=st.integers(-(2**61) + 1, 2**61 - 1), shift=st.integers(0, 200))
@example(number=-(2**61) + 1, shift=29)
def test_a_short_number_is_added_to_three_limbs(number: int, shift: int) -> None:
    words = np.zeros(10, np.int64)
    add_short(words, number, shift)
    assert value_of(words) == number << shift
    assert np.abs(words).max() <= 1 << 32
    assert set(np.flatnonzero(words)) <= {shift // BITS + i for i in range(3)}


@given(value=st.floats())
@example(value=-0.0)
@example(value=5e-324)
@example(value=-2.2250738585072014e-308)
@example(value=1.7976931348623157e308)
def test_a_float_is_a_whole_number_times_a_power_of_two(value: float) -> None:
    number, exponent = whole(value)
    if not math.isfinite(value):
        assert exponent == NOT_FINITE
    else:
        assert Fraction(int(number)) * Fraction(2) ** int(exponent - BIAS) == Fraction(value)
        assert abs(number) < 2**53
        assert 1 <= exponent < NOT_FINITE


@pytest.mark.parametrize("power", [-9999, 0, 9999])
def test_scaling_leaves_nan_alone(power: int) -> None:
    assert math.isnan(scaled_float(math.nan, power))


@pytest.mark.parametrize(
    ("value", "power", "expected"),
    [
        (1.0, 1023, 2.0**1023),
        (1.0, 1024, math.inf),
        (-1.0, 1024, -math.inf),
        (2.0**53 - 1, 971, 1.7976931348623157e308),
        (2.0**53, 971, math.inf),
        (1.0, -1074, 5e-324),
        (-1.0, -1074, -5e-324),
        (1.0, -1075, 0.0),
        (1.5, -1074, 1e-323),
        (3.0, -5000, 0.0),
        (0.0, 9999, 0.0),
        (-0.0, 3, 0.0),
    ],
)
def test_scaling_ends_in_infinities_and_in_plus_zero(
    value: float, power: int, expected: float
) -> None:
    found = scaled_float(value, power)
    assert found == expected
    if expected == 0.0:
        assert math.copysign(1.0, found) == 1.0
