"""States of conditions: how many rows, and how many of them meet it. Words add."""

from __future__ import annotations

from typing import Any

from headwater.kernel.moments import add_words


def prepare_truths(x: Any, valid: Any, start: int, stop: int) -> tuple[int, int]:
    """No scale, two words."""
    return 0, 2


def lift_truth(state: Any, x: Any, i: int, scale: int) -> None:
    """One row, which meets the condition or does not."""
    state[0] = 1
    state[1] = 1 if x[i] != 0 else 0


class Truths:
    """What folds a condition."""

    __slots__ = ()
    prepare = staticmethod(prepare_truths)
    lift = staticmethod(lift_truth)
    merge = staticmethod(add_words)
