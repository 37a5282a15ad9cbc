"""Places in order, and what lies between two values."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.kernel.limbs import BIAS, whole
from headwater.kernel.ranks import (
    between,
    code_at,
    float_at,
    integer_at,
    rank_down,
    rank_room,
    rank_up,
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.integers(13, 20))
@settings(derandomize=True, deadline=None)
def test_the_value_at_each_place_is_that_of_the_sorted_rows(codes: list[int], room: int) -> None:
    state = np.zeros(rank_room(room), np.int64)
    for code in codes:
        rank_up(state, code, None)
    ordered = sorted(codes)
    assert [code_at(state, place) for place in range(len(codes))] == ordered
    rank_down(state, ordered[0], None)
    assert [code_at(state, place) for place in range(len(codes) - 1)] == ordered[1:]
    for code in ordered[1:]:
        rank_down(state, code, None)
    assert not state.any()


@given(
    st.one_of(FLOATS, st.sampled_from([0.0, 5e-324])), FLOATS, st.floats(0.0, 1.0, exclude_max=True)
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_what_lies_between_two_floats_is_rounded_once(low: float, high: float, t: float) -> None:
    exact = Fraction(low) + Fraction(t) * (Fraction(high) - Fraction(low))
    found = between(*whole(low), *whole(high), t)
    limit = 0.0 if abs(exact) >= Fraction(2) ** -1022 else 5e-324
    assert abs(found - float(exact)) <= limit


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(0.0, 1.0, exclude_max=True),
)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_what_lies_between_two_integers_is_exact_beyond_the_floats(
    low: int, high: int, t: float
) -> None:
    exact = Fraction(low) + Fraction(t) * (high - low)
    with np.errstate(all="ignore"):
        assert between(np.int64(low), BIAS, np.int64(high), BIAS, t) == float(exact)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([1.0, 2.0, 4.0], 0.5, 2.0),
        ([1.0, 2.0], 0.5, 1.5),
        ([7.0, 7.0], 0.3, 7.0),
        ([0.0, 10.0], 0.25, 2.5),
        ([-10.0, 0.0], 0.75, -2.5),
        ([1.5e308, 1.7e308], 0.5, 1.6e308),
        ([5e-324, 1.5e-323], 0.5, 1e-323),
        ([-math.inf, 3.0], 0.1, -math.inf),
        ([3.0, math.inf], 0.1, math.inf),
        ([-math.inf, math.inf], 0.1, math.nan),
        ([math.inf, math.inf], 0.1, math.inf),
        ([1.0, math.nan], 0.0, math.nan),
    ],
)
def test_a_quantile_of_floats(values: list[float], share: float, expected: float) -> None:
    state, x = ranked(values)
    with np.errstate(all="ignore"):
        found = float_at(state, x, share)
    assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_a_nan_that_is_not_in_sight_changes_nothing() -> None:
    state, x = ranked([1.0, math.nan])
    rank_down(state, 1, x)
    assert float_at(state, x, 0.5) == 1.0


def test_the_middle_of_large_integers_is_the_nearest_float() -> None:
    state, x = ranked([2**53 + 1, 2**53 + 3])
    assert integer_at(state, x, 0.5) == 2.0**53 + 2
    state, x = ranked([-(2**63), 2**63 - 1])
    assert integer_at(state, x, 0.5) == -0.5
    assert integer_at(state, x, 1.0) == 2.0**63


def ranked(values: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """The state of distinct values in order, each once, or of one that all rows hold."""
    distinct = list(dict.fromkeys(values))
    x = np.array(distinct, np.int64 if isinstance(values[0], int) else np.float64)
    state = np.zeros(rank_room(len(distinct)), np.int64)
    for value in values:
        rank_up(state, distinct.index(value), x)
    return state, x
