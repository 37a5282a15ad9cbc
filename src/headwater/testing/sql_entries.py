"""An entry of the SQL vocabulary, and the pieces of SQL that several entries are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headwater.aggregations.base import Kind

Text = str | Callable[["Asked"], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is written down.

    Args:
        member: The aggregation, with its parameters.
        kind: The kind of its values.
    """

    member: Any
    kind: Kind


@dataclass(frozen=True, slots=True)
class Word:
    """An aggregation in SQL.

    Args:
        answer: The aggregate expression, or what writes it.
        slack: How far the exact number may be from that.
        empty: The answer over no row.
    """

    answer: Text
    slack: Text = "0"
    empty: str = "NULL"

    def written(self, asked: Asked) -> tuple[str, str]:
        """The answer and its slack for one member over values of one kind."""
        texts = (self.answer, self.slack)
        answer, slack = (text if isinstance(text, str) else text(asked) for text in texts)
        return answer, slack


FINITE = "bool_and(isfinite(z))"
LARGEST = "any_value(m)"
NAN = "'nan'::DOUBLE"
INFINITY = "'inf'::DOUBLE"
OLDEST_FIRST = "list(x ORDER BY t, s)"
NEWEST_FIRST = "list(x ORDER BY t DESC, s DESC)"
SUM_SLACK = f"coalesce(1e-14 * count(*) * {LARGEST}, 0)"
"""Rounding of each value and of each addition, relative to the largest."""
