"""What is read at a place in event order, in plain loops: part of the reference.

Rows that tie have no order between them. Where they hold one value that does not matter, and of
both zeros -0.0 stands before 0.0; where they do not, and one of them is read, that is an error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from headwater.errors import DataError


@dataclass(frozen=True, slots=True)
class _Row:
    """A value, and whether the row ties with one of another value."""

    value: Any
    is_open: bool


def _first(rows: Sequence[Any]) -> Any:
    return _only(_read(_in_order(rows)[:1]))


def _nth(rows: Sequence[Any], *, n: int) -> Any:
    """The n-th from the oldest, or from the newest where n is below zero."""
    ordered = _in_order(rows)
    place = n if n >= 0 else len(ordered) + n
    return _only(_read([row for i, row in enumerate(ordered) if i == place]))


def _lag(rows: Sequence[Any], *, k: int) -> Any:
    return _nth(rows, n=-k - 1)


def _first_k(rows: Sequence[Any], *, k: int) -> list[Any] | None:
    return _read(_in_order(rows)[:k]) or None


def _last_k(rows: Sequence[Any], *, k: int) -> list[Any] | None:
    return _read(_in_order(rows)[-k:]) or None


def _difference(rows: Sequence[Any], *, k: int) -> int | float | None:
    """The newest value minus one before it: exact, then rounded once."""
    pair = _pair(rows, k)
    if pair is None:
        return None
    new, old = pair
    if not isinstance(new, float):
        found = int(new) - int(old)
        if not -(2**63) <= found < 2**63:
            raise DataError("HW407", "a difference of integers does not fit 64 bits")
        return found
    if not math.isfinite(new) or not math.isfinite(old):
        return float(new) - float(old)
    return _rounded(Fraction(new) - Fraction(old))


def _percent_change(rows: Sequence[Any], *, k: int) -> float | None:
    """The same by the size of the value before; nothing can be said of a change from zero."""
    pair = _pair(rows, k)
    if pair is None or pair[1] == 0:
        return None
    new, old = pair
    if not math.isfinite(old):
        return math.nan
    if not math.isfinite(new):
        return float(new)
    return _rounded((Fraction(new) - Fraction(old)) / abs(Fraction(old)))


def _streak(rows: Sequence[Any]) -> int:
    """Rows from the newest on that hold its value; the row that ends the run is read too."""
    length = 0
    newest: Any = None
    for row in reversed(_in_order(rows)):
        _read([row])
        if length == 0:
            newest = row.value
        if not _same(row.value, newest):
            break
        length += 1
    return length


def _change_count(rows: Sequence[Any]) -> int:
    values = _read(_in_order(rows))
    return sum(not _same(a, b) for a, b in pairwise(values))


def _in_order(rows: Sequence[Any]) -> list[_Row]:
    """The rows in event order; those of one rank by the sign of zero."""
    groups: list[tuple[Any, list[Any]]] = []
    for row in rows:
        rank = getattr(row, "rank", None)
        if groups and rank is not None and groups[-1][0] == rank:
            groups[-1][1].append(row.value)
        else:
            groups.append((rank, [row.value]))
    return [
        _Row(value, is_open=any(not _same(value, other) for other in values))
        for _, values in groups
        for value in sorted(values, key=_sign)
    ]


def _sign(value: Any) -> float:
    return math.copysign(1.0, value) if isinstance(value, float) and value == 0.0 else 0.0


def _same(one: Any, other: Any) -> bool:
    """NaN is one value, and so are both zeros."""
    return bool(one == other) or (one != one and other != other)


def _read(rows: list[_Row]) -> list[Any]:
    """The values, where the order of rows decides none of them."""
    if any(row.is_open for row in rows):
        hint = "declare sequence= with a column that orders such rows"
        raise DataError("HW404", "rows tie with different values", hint=hint)
    return [row.value for row in rows]


def _only(values: list[Any]) -> Any:
    return values[0] if values else None


def _pair(rows: Sequence[Any], k: int) -> tuple[Any, Any] | None:
    """The newest value and the one k rows before it."""
    ordered = _in_order(rows)
    if len(ordered) <= k:
        return None
    new, old = _read([ordered[-1], ordered[-1 - k]])
    return new, old


def _rounded(exact: Fraction) -> float:
    """The nearest float: an infinity beyond the largest, +0.0 for zero."""
    try:
        return exact.numerator / exact.denominator + 0.0
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """With parameters as a mapping, as all words of rows are called."""

    def answer(rows: Sequence[Any], parameters: Mapping[str, Any], as_of: int | None) -> Any:
        return function(rows, **parameters)

    return answer


WORDS: dict[str, Callable[[Sequence[Any], Mapping[str, Any], int | None], Any]] = {
    "change_count": _told(_change_count),
    "difference": _told(_difference),
    "first": _told(_first),
    "first_k": _told(_first_k),
    "lag": _told(_lag),
    "last_k": _told(_last_k),
    "nth": _told(_nth),
    "percent_change": _told(_percent_change),
    "streak": _told(_streak),
}
"""Each word: from rows in event order, the member's arguments and T to one value."""
