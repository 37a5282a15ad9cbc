"""Covariance: of two columns, from exact sums of both and of products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import Aggregation, Extra
from headwater.kernel.moments import add_words
from headwater.kernel.paired_moments import (
    covariance,
    lift_integer_products,
    lift_products,
    prepare_integer_products,
    prepare_products,
)


class _Integers:
    takes_unsigned = True
    prepare = staticmethod(prepare_integer_products)
    lift = staticmethod(lift_integer_products)
    merge = staticmethod(add_words)
    result = staticmethod(covariance)


@dataclass(frozen=True, slots=True)
class Covariance(Aggregation):
    """The sample covariance (n - 1) of two columns, in the units of one times those of the other.

    Within one unit in the last place (two for decimals): sums and products are exact, so that large
    offsets cost no digits. Rows where either is null are skipped; a NaN or an infinity gives NaN;
    empty input and a single row give null; order does not matter. Booleans count as 0 and 1; the
    other column is read as floats.

    Args:
        other: The second column's name or a Polars row expression.

    >>> Covariance("amount", "quantity").within("7d").windows
    ('7d',)
    """

    other: Any = None

    unit_power: ClassVar[int] = 1
    computes_in: ClassVar[Literal["float", "same"]] = "float"
    reads_also: ClassVar[tuple[Extra, ...]] = ("other",)
    integers: ClassVar[type | None] = _Integers
    example: ClassVar[Mapping[str, Any]] = {"other": "quantity"}
    prepare = staticmethod(prepare_products)
    lift = staticmethod(lift_products)
    merge = staticmethod(add_words)
    result = staticmethod(covariance)
