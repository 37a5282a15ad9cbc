"""Higher moments, pairs, fitted lines, decay and gaps, in exact numbers: part of the reference.

Everything is a fraction until one rounding at the end; roots and powers of one half are taken to
more digits than a float has. Rows are those that count, in event order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Any

from headwater.errors import DataError
from headwater.schema.durations import DAY, parse_duration

_DIGITS = 100
"""Of a weight; values that cancel to the last bit of a float leave enough of them."""

_OLD = 5_000
"""Half-lives after which the largest float weighs less than half of the smallest."""


def _skewness(rows: Sequence[Any]) -> float | None:
    """g1: the third central moment by the 3/2 power of the second."""
    numbers = _numbers(rows)
    if len(rows) < 2 or numbers is None:
        return _nothing(rows)
    second, third = _central(numbers, 2), _central(numbers, 3)
    return None if second == 0 else _root(third**2 / second**3, third)


def _kurtosis(rows: Sequence[Any]) -> float | None:
    """g2: the fourth central moment by the square of the second, less three."""
    numbers = _numbers(rows)
    if len(rows) < 2 or numbers is None:
        return _nothing(rows)
    second = _central(numbers, 2)
    return None if second == 0 else _rounded(_central(numbers, 4) / second**2 - 3)


def _covariance(rows: Sequence[Any]) -> float | None:
    pairs = _pairs(rows)
    if len(rows) < 2 or pairs is None:
        return _nothing(rows)
    return _rounded(_products(pairs) / (len(pairs) - 1))


def _correlation(rows: Sequence[Any]) -> float | None:
    pairs = _pairs(rows)
    if len(rows) < 2 or pairs is None:
        return _nothing(rows)
    spreads = [_products([(pair[i], pair[i]) for pair in pairs]) for i in (0, 1)]
    if 0 in spreads:
        return None
    shared = _products(pairs)
    return _root(shared**2 / (spreads[0] * spreads[1]), shared)


def _slope(rows: Sequence[Any]) -> float | None:
    """Of the least squares line over event time, by the day."""
    line = _line(rows, 0)
    return line if line is None or isinstance(line, float) else _rounded(line[0] * DAY)


def _intercept(rows: Sequence[Any], as_of: int) -> float | None:
    """The height of that line at `as_of`."""
    line = _line(rows, as_of)
    return line if line is None or isinstance(line, float) else _rounded(line[1])


def _line(rows: Sequence[Any], origin: int) -> tuple[Fraction, Fraction] | float | None:
    """Slope by the microsecond, and height at the origin; None where all times are one."""
    if len({row.time for row in rows}) < 2:
        return None
    numbers = _numbers(rows)
    if numbers is None:
        return math.nan
    times = [Fraction(row.time - origin) for row in rows]
    slope = _products(list(zip(times, numbers, strict=True))) / _products(
        list(zip(times, times, strict=True))
    )
    return slope, _mean(numbers) - slope * _mean(times)


def _exponential_mean(rows: Sequence[Any], *, half_life: Any) -> float | None:
    """Weights are relative to the newest row's, which changes no mean."""
    numbers = _numbers(rows)
    if not rows or numbers is None:
        return math.nan if rows else None
    newest = max(row.time for row in rows)
    with localcontext() as context:
        context.prec = _DIGITS
        length = Decimal(parse_duration(half_life))
        ages = [Decimal(newest - row.time) / length for row in rows]
        weights = [Fraction(Decimal(2) ** -age) if age < _OLD else Fraction(0) for age in ages]
    total = sum((w * x for w, x in zip(weights, numbers, strict=True)), Fraction(0))
    return _rounded(total / sum(weights))


def _time_since(rows: Sequence[Any], as_of: int, *, which: str) -> int | None:
    times = [row.time for row in rows]
    return as_of - (max(times) if which == "last" else min(times)) if times else None


def _time_between(rows: Sequence[Any], *, what: str) -> int | None:
    """Microseconds, rounded to even half-way; the deviation (n - 1) needs two gaps."""
    gaps = [later - earlier for earlier, later in pairwise(sorted(row.time for row in rows))]
    if what == "mean":
        return round(_mean(list(map(Fraction, gaps)))) if gaps else None
    if len(gaps) < 2:
        return None
    variance = _central(list(map(Fraction, gaps)), 2) * Fraction(len(gaps), len(gaps) - 1)
    return _whole_root(variance)


def _z_score(rows: Sequence[Any]) -> float | None:
    """The newest value against those before it."""
    if not rows:
        return None
    _refuse_tie(rows)
    if len(rows) < 3:
        return None
    numbers = _numbers(rows)
    if numbers is None:
        return math.nan
    *before, newest = numbers
    variance = _central(before, 2) * Fraction(len(before), len(before) - 1)
    distance = newest - _mean(before)
    return None if variance == 0 else _root(distance**2 / variance, distance)


def _refuse_tie(rows: Sequence[Any]) -> None:
    """Rows that tie for the newest have one value."""
    rank = getattr(rows[-1], "rank", None)
    tied = [] if rank is None else [row.value for row in rows if row.rank == rank]
    if len({None if value != value else value for value in tied}) > 1:
        raise DataError("HW404", "rows that tie for the newest have several values")


WORDS: dict[str, Callable[[Sequence[Any], Mapping[str, Any], int], Any]] = {
    "skewness": lambda rows, given, as_of: _skewness(rows),
    "kurtosis": lambda rows, given, as_of: _kurtosis(rows),
    "covariance": lambda rows, given, as_of: _covariance(rows),
    "correlation": lambda rows, given, as_of: _correlation(rows),
    "slope": lambda rows, given, as_of: _slope(rows),
    "intercept": lambda rows, given, as_of: _intercept(rows, as_of),
    "exponential_mean": lambda rows, given, as_of: _exponential_mean(
        rows, half_life=given["half_life"]
    ),
    "time_since": lambda rows, given, as_of: _time_since(rows, as_of, which=given["which"]),
    "time_between": lambda rows, given, as_of: _time_between(rows, what=given["what"]),
    "z_score": lambda rows, given, as_of: _z_score(rows),
}
"""Each word: from rows in event order, the member's arguments and the moment to one value."""


def _nothing(rows: Sequence[Any]) -> float | None:
    """Of too few rows, or of some whose values are not finite."""
    return None if len(rows) < 2 else math.nan


def _numbers(rows: Sequence[Any]) -> list[Fraction] | None:
    """The values; None where one is not finite."""
    values = [row.value for row in rows]
    return list(map(Fraction, values)) if all(map(math.isfinite, values)) else None


def _pairs(rows: Sequence[Any]) -> list[tuple[Fraction, Fraction]] | None:
    values = [(row.value, row.other) for row in rows]
    if not all(math.isfinite(one) for pair in values for one in pair):
        return None
    return [(Fraction(x), Fraction(y)) for x, y in values]


def _mean(numbers: Sequence[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers)


def _central(numbers: Sequence[Fraction], power: int) -> Fraction:
    mean = _mean(numbers)
    return _mean([(number - mean) ** power for number in numbers])


def _products(pairs: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """The sum of products of what both lie from their means."""
    x, y = (_mean([pair[i] for pair in pairs]) for i in (0, 1))
    return sum(((a - x) * (b - y) for a, b in pairs), Fraction(0))


def _rounded(exact: Fraction) -> float:
    """The nearest float: an infinity beyond the largest, and +0.0 for every zero."""
    try:
        return exact.numerator / exact.denominator + 0.0
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _root(exact: Fraction, signed: Fraction) -> float:
    """The float nearest to a square root, with a sign: 80 bits and whether something is left."""
    wanted = 160 + exact.denominator.bit_length() - exact.numerator.bit_length()
    shift = max(0, wanted // 2)
    scaled = (exact.numerator << 2 * shift) // exact.denominator
    root = math.isqrt(scaled)
    is_cut = root**2 * exact.denominator != exact.numerator << 2 * shift
    magnitude = _rounded(Fraction(2 * root + is_cut, 2 << shift))
    return -magnitude if signed < 0 else magnitude


def _whole_root(exact: Fraction) -> int:
    """The integer nearest to a square root, the even one of two."""
    low = math.isqrt(exact.numerator // exact.denominator)
    middle = Fraction(2 * low + 1, 2) ** 2
    return low + (exact > middle or (exact == middle and low % 2 == 1))
