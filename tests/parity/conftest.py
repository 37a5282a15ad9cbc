"""What parity tests share: values compared to the bit, and many histories asked as one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest


def differences(found: Sequence[Any], wanted: Sequence[Any], *, ulps: int = 0) -> list[Any]:
    """Where the values of two columns differ: `(row, found, wanted)`."""
    pairs = enumerate(zip(found, wanted, strict=True))
    return [(row, *pair) for row, pair in pairs if not _same(*pair, ulps=ulps)]


def _same(found: Any, wanted: Any, *, ulps: int) -> bool:
    if not isinstance(wanted, float) or not isinstance(found, float):
        return type(found) is type(wanted) and bool(found == wanted)
    if math.isnan(wanted):
        return math.isnan(found)
    if math.isinf(wanted) or wanted == 0.0 or not ulps:
        return found == wanted and math.copysign(1.0, found) == math.copysign(1.0, wanted)
    return abs(found - wanted) <= ulps * math.ulp(wanted)


@pytest.fixture(scope="session")
def differing() -> Callable[..., list[Any]]:
    """`differences`, for test files, which cannot import one another."""
    return differences
