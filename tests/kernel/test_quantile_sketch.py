"""Buckets, what stands for them, and the value at a place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.kernel.quantile_sketch import (
    bucket_of,
    edges_of,
    lift_value,
    number_of,
    prepare_buckets,
    quantile,
)
from headwater.testing.law_cases import same

HALF = np.array([0.5, 0.5, *edges_of(0.5)])
LAST = len(edges_of(0.5))


def folded(values: list[float], q: float, accuracy: float) -> tuple[int, float]:
    x = np.array(values, np.float64)
    parameters = np.array([q, accuracy, *edges_of(accuracy)])
    valid = np.ones(len(x), np.bool_)
    scale, words = prepare_buckets(x, parameters, valid, 0, len(x))
    state = np.zeros(words, np.int64)
    for i in range(len(x)):
        one = np.zeros(words, np.int64)
        lift_value(one, x, parameters, i, scale)
        state += one
    status, found = quantile(state, x, parameters, scale)
    return status, float(found)


@pytest.mark.parametrize(
    ("value", "bucket", "number"),
    [
        (0.0, 0, 0.0),
        (-9e-10, 0, 0.0),
        (1e-9, 1, 1.5e-9),
        (2.9e-9, 1, 1.5e-9),
        (-3.1e-9, -2, -4.5e-9),
        (1e300, LAST, edges_of(0.5)[-1]),
        (-1e300, -LAST, -edges_of(0.5)[-1]),
        (math.inf, LAST + 1, math.inf),
        (-math.inf, -LAST - 1, -math.inf),
    ],
)
def test_each_number_is_in_one_bucket_for_which_one_number_stands(
    value: float, bucket: int, number: float
) -> None:
    assert bucket_of(value, HALF) == bucket
    assert number_of(bucket, HALF) == pytest.approx(number, rel=1e-15)


@given(st.floats(1e-9, 9.9e17), st.sampled_from([0.005, 0.02, 0.25]))
@settings(derandomize=True, deadline=None)
def test_what_stands_for_a_number_is_within_the_accuracy(value: float, accuracy: float) -> None:
    parameters = np.array([0.5, accuracy, *edges_of(accuracy)])
    found = number_of(bucket_of(value, parameters), parameters)
    assert abs(found - value) <= accuracy * value * (1 + 1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 1))
@settings(derandomize=True, deadline=None)
def test_the_quantile_is_that_of_what_stands_for_the_values(values: list[float], q: float) -> None:
    parameters = np.array([q, 0.1, *edges_of(0.1)])
    known = sorted(number_of(bucket_of(value, parameters), parameters) for value in values)
    place = (len(known) - 1) * q
    low, high = known[math.floor(place)], known[math.ceil(place)]
    expected = low + (place - math.floor(place)) * (high - low)
    assert folded(values, q, 0.1) == (1, expected)


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [
        ([], 0.5, (0, 0.0)),
        ([math.nan], 0.5, (1, math.nan)),
        ([1.0, math.nan], 0.0, (1, math.nan)),
        ([1.0, math.inf], 0.5, (1, math.inf)),
        ([-math.inf, math.inf], 0.5, (1, math.nan)),
        ([-math.inf, -math.inf], 0.5, (1, -math.inf)),
        ([-math.inf, 0.0, math.inf], 0.5, (1, 0.0)),
    ],
)
def test_what_is_no_number_is_treated_as_by_the_exact_quantile(
    values: list[float], q: float, expected: tuple[int, float]
) -> None:
    assert same(folded(values, q, 0.02), expected)


def test_rows_that_do_not_count_take_no_bucket() -> None:
    x, valid = np.array([1e-9, 5.0, 1e17]), np.array([False, True, False])
    assert prepare_buckets(x, HALF, valid, 0, 3)[1] == 3
    assert prepare_buckets(x, HALF, ~valid, 0, 3)[1] == 4
