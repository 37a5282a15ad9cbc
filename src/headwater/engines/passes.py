"""Which pass folds a feature's rows: by what is folded, and by what its clock promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.engines.multisets import MULTISET, MultisetInput
from headwater.engines.values import FoldInput
from headwater.engines.visibility import Visibility
from headwater.kernel.compile import compiled
from headwater.kernel.moments import add_words
from headwater.kernel.passes import (
    activated_tree,
    newest_row,
    prefix_states,
    sliding_multiset,
    two_stacks,
)
from headwater.kernel.pool import for_groups
from headwater.kernel.positions import newest
from headwater.schema.clocks import Clock

_SPINE = "const int64[::1], const int64[:,::1], const int64[::1], const int64[:,::1]"
_OUT = "{out}[:,::1], uint8[:,::1]"
_VALUES = "const {x}[::1], const boolean[::1]"
TREE = f"void({_VALUES}, const int64[::1], const int64[::1], const int64[::1], {_SPINE}, {_OUT})"
PREFIX = f"void({_VALUES}, const int64[::1], {_SPINE}, {_OUT})"
STACKS = f"void({_VALUES}, const int64[::1], const int64[::1], {_SPINE}, {_OUT})"
NEWEST = f"void(const boolean[::1], const int64[::1], {_SPINE}, int64[:,::1], uint8[:,::1])"

QUICK_FROM = 500_000
"""History rows from which a second compiled pass is worth its second of compiling."""


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """A compiled pass with what it reads.

    Args:
        fold: Takes `rows`, groups, and the results and their status, a row for each window.
        rows: The last but one is `low`.
        out: The type of the results, `float64` or `int64`.
        order: Where each spine row stands in the results; None where this is the kernel's order.
    """

    fold: Any
    rows: tuple[Any, ...]
    out: str
    order: Any = None


def run_pass(
    given: FoldInput | MultisetInput, seen: Visibility, clock: Clock, windows: tuple[int, ...]
) -> tuple[Any, Any]:
    """The results and their status, a row for each window, in the order of the kernel.

    The arguments are those of `pass_of`.
    """
    found = pass_of(given, seen, clock, windows)
    shape, order = found.rows[-2].shape, found.order
    out, status = np.zeros(shape, found.out), np.zeros(shape, np.uint8)
    for_groups(
        lambda groups: found.fold(*found.rows, groups, out, status),
        seen.arranged.groups,
        seen.threads,
    )
    return (out, status) if order is None else (out[:, order], status[:, order])


def pass_of(
    given: FoldInput | MultisetInput, seen: Visibility, clock: Clock, windows: tuple[int, ...]
) -> Pass:
    """The pass that folds these rows.

    Args:
        given: What is folded.
        seen: Where windows begin and end, and when rows are known.
        clock: What is compared with the moments that are asked.
        windows: Microseconds.
    """
    if isinstance(given, MultisetInput):
        return _slide(given, seen, clock, windows)
    if len(given.x) < QUICK_FROM or not seen.follows_events(clock):
        return _tree(given, seen, clock, windows)
    known = (seen.known(clock), seen.arranged.as_of, *seen.edges(windows))
    if getattr(given.functions, "merge", None) is add_words:
        fold = _compiled(prefix_states, PREFIX, given)
        return Pass(fold, (given.x, given.valid, *known), given.out)
    if getattr(given.functions, "merge", None) is newest and not seen.arranged.has_ties:
        fold = compiled(newest_row, NEWEST)
        return Pass(fold, (given.valid, *known), given.out)
    fold = _compiled(two_stacks, STACKS, given)
    return Pass(fold, (given.x, given.valid, seen.arranged.rank, *known), given.out)


def _tree(given: FoldInput, seen: Visibility, clock: Clock, windows: tuple[int, ...]) -> Pass:
    fold = _compiled(activated_tree, TREE, given)
    order, *questions = seen.questions(windows)
    rows = (given.x, given.valid, seen.arranged.rank, *seen.changes(clock), *questions)
    return Pass(fold, rows, given.out, order)


def _slide(given: MultisetInput, seen: Visibility, clock: Clock, windows: tuple[int, ...]) -> Pass:
    fold = _compiled(sliding_multiset, MULTISET, given)
    asked = seen.arranged.as_of if seen.known_by is None else seen.known_by
    rows = (given.x, given.codes, *seen.changes(clock), asked, *seen.edges(windows))
    return Pass(fold, rows, given.out)


def _compiled(template: Any, signature: str, given: FoldInput | MultisetInput) -> Any:
    types = signature.format(x=given.x.dtype.name, out=given.out)
    return compiled(template, types, given.functions)
