"""Sorting digit by digit equals a stable sort by comparing."""

from __future__ import annotations

import numpy as np
import pytest

from headwater.kernel.compile import compiled
from headwater.kernel.sorting import DIGIT, radix_order

SIGNATURE = "void(int64[::1], int64[::1], int64[::1], int64[::1], int64)"


@pytest.mark.parametrize("digits", [2, 4, 6])
@pytest.mark.parametrize("size", [0, 1, 2, 5_000])
def test_sorted_numbers_take_their_positions_along_and_equal_ones_keep_their_order(
    size: int, digits: int
) -> None:
    random = np.random.default_rng(size + digits)
    most = min(1 << (DIGIT * digits), 1 << 62)
    keys = random.choice([0, 1, most - 1, most // 3, *random.integers(0, most, 40)], size)
    given, order = keys.copy(), np.arange(size)
    compiled(radix_order, SIGNATURE)(
        given, order, np.empty_like(given), np.empty_like(order), digits
    )
    assert order.tolist() == np.argsort(keys, kind="stable").tolist()
    assert given.tolist() == sorted(keys.tolist())
