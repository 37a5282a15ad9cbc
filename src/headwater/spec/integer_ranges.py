"""Between which whole numbers the parts of an expression lie, from the extremes of the columns.

Numbers here are Python's, which cannot overflow. Times and durations are whole numbers of their
unit. A range may be wider than what is there; it is never narrower.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import ceil, floor
from operator import add, mul, neg, sub
from typing import Any

import polars as pl

from headwater.spec.expression_parts import Part

Range = tuple[int, int]

_NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000}
_SECOND = 10**9
_DAY = 86_400 * _SECOND
_DURATION = (7 * _DAY, _DAY, 3_600 * _SECOND, 60 * _SECOND, _SECOND, 10**6, 10**3, 1)
"""The arguments of `pl.duration`, from weeks to nanoseconds."""
TOTALS = {"total_milliseconds": 10**6, "total_microseconds": 10**3, "total_nanoseconds": 1}
"""Functions of durations, with the nanoseconds that they count."""
_TRUTH = (0, 1)
_BITS: dict[pl.DataType, tuple[int, bool]] = {
    kind: (int(str(kind).lstrip("UInt")), str(kind).startswith("U"))
    for kind in (
        *(pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.Int128()),
        *(pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.UInt64(), pl.UInt128()),
    )
}
_LARGEST_POWER = 128
_CORNERS: dict[str, Any] = {"plus": add, "minus": sub, "multiply": mul, "negate": neg}
"""Operations whose extremes lie where their operands are extreme."""
_CHOICES = ("fill_null", "coalesce", "max_horizontal", "min_horizontal", "clip")
"""Functions that give one of the numbers that they are given."""
_CALENDAR = {
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
    "week_day": (1, 7),
    "day": (1, 31),
    "week": (1, 53),
    "month": (1, 12),
    "quarter": (1, 4),
    "ordinal_day": (1, 366),
}
"""What functions of times give, whatever they are given."""
_SAME = ("Alias", "RenameAlias", "KeepName", "Cast")


def tick_of(dtype: pl.DataType) -> int | None:
    """How many nanoseconds the whole numbers of a time stand for; None for other types.

    >>> tick_of(pl.Duration("us")), tick_of(pl.Int8())
    (1000, None)
    """
    if isinstance(dtype, pl.Datetime | pl.Duration):
        return _NANOSECONDS[dtype.time_unit]
    return _DAY if dtype == pl.Date else None


def bits_of(dtype: pl.DataType) -> int | None:
    """The bits of the whole numbers of a type, or of those in its lists; None for other types.

    >>> bits_of(pl.Int8()), bits_of(pl.Float64())
    (8, None)
    """
    limits = limits_of(_element(dtype))
    return None if limits is None or limits == _TRUTH else (limits[1] - limits[0]).bit_length()


def limits_of(dtype: pl.DataType) -> Range | None:
    """The least and the greatest whole number of a type; None where it holds other things.

    >>> limits_of(pl.UInt8()), limits_of(pl.String())
    ((0, 255), None)
    """
    if dtype == pl.Boolean:
        return _TRUTH
    if tick_of(dtype) is not None:
        dtype = pl.Int32() if dtype == pl.Date else pl.Int64()
    if dtype not in _BITS:
        return None
    bits, is_unsigned = _BITS[dtype]
    return (0, (1 << bits) - 1) if is_unsigned else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def _element(dtype: pl.DataType) -> pl.DataType:
    inner: Any = dtype.inner if isinstance(dtype, pl.List | pl.Array) else dtype
    found: pl.DataType = inner
    return found


class Ranges:
    """The ranges of parts over the rows of a frame.

    Args:
        frame: The columns that are read.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self._columns = dict[str, Range]()

    def fits(self, part: Part) -> bool:
        """Whether the results of an operation surely lie within its type."""
        limits, found = _limits(part), self._computed(part)
        return limits is not None and found is not None and _is_within(found, limits)

    def of(self, part: Part) -> Range | None:
        """The range of a part; None where it does not give whole numbers."""
        limits, found = _limits(part), self._computed(part)
        if limits is None or found is None or not _is_within(found, limits):
            return limits
        return found

    def _computed(self, part: Part) -> Range | None:
        """The range of what is meant, were the type wide enough; None where it is not known."""
        if _limits(part) is None:
            return None
        if part.node.kind == "Column":
            return self._column(part)
        if part.node.kind == "Literal":
            return _literal(part)
        if "TemporalExpr" in part.node.words and part.operation in _CALENDAR:
            return _CALENDAR[part.operation]
        skipped = 1 if part.node.kind == "Ternary" else 0
        scaled = list(zip(part.inputs, ratios_of(part), strict=True))[skipped:]
        found = [self._scaled(operand, ratio) for operand, ratio in scaled]
        known = [one for one in found if one is not None]
        return _combined(part, known) if known and len(known) == len(found) else None

    def _scaled(self, operand: Part, ratio: Fraction) -> Range | None:
        found = self.of(operand)
        return None if found is None else (floor(found[0] * ratio), ceil(found[1] * ratio))

    def _column(self, part: Part) -> Range | None:
        name = part.node.body
        if name not in self._frame.columns:  # an element within a list
            return None
        if name not in self._columns:
            column = self._frame[name]
            column = column.to_physical() if column.dtype.is_temporal() else column
            least: Any = column.min()
            most: Any = column.max()
            self._columns[name] = (0, 0) if least is None else (int(least), int(most))
        return self._columns[name]


def ratios_of(part: Part) -> tuple[Fraction, ...]:
    """By what the whole numbers of each operand are multiplied to be those of the result's unit."""
    result = TOTALS.get(part.operation, tick_of(part.types[0]) if part.types else None)
    own: Iterable[int | None] = (tick_of(one.types[0]) for one in part.inputs)
    if part.operation == "duration":
        own = _DURATION
    return tuple(Fraction(one, result) if one and result else Fraction(1) for one in own)


def _limits(part: Part) -> Range | None:
    return limits_of(part.types[0]) if len(part.types) == 1 else None


def _is_within(found: Range, limits: Range) -> bool:
    return limits[0] <= found[0] and found[1] <= limits[1]


@lru_cache(maxsize=4096)
def _literal(part: Part) -> Range | None:
    value: Any = pl.select(part.expression).to_series().to_physical()[0]
    return (0, 0) if value is None else (int(value), int(value))


def _combined(part: Part, inputs: Sequence[Range]) -> Range | None:
    """The range of an operation over operands of these ranges."""
    largest = max(max(-low, high) for low, high in inputs)
    if part.node.kind in (*_SAME, "Ternary"):
        return _hull(inputs)
    match part.operation:
        case word if word in _CORNERS:
            corners = [_CORNERS[word](*numbers) for numbers in product(*inputs)]
            return min(corners), max(corners)
        case word if word in _CHOICES or word in TOTALS:
            return _hull(inputs)
        case "abs":
            return 0, largest
        case "floordivide":  # by a whole number, so that it comes no further from zero
            return -largest, largest
        case "modulus":  # never as far from zero as the divisor
            return min(inputs[1][0], 0), max(inputs[1][1], 0)
        case "sum_horizontal" | "duration":  # nulls count as 0
            return sum(min(low, 0) for low, _ in inputs), sum(max(high, 0) for _, high in inputs)
        case "pow" if inputs[1][1] <= _LARGEST_POWER:
            power = max(max(map(abs, inputs[0])), 1) ** max(inputs[1][1], 0)
            return -power if inputs[0][0] < 0 else 0, power
    return None


def _hull(ranges: Iterable[Range]) -> Range:
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)
