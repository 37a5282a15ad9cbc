"""What each aggregation makes of its values, as exact as numbers can be: part of the reference.

A result depends on the values only, never on their order: sums are exact fractions that are rounded
once, a result of zero is +0.0, and -0.0 is less than +0.0 where values are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from headwater.errors import DataError, SpecError

Value = bool | int | float | str | None


def _count(values: list[Any]) -> int:
    return len(values)


def _count_distinct(values: list[Any]) -> int:
    """How many values differ: every NaN is one value, and both zeros are one."""
    return len({None if value != value else value for value in values})


def _sum(values: list[Any]) -> int | float | None:
    """Exact, then rounded once; of integers and booleans an integer that fits 64 bits."""
    if not values:
        return None
    total = _total(values)
    if isinstance(total, float) or any(isinstance(value, float) for value in values):
        return _rounded(total)
    if not -(2**63) <= total < 2**63:
        raise DataError("HW407", "an integer sum does not fit 64 bits")
    return int(total)


def _mean(values: list[Any]) -> float | None:
    """The exact sum by the number of values, then rounded once: finite where the sum is not."""
    return _rounded(_total(values) / len(values)) if values else None


def _variance(values: list[Any]) -> float | None:
    """The exact sample variance (n - 1), rounded once; None below two values."""
    exact = _squares(values)
    return None if exact is None else _rounded(exact)


def _std(values: list[Any]) -> float | None:
    """The float nearest to the root of the exact sample variance; None below two values."""
    exact = _squares(values)
    return exact if exact is None or isinstance(exact, float) else _rounded_root(exact)


def _squares(values: list[Any]) -> Fraction | float | None:
    """The exact sample variance, NaN where a value is NaN or infinite, None below two values."""
    total = _total(values)
    if len(values) < 2:
        return None
    if isinstance(total, float):
        return math.nan
    mean = total / len(values)
    deviations = [(Fraction(value) - mean) ** 2 for value in values]
    return sum(deviations, Fraction(0)) / (len(values) - 1)


def _min(values: list[Any]) -> Value:
    """The least value; NaN where a value is NaN."""
    return math.nan if _has_nan(values) else min(values, key=_rank, default=None)


def _max(values: list[Any]) -> Value:
    """The greatest value; NaN where a value is NaN."""
    return math.nan if _has_nan(values) else max(values, key=_rank, default=None)


def _has_nan(values: list[Any]) -> bool:
    return any(value != value for value in values)


def _rank(value: Any) -> tuple[Any, float]:
    """An order in which -0.0 comes before +0.0, so that the order of rows decides nothing."""
    return (value, math.copysign(1.0, value) if isinstance(value, float) else 0.0)


AGGREGATIONS: dict[str, Callable[[list[Any]], Value]] = {
    "count": _count,
    "count_distinct": _count_distinct,
    "sum": _sum,
    "mean": _mean,
    "std": _std,
    "variance": _variance,
    "min": _min,
    "max": _max,
    "last": _max,  # of the latest rows, whose values are equal (R7), so that -0.0 yields to +0.0
    "latest": _max,  # likewise; the rows of a null value were asked too (see `enrich`)
}
"""Each aggregation by name: from the values that are not null, in any order, to one value."""


def _total(values: list[Any]) -> Fraction | float:
    """The exact sum; a float (NaN or an infinity) where a value is not finite."""
    strange = [value for value in values if not isinstance(value, int | float)]
    if strange:
        found = type(strange[0]).__name__
        raise SpecError("HW205", f"expected numbers, found a value of type {found}")
    extremes = [value for value in values if not math.isfinite(value)]
    if extremes:
        return float(sum(extremes))  # infinities of both signs make NaN, as in IEEE 754
    return sum(map(Fraction, values), Fraction(0))


def _rounded(exact: Fraction | float) -> float:
    """The nearest float: an infinity beyond the largest, and +0.0 for every zero."""
    if isinstance(exact, float):
        return exact
    try:
        return exact.numerator / exact.denominator + 0.0
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _rounded_root(exact: Fraction) -> float:
    """The float nearest to the square root of an exact number.

    The root is taken to 64 bits or more and made odd where something was cut off, so that no cut
    root lies half-way between two floats and the last division rounds as if it had been exact.
    """
    missing = 130 + exact.denominator.bit_length() - exact.numerator.bit_length()
    shift = max(0, missing // 2)
    scaled = exact.numerator << (2 * shift)
    root = math.isqrt(scaled // exact.denominator)
    root |= root * root * exact.denominator != scaled
    return _rounded(Fraction(root, 1 << shift))
