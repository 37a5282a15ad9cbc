"""Correlation: of two columns, from exact sums of both, of squares and of products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import Aggregation, Extra
from headwater.kernel.moments import add_words
from headwater.kernel.paired_moments import (
    correlation,
    lift_integer_squares_too,
    lift_squares_too,
    prepare_integer_squares_too,
    prepare_squares_too,
)


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_squares_too)
    lift = staticmethod(lift_integer_squares_too)
    merge = staticmethod(add_words)
    result = staticmethod(correlation)


@dataclass(frozen=True, slots=True)
class Correlation(Aggregation):
    """Pearson's correlation of two columns, from -1 to 1: exactly 1 or -1 on a straight line.

    Within one unit in the last place: sums and products are exact. Rows where either is null are
    skipped; a NaN or an infinity gives NaN; empty input, a single row and a column whose values are
    all equal give null; order does not matter. Booleans count as 0 and 1; the other column is read
    as floats.

    Args:
        other: The second column's name or a Polars row expression.

    Source: Pearson, "Note on regression and inheritance in the case of two parents" (1895).

    >>> Correlation("amount", "quantity").word
    'correlation'
    """

    other: Any = None

    computes_in: ClassVar[Literal["float", "same"]] = "float"
    reads_also: ClassVar[tuple[Extra, ...]] = ("other",)
    integers: ClassVar[type | None] = _Integers
    example: ClassVar[Mapping[str, Any]] = {"other": "quantity"}
    prepare = staticmethod(prepare_squares_too)
    lift = staticmethod(lift_squares_too)
    merge = staticmethod(add_words)
    result = staticmethod(correlation)
