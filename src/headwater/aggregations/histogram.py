"""Histogram: how many values lie between given edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np

from headwater.aggregations.base import (
    NULL,
    VALUE,
    Aggregation,
    Extra,
    Kind,
    Returns,
)
from headwater.kernel.moments import add_words

TWO_63 = 2.0**63
MOST = 1_000
"""The most bins; there is room for as many items in each row."""
LONGEST = 1024
"""Bits from which no float holds an integer."""


def _prepare(x: Any, parameters: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """How many values, then how many in each bin."""
    return 0, parameters.shape[0]


def _result(state: Any, x: Any, parameters: Any, scale: int, into: Any) -> tuple[int, int]:
    bins = state.shape[0] - 1
    for k in range(bins):
        into[k] = state[1 + k]
    return (VALUE if state[0] > 0 else NULL), bins


def _is_below(number: Any, edge: float) -> bool:
    """Whether an integer is less than an edge; a float of it may be rounded up to the edge."""
    near = float(number)
    if near != edge:
        return near < edge
    return edge >= TWO_63 or number < np.int64(edge)


class _Integers:
    prepare = staticmethod(_prepare)
    merge = staticmethod(add_words)
    result = staticmethod(_result)

    @staticmethod
    def lift(state: Any, x: Any, parameters: Any, i: int, scale: int) -> None:
        state[0] = 1
        low = 0
        high = parameters.shape[0]
        while low < high:
            middle = (low + high) >> 1
            if _is_below(x[i], parameters[middle]):
                high = middle
            else:
                low = middle + 1
        last = parameters.shape[0] - 1
        if 0 < low <= last:
            state[low] = 1
        elif low > last and float(x[i]) == parameters[last] and x[i] == np.int64(parameters[last]):
            state[last] = 1


@dataclass(frozen=True, slots=True)
class Histogram(Aggregation):
    """How many values lie in each bin between given edges, as a list of `len(edges) - 1` integers.

    It takes integers and floats, which are compared with the edges exactly. No decimals: an edge is
    a float, and none is 0.10; and no durations: both are cast, as to `.dt.total_seconds()`.

    A bin holds its lower edge and not its upper one, but the last holds both, as NumPy has it;
    what lies below the first or above the last edge is in no bin, unless that is infinite. Nulls
    are skipped, NaN is in no bin; empty input gives null, values in no bin give zeros; order does
    not matter.

    >>> Histogram("amount", edges=[0, 10, 100]).within("7d").aggregation.most
    2
    """

    edges: Sequence[float] = ()

    takes: ClassVar[tuple[Kind, ...]] = ("integer", "float")
    returns: ClassVar[Returns] = "integers"
    computes_in: ClassVar[Literal["float", "same"]] = "float"
    integers: ClassVar[type | None] = _Integers
    reads_also: ClassVar[tuple[Extra, ...]] = ("parameters",)
    example: ClassVar[Mapping[str, Any]] = {"edges": (-10.0, 0.0, 2.5, 40.0)}
    prepare = staticmethod(_prepare)
    merge = staticmethod(add_words)
    result = staticmethod(_result)

    @property
    def most(self) -> int:
        """The items that a list has."""
        return len(self.edges) - 1

    @property
    def parameters(self) -> tuple[float, ...]:
        """The edges."""
        return tuple(float(edge) for edge in self.edges)

    def parameter_fault(self) -> str | None:
        """Two edges or more, each above the one before."""
        edges: Any = self.edges
        if not isinstance(edges, Sequence) or not all(map(_is_edge, edges)):
            return f"edges= is a list of numbers, found {edges!r}"
        if not 2 <= len(edges) <= MOST + 1:
            return f"edges= makes 1 to {MOST:,} bins, found {len(edges)} edges"
        exact = self.parameters
        fallen = [after for before, after in pairwise(exact) if not before < after]
        return f"edges= rises from each to the next; {fallen[0]:g} does not" if fallen else None

    @staticmethod
    def lift(state: Any, x: Any, parameters: Any, i: int, scale: int) -> None:
        """One value in its bin, if it is in one."""
        state[0] = 1
        value = x[i]
        low = 0
        high = parameters.shape[0]
        while low < high:
            middle = (low + high) >> 1
            if value < parameters[middle]:
                high = middle
            else:
                low = middle + 1
        last = parameters.shape[0] - 1
        if value == parameters[last]:
            state[last] = 1
        elif 0 < low <= last:
            state[low] = 1


def _is_edge(edge: Any) -> bool:
    """Whether it is a number that a float holds exactly."""
    if isinstance(edge, int) and not isinstance(edge, bool):
        return edge.bit_length() < LONGEST and float(edge) == edge
    return isinstance(edge, float) and edge == edge
