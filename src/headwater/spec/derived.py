"""Derived: one value computed from a row's features and kept columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from headwater.errors import Place, caller
from headwater.spec.cards import definition_card
from headwater.spec.plain import plain
from headwater.spec.row_expressions import RowExpression


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A row expression over features, kept columns and what was derived before it.

    It stands among the features, after everything that it reads. All of that is masked by its
    clock already, so what is derived from it is known at `as_of`. The label cannot be read.

    Args:
        name: The column's name, as it is: no view stands before it.
        expression: A Polars row expression, or a `PythonExpression`; `pl.col("as_of")` is the
            moment of the row.

    >>> import polars as pl
    >>> trend = Derived("trend", pl.col("spend__amount_mean_7d") - pl.col("spend__amount_mean_30d"))
    >>> trend.name
    'trend'
    """

    name: str
    expression: RowExpression
    description: str = field(default="", kw_only=True)
    place: Place | None = field(default_factory=caller, kw_only=True, repr=False)

    _repr_html_ = definition_card

    def definition(self) -> dict[str, Any]:
        """What this column is, as plain values."""
        return {"is": "Derived", "name": self.name, "expression": plain(self.expression)}
