"""Ratio: one aggregation by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from headwater.aggregations.base import Aggregation, Composite, Returns
from headwater.aggregations.count import Count
from headwater.aggregations.sum import Sum

POLICIES: Mapping[str, float | None] = {
    "null": None,
    "zero": 0.0,
    "nan": float("nan"),
    "infinity": float("inf"),
}
"""What a ratio is where its denominator is zero."""


@dataclass(frozen=True, slots=True)
class Ratio(Composite):
    """The result of one aggregation divided by that of another over the same rows, as a float.

    Both see the rows that are known once everything is that either reads, so that a row counts in
    both or in neither; `where=` belongs to each of them. Null where either is null, so on empty
    input; NaN and infinities as division has them; order matters where it does to one of them.
    Where the denominator is zero, `zero=` says what the ratio is: "null", "zero", "nan", or
    "infinity" with the sign of the numerator (zero by zero is then NaN).

    >>> import polars as pl
    >>> cheap = Sum("price", where=pl.col("price") < 10)
    >>> Ratio(cheap, Sum("price"), zero="zero", name="cheap_share").within("30d").windows
    ('30d',)
    """

    column: Any = field(default=None, init=False, repr=False)
    numerator: Any = None
    denominator: Any = None
    zero: str = field(default="null", kw_only=True)

    returns: ClassVar[Returns] = "float"

    @classmethod
    def of_example(cls, column: Any, **given: Any) -> Aggregation:
        """The mean of a column, as its sum by its count."""
        where = given.pop("where", None)
        return cls(Sum(column, where=where), Count(column, where=where), **given)

    @property
    def parts(self) -> tuple[Any, ...]:
        """The numerator and the denominator, as far as they are aggregations."""
        return tuple(part for part in (self.numerator, self.denominator) if _is_part(part))

    @property
    def parameters(self) -> tuple[float, ...]:
        """Whether there is a result where the denominator is zero, and which."""
        value = POLICIES[self.zero]
        return (0.0, 0.0) if value is None else (1.0, value)

    def parameter_fault(self) -> str | None:
        """Two aggregations without windows of their own, and a policy."""
        for name in ("numerator", "denominator"):
            part = getattr(self, name)
            if not _is_part(part):
                found = type(part).__name__
                return f'{name}= is an aggregation such as hw.Sum("amount"), found {found}'
        known = ", ".join(map(repr, POLICIES))
        return None if self.zero in POLICIES else f"zero= is one of {known}, found {self.zero!r}"

    @staticmethod
    def combine(*given: Any) -> tuple[Any, Any]:
        """Where one is missing, or the denominator zero and so meant, there is no ratio."""
        above, below, no_above, no_below, (has_policy, value) = given
        is_zero = below == 0
        signed = np.where(above > 0, value, np.where(above < 0, -value, np.nan))
        at_zero = signed if np.isinf(value) else np.full(len(above), value)
        with np.errstate(all="ignore"):
            found = np.where(is_zero, at_zero, above / np.where(is_zero, 1, below))
        return found, no_above | no_below | (is_zero & (has_policy == 0.0))


def _is_part(given: Any) -> bool:
    return isinstance(given, Aggregation) and not isinstance(given, Composite)
