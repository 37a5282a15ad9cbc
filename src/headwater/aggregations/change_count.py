"""ChangeCount: how often the value changed."""

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
    """No scale; the oldest and the newest row, the changes, a row that ties with another value.

    A row is its position plus one, 0 for none.
    """
    return 0, 4


def _lift(state: Any, x: Any, i: int, scale: int) -> None:
    state[0] = i + 1
    state[1] = i + 1


def _merge(into: Any, left: Any, right: Any, x: Any, rank: Any) -> None:
    oldest = left[0] if left[0] > 0 else right[0]
    newest = right[1] if right[1] > 0 else left[1]
    changes = left[2] + right[2]
    tied = max(left[3], right[3])
    if left[0] > 0 and right[0] > 0 and not same_value(x, left[1] - 1, right[0] - 1):
        changes += 1
        if rank[left[1] - 1] == rank[right[0] - 1]:
            tied = max(tied, right[0])
    into[0] = oldest
    into[1] = newest
    into[2] = changes
    into[3] = tied


def _result(state: Any, x: Any, scale: int) -> tuple[int, int]:
    if state[0] == 0:
        return NULL, 0
    if state[3] > 0:
        return TIE, state[3] - 1
    return VALUE, state[2]


@dataclass(frozen=True, slots=True)
class ChangeCount(Aggregation):
    """How often the value of a visible row differs from that of the row before, of any type.

    Nulls are skipped and no change; NaN equals NaN, both zeros are equal; empty input gives 0, as
    one row does. Order is that of event time; rows that tie with other values stop the build
    (HW404) until the source declares a `sequence`.

    >>> ChangeCount("status").word
    'change_count'
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
