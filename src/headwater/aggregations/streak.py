"""Streak: how long the newest value has held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.aggregations.base import (
    EVERY_KIND,
    NULL,
    TIE,
    VALUE,
    Aggregation,
    Kind,
    Returns,
)
from headwater.kernel.positions import same_value


def _prepare(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """No scale; the newest row, the run's length, its end, a row that ties.

    A row is its position plus one, 0 for none. The end is the row before the run; where there is
    none yet, it is the run's oldest row, below zero. So is a tied row of the newest row's rank.
    """
    return 0, 4


def _lift(state: Any, x: Any, i: int, scale: int) -> None:
    state[0] = i + 1
    state[1] = 1
    state[2] = -i - 1


def _merge(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
    newest = right[0] if right[0] > 0 else left[0]
    if left[0] > 0 and right[0] > 0 and right[3] == 0:
        run, end, tied = _joined(left, right, x, rank)
    elif right[0] > 0:
        run, end, tied = right[1], right[2], right[3]
    else:
        run, end, tied = left[1], left[2], left[3]
    into[0] = newest
    into[1] = run
    into[2] = end
    into[3] = tied


def _joined(left: Any, right: Any, x: Any, rank: Any) -> tuple[int, int, int]:
    """Length, end and tie of what is read of both sides, the right one without ties so far."""
    seam = left[0] - 1
    edge = abs(right[2]) - 1
    meets = rank[edge] == rank[seam]
    is_same = same_value(x, edge, seam)
    if right[2] > 0:
        is_open = meets and (left[3] < 0 or not is_same)
        return right[1], right[2], (edge + 1 if is_open else 0)
    if is_same:
        run = right[1] + left[1]
        end = left[2]
        tied = abs(left[3])
        is_newest = left[3] < 0
    else:
        run = right[1]
        end = left[0]
        tied = left[0] if meets or left[3] < 0 else 0
        is_newest = True
    if is_newest and meets and rank[right[0] - 1] == rank[seam]:
        tied = -tied
    return run, end, tied


def _result(state: Any, x: Any, scale: int) -> tuple[int, int]:
    if state[0] == 0:
        return NULL, 0
    if state[3] != 0:
        return TIE, abs(state[3]) - 1
    return VALUE, state[1]


@dataclass(frozen=True, slots=True)
class Streak(Aggregation):
    """How many of the newest visible rows in a row hold the newest value, of any type.

    Nulls are skipped and end no run; NaN equals NaN, both zeros are equal; empty input gives 0.
    Order is that of event time. Where a row of the run, or the one before it, ties with a row of
    another value, the build stops (HW404) until the source declares a `sequence`.

    >>> Streak("status").word
    'streak'
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    returns: ClassVar[Returns] = "integer"
    when_empty: ClassVar[int | tuple[()] | None] = 0
    ordered: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("window",)
    takes_unsigned: ClassVar[bool] = True
    prepare = staticmethod(_prepare)
    lift = staticmethod(_lift)
    merge = staticmethod(_merge)
    result = staticmethod(_result)
