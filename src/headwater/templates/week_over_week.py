"""week_over_week: this week against the week before."""

from __future__ import annotations

from headwater.aggregations.base import Windowed
from headwater.aggregations.change import Change
from headwater.aggregations.relative_change import RelativeChange
from headwater.aggregations.sum import Sum


def week_over_week(*columns: str) -> list[Windowed]:
    """The sum of each column in the last seven days less that of the seven before, also as a share.

    Null where one of both weeks has no value; the share also where the earlier sum is zero. Seven
    days end at `as_of`: they are no calendar week.

    Args:
        columns: Amounts.

    >>> [one.windows for one in week_over_week("price")]
    [('7d',), ('7d',)]
    """
    return [
        word(Sum(column)).within("7d") for column in columns for word in (Change, RelativeChange)
    ]
