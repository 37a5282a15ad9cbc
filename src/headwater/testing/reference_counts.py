"""What is counted and ranked, in plain loops and exact numbers: part of the reference.

A value is counted as CountDistinct tells values apart: every NaN is one value, above all others,
and both zeros are one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from headwater.errors import DataError


def _any_true(values: list[Any]) -> bool | None:
    return (True in values) if values else None


def _all_true(values: list[Any]) -> bool | None:
    return (False not in values) if values else None


def _share(values: list[Any]) -> float | None:
    """How many of the values are true, of all that are there; divided once."""
    if not values:
        return None
    met = [value for value in values if value]
    return float(Fraction(len(met), len(values)))


def _range(values: list[Any]) -> int | float | None:
    """The exact difference, rounded once; of integers one that fits 64 bits."""
    if not values:
        return None
    if any(value != value for value in values):
        return math.nan
    low, high = min(values), max(values)
    if not isinstance(low, float):
        if high - low >= 2**63:
            raise DataError("HW407", "a range of integers does not fit 64 bits")
        return int(high - low)
    if math.isinf(low) or math.isinf(high):
        return math.nan if low == high else math.inf
    return _rounded(Fraction(high) - Fraction(low))


def _mode(values: list[Any]) -> Any:
    """Of the values that occur most often the smallest."""
    counted = _ranked(values)
    return counted[0][0] if counted else None


def _top_k(values: list[Any], *, k: int) -> list[dict[str, Any]] | None:
    """The first of the values by how often each occurs; equally often: the smaller first."""
    counted = _ranked(values)[:k]
    return [{"value": value, "count": count} for value, count in counted] or None


def _histogram(values: list[Any], *, edges: Iterable[float]) -> list[int] | None:
    """Values from each edge on and below the next; the last bin has its upper edge too."""
    if not values:
        return None
    steps = [Fraction(edge) if math.isfinite(edge) else edge for edge in edges]
    last = len(steps) - 2
    found = [0] * (last + 1)
    for value in values:
        for place in range(last + 1):
            is_top = place == last and value == steps[-1]
            if value == value and (steps[place] <= value < steps[place + 1] or is_top):
                found[place] += 1
    return found


def _entropy(values: list[Any]) -> float | None:
    """The sum of `p * log2(1 / p)` over the values, to fifty digits."""
    if not values:
        return None
    with localcontext() as context:
        context.prec = 50
        shares = [Decimal(count) / len(values) for _, count in _counted(values)]
        bits = [share * -share.ln() / Decimal(2).ln() for share in shares]
        return float(sum(bits, Decimal(0))) + 0.0


def _median(values: list[Any]) -> float | None:
    return _quantile(values, q=0.5)


def _quantile(values: list[Any], *, q: float) -> float | None:
    """Exact on the line between the two values around place `(n - 1) * q`, rounded once."""
    if not values:
        return None
    if any(value != value for value in values):
        return math.nan
    ordered = sorted(values)
    place = (len(ordered) - 1) * q
    low = ordered[math.floor(place)]
    rest = Fraction(place) - math.floor(place)
    high = ordered[math.floor(place) + 1] if rest else low
    if math.isinf(low) or math.isinf(high):
        return float(low) + float(high)
    return _rounded(Fraction(low) + rest * (Fraction(high) - Fraction(low)))


def _ranked(values: list[Any]) -> list[tuple[Any, int]]:
    """Each value with how often it occurs: the most frequent first, then the smaller, NaN last."""

    def place(pair: tuple[Any, int]) -> tuple[int, bool, Any]:
        value, count = pair
        return (-count, True, 0) if value != value else (-count, False, value)

    return sorted(_counted(values), key=place)


def _ratio(values: list[Any]) -> float | None:
    """The sum, as Sum gives it, by the number of values: what the example of Ratio is."""
    if not values:
        return None
    if not all(map(math.isfinite, values)):
        return float(sum(value for value in values if not math.isfinite(value))) / len(values)
    total = sum(map(Fraction, values), Fraction(0))
    if not isinstance(values[0], float) and not -(2**63) <= total < 2**63:
        raise DataError("HW407", "an integer sum does not fit 64 bits")
    return _rounded(total) / len(values)


def _counted(values: list[Any]) -> list[tuple[Any, int]]:
    """Each value with how often it occurs."""
    found: list[list[Any]] = []
    for value in values:
        for pair in found:
            if pair[0] == value or (pair[0] != pair[0] and value != value):
                pair[1] += 1
                break
        else:
            found.append([0.0 if isinstance(value, float) and value == 0.0 else value, 1])
    return [(value, count) for value, count in found]


def _rounded(exact: Fraction) -> float:
    """The nearest float: an infinity beyond the largest, and +0.0 for every zero."""
    try:
        return exact.numerator / exact.denominator + 0.0
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _of_rows(
    function: Callable[..., Any], *parameters: str
) -> Callable[[list[Any], Mapping[str, Any], int], Any]:
    """A function of values as one of rows, given the parameters that it takes by name."""

    def of_rows(rows: list[Any], given: Mapping[str, Any], as_of: int) -> Any:
        return function([row.value for row in rows], **{name: given[name] for name in parameters})

    return of_rows


WORDS: dict[str, Callable[[list[Any], Mapping[str, Any], int], Any]] = {
    "all_true": _of_rows(_all_true),
    "any_true": _of_rows(_any_true),
    "entropy": _of_rows(_entropy),
    "histogram": _of_rows(_histogram, "edges"),
    "median": _of_rows(_median),
    "mode": _of_rows(_mode),
    "quantile": _of_rows(_quantile, "q"),
    "range": _of_rows(_range),
    "ratio": _of_rows(_ratio),
    "share": _of_rows(_share),
    "top_k": _of_rows(_top_k, "k"),
}
"""By the aggregation's name: from the rows whose value is not null, in any order, the parameters by
name, and the moment that asks."""
