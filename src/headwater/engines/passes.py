"""Which pass folds a feature's rows: by what is folded, and by what its clock promises."""

from __future__ import annotations

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


def run_pass(
    given: FoldInput | MultisetInput, seen: Visibility, clock: Clock, windows: tuple[int, ...]
) -> tuple[Any, Any]:
    """The results and their status, a row for each window, in the order of the kernel.

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
        return _over_groups(fold, (given.x, given.valid, *known), given.out, seen)
    if getattr(given.functions, "merge", None) is newest and not seen.arranged.has_ties:
        fold = compiled(newest_row, NEWEST)
        return _over_groups(fold, (given.valid, *known), given.out, seen)
    fold = _compiled(two_stacks, STACKS, given)
    return _over_groups(fold, (given.x, given.valid, seen.arranged.rank, *known), given.out, seen)


def _tree(
    given: FoldInput, seen: Visibility, clock: Clock, windows: tuple[int, ...]
) -> tuple[Any, Any]:
    fold = _compiled(activated_tree, TREE, given)
    order, *questions = seen.questions(windows)
    rows = (given.x, given.valid, seen.arranged.rank, *seen.changes(clock), *questions)
    out, status = _over_groups(fold, rows, given.out, seen)
    return (out, status) if order is None else (out[:, order], status[:, order])


def _slide(
    given: MultisetInput, seen: Visibility, clock: Clock, windows: tuple[int, ...]
) -> tuple[Any, Any]:
    fold = _compiled(sliding_multiset, MULTISET, given)
    asked = seen.arranged.as_of if seen.known_by is None else seen.known_by
    rows = (given.x, given.codes, *seen.changes(clock), asked, *seen.edges(windows))
    return _over_groups(fold, rows, given.out, seen)


def _compiled(template: Any, signature: str, given: FoldInput | MultisetInput) -> Any:
    types = signature.format(x=given.x.dtype.name, out=given.out)
    return compiled(template, types, given.functions)


def _over_groups(fold: Any, rows: tuple[Any, ...], kind: str, seen: Visibility) -> tuple[Any, Any]:
    """Call a pass for all entities, in our threads; the last but one of `rows` is `low`."""
    out, status = np.zeros(rows[-2].shape, kind), np.zeros(rows[-2].shape, np.uint8)
    for_groups(lambda groups: fold(*rows, groups, out, status), seen.arranged.groups, seen.threads)
    return out, status
