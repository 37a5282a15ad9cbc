"""Words of rows: what needs more of a row than its value, in an order; part of the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from headwater.testing import (
    reference_counts,
    reference_moments,
    reference_order,
    reference_sketches,
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A row that counts.

    Args:
        value: What is aggregated; None where rows are.
        other: The second column.
        time: When it happened, in microseconds.
        rank: The same for rows that tie; None where it ties with none.
    """

    value: Any
    other: Any = None
    time: int | None = None
    rank: Any = None


Word = Callable[[Any, Mapping[str, Any], Any], Any]
OF_ROWS: dict[str, Word] = {
    **reference_order.WORDS,
    **reference_counts.WORDS,
    **reference_moments.WORDS,
    **reference_sketches.WORDS,
}
"""Each word: from rows in event order, the member's arguments by name and T to one value."""
ORDERED = ("last", "latest", "z_score", *reference_order.WORDS)
"""The words that read the order of rows, and so the sequence."""
