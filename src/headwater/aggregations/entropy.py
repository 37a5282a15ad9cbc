"""Entropy: how evenly rows are spread over their values, in bits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from headwater.aggregations.base import EVERY_KIND, NULL, VALUE, Aggregation, Kind
from headwater.kernel.frequencies import count_down, count_up, frequency_room

HEAD = 3
COARSE = 1 << 20
FINE = 1 << 32


def _weight(state: Any, count: int, sign: int) -> None:
    """Add `count * log2(count)`, or take it away, in units of 2**-20 and then of 2**-52."""
    if count > 1:
        weight = float(count) * math.log2(float(count)) * COARSE
        whole = math.floor(weight)
        state[1] += sign * int(whole)
        state[2] += sign * int((weight - whole) * FINE)


def _sum_of_weights(state: Any) -> float:
    return float(state[1]) / COARSE + float(state[2]) / COARSE / FINE


class _Spread:
    """What folds values of any type, which it does not look at."""

    __slots__ = ()
    takes_unsigned = True

    @staticmethod
    def room(distinct: int) -> int:
        """How many rows, the sum of weights in two words, then how often each value occurs."""
        return HEAD + frequency_room(distinct)

    @staticmethod
    def add(state: Any, code: int, x: Any) -> None:
        """One more row holds this value."""
        counts = state[HEAD:]
        before = counts[(counts.shape[0] >> 1) + code]
        _weight(state, before, -1)
        _weight(state, before + 1, 1)
        count_up(counts, code, x)
        state[0] += 1

    @staticmethod
    def remove(state: Any, code: int, x: Any) -> None:
        """One row less holds it."""
        counts = state[HEAD:]
        before = counts[(counts.shape[0] >> 1) + code]
        _weight(state, before, -1)
        _weight(state, before - 1, 1)
        count_down(counts, code, x)
        state[0] -= 1

    @staticmethod
    def result(state: Any, x: Any) -> tuple[int, float]:
        """The bits, null for no value.

        Where one value is more than half of all, what it adds is close to zero and taken by itself,
        so that no digits are lost where large numbers cancel.
        """
        if state[0] == 0:
            return NULL, 0.0
        rows = float(state[0])
        most = state[HEAD + 1]
        if 2 * most <= state[0]:
            return VALUE, math.log2(rows) - _sum_of_weights(state) / rows
        rest = rows - float(most)
        if rest == 0.0:
            return VALUE, 0.0
        _weight(state, most, -1)
        bits = rest * math.log2(rows) - _sum_of_weights(state)
        _weight(state, most, 1)
        return VALUE, (bits - float(most) * math.log1p(-rest / rows) / math.log(2.0)) / rows


@dataclass(frozen=True, slots=True)
class Entropy(_Spread, Aggregation):
    """Shannon's entropy of how often each value occurs: the sum of `p * log2(1 / p)`, in bits.

    0 where all rows hold one value, `log2(n)` where each of n values occurs equally often. Nulls
    are skipped; NaN is one value, and so are both zeros; empty input gives null; order does not
    matter. Within one part in 1e13 of the exact number; the same rows give the same bits.

    Source: Shannon, "A Mathematical Theory of Communication" (1948).

    >>> Entropy("merchant").word
    'entropy'
    """

    takes: ClassVar[tuple[Kind, ...]] = EVERY_KIND
    folds: ClassVar[Literal["states", "values"]] = "values"
    tolerance: ClassVar[float] = 1e-13
    integers: ClassVar[type | None] = _Spread
