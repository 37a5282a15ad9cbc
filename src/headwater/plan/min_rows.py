"""`min_rows=`: how many rows have to count for a result; where fewer do, it is null.

The rows are counted as every feature is computed: by a `Count` of the same value and condition over
the same window, which sees the same rows. So what a result needs is stated here once, and holds for
all aggregations, windows, batch and a single request alike.
"""

from __future__ import annotations

from typing import Any

from headwater.aggregations.base import Windowed
from headwater.errors import Place
from headwater.plan.faults import Faults
from headwater.plan.windows import LONGEST, Window


def plan_min_rows(given: Windowed, faults: Faults, place: Place | None) -> int | None:
    """The number of rows that a result needs, 0 where none is asked for; None with a fault."""
    least: Any = given.min_rows
    if least is None:
        return 0
    if not isinstance(least, int) or isinstance(least, bool):
        words = f"min_rows= takes a number of rows, found {type(least).__name__}"
        faults.add("HW211", words, place=place, hint="write min_rows=3")
        return None
    if not 0 < least <= LONGEST:
        most = f"more than {LONGEST}" if least > 0 else "not a number above zero"
        faults.add("HW202", f"min_rows={least} is {most}", place=place)
        return None
    return least


def can_hold(window: Window, least: int, faults: Faults, place: Place | None) -> bool:
    """Whether a window may hold so many rows; a fault where it never does."""
    if not window.rows or least <= window.rows:
        return True
    faults.add(
        "HW202",
        f"a window of {window.rows} rows never holds min_rows={least}",
        place=place,
        hint=f"ask for at most {window.rows}",
    )
    return False


def suffix(least: int) -> str:
    """What it adds to a column's name.

    >>> suffix(3), suffix(0)
    ('_min_3rows', '')
    """
    return f"_min_{least}rows" if least else ""
