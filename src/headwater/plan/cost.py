"""What a task has to do, counted before it runs: rows, visits of rows, bytes that it holds."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.plan.views import ViewPlan

_WORD = 8
_HELD_PER_ROW = 6
"""Arrays of one word that arranging holds for each history row."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a task has to do.

    Args:
        rows: Rows that it reads.
        visits: How often it touches a row or a window of one, sorting left out.
        size_bytes: What it holds in memory at most, estimated by words per row.
    """

    rows: int
    visits: int
    size_bytes: int


def rows_cost(rows: int, columns: int) -> Cost:
    """Deciding about the rows of a spine: every column once."""
    return Cost(rows, rows * columns, rows * columns * _WORD)


def view_cost(view: ViewPlan, *, history: int, spine: int) -> Cost:
    """Folding a view: each fold visits all history rows, and each window of each spine row.

    Args:
        view: What is folded; features that differ in their window only share a fold.
        history: Rows of its source.
        spine: Rows that ask.
    """
    folded = [one for feature in view.features for one in feature.parts or (feature,)]
    folds = {(id(one.aggregation), str(one.mask)) for one in folded}
    visits = len(folds) * history + len(folded) * spine
    held = history * (len(view.columns) + _HELD_PER_ROW) + spine * (2 + len(view.features))
    return Cost(history, visits, held * _WORD)
