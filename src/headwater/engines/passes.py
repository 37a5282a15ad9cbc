"""Which pass folds a feature's rows: by what is folded, and by what its clock promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headwater.engines.edges import Limits
from headwater.engines.multisets import MULTISET, MultisetInput
from headwater.engines.state_passes import Known, adds, clusters, run_states, sliding
from headwater.engines.values import FoldInput
from headwater.engines.visibility import Visibility
from headwater.kernel.compile import compiled
from headwater.kernel.passes import (
    TIE,
    activated_tree,
    newest_row,
    one_stack,
    sliding_multiset,
    two_stacks,
)
from headwater.kernel.pool import divided, for_groups
from headwater.kernel.positions import (
    lift_position,
    newest,
    newest_position,
    position,
    prepare_position,
)
from headwater.kernel.sliding_counts import sliding_counts
from headwater.schema.clocks import Clock

_SPINE = "const int64[::1], const int64[:,::1], const int64[::1], const int64[:,::1]"
_OUT = "{out}[:,::1], uint8[:,::1]"
_VALUES = "const {x}[::1], const boolean[::1]"
TREE = f"void({_VALUES}, const int64[::1], const int64[::1], const int64[::1], {_SPINE}, {_OUT})"
STACKS = f"void({_VALUES}, const int64[::1], const int64[::1], {_SPINE}, {_OUT})"
COUNTS = f"void({_VALUES}, const int64[::1], const int64[::1], {_SPINE}, {_OUT})"
NEWEST = f"void(const boolean[::1], const int64[::1], {_SPINE}, int64[:,::1], uint8[:,::1])"

QUICK_FROM = 500_000
"""History rows from which a second compiled pass is worth its second of compiling."""


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """A compiled pass with what it reads.

    Args:
        fold: Takes `rows`, groups, and the results and their status, a row for each window.
        rows: The last but one is `low`, the last `high`.
        out: The type of the results, `float64` or `int64`.
        order: Where each spine row stands in the results; None where this is the kernel's order.
        into: Where the items of results stand that are lists; None of others.
        is_anywhere: Whether it may begin at any spine row of an entity.
    """

    fold: Any
    rows: tuple[Any, ...]
    out: str
    order: Any = None
    into: Any = None
    is_anywhere: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is folded over which windows.

    Args:
        given: What is folded.
        clock: What is compared with the moments that are asked.
        limits: What bounds the rows of each window.
    """

    given: FoldInput | MultisetInput
    clock: Clock
    limits: Limits


def run_passes(asked: Sequence[Asked], seen: Visibility) -> Iterator[tuple[Any, Any, Any]]:
    """The results and their status, a row for each window, in the order of the kernel; the items.

    Each fold is run when its turn comes, and with it those that can share its pass.

    Args:
        asked: Folds of values of the same rows.
        seen: Where windows begin and end, and when rows are known.
    """
    shared = _shared(asked, seen)
    found: dict[int, tuple[Any, Any, Any]] = {}
    for place, one in enumerate(asked):
        if place not in found and place in shared:
            given: Any = [asked[member].given for member in shared[place]]
            results = run_states(given, _known(seen, one), seen.threads)
            found |= dict(zip(shared[place], results, strict=True))
            del results
        elif place not in found:
            found[place] = run_pass(one, seen)
        tied = seen.ties_at_starts(one.limits, one.clock)
        if tied is not None:
            write_ties(tied, *found[place][:2])
        yield found.pop(place)  # none is held longer than until it is answered


def _shared(asked: Sequence[Asked], seen: Visibility) -> dict[int, list[int]]:
    """The folds whose states add, each with the places of all that one state serves."""
    together: dict[tuple[int, int], list[int]] = {}
    for place, one in enumerate(asked):
        if adds(one.given) and _is_quick(one.given, seen, one.clock, one.limits):
            low, _ = seen.edges(one.limits, one.clock)
            together.setdefault((id(low), id(seen.known(one.clock))), []).append(place)
    found = dict[int, list[int]]()
    for places in together.values():
        given: Any = [asked[place].given for place in places]
        for members in clusters(given):
            every = [places[member] for member in members]
            found |= dict.fromkeys(every, every)
    return found


def _known(seen: Visibility, asked: Asked) -> Known:
    arranged = seen.arranged
    edges = seen.edges(asked.limits, asked.clock)
    return Known(seen.known(asked.clock), arranged.as_of, *edges, arranged.groups)


def run_pass(asked: Asked, seen: Visibility) -> tuple[Any, Any, Any]:
    """The same of one fold, ties at the starts of windows left out."""
    found = pass_of(asked.given, seen, asked.clock, asked.limits)
    low, high = found.rows[-2:]
    out, status = np.zeros(low.shape, found.out), np.zeros(low.shape, np.uint8)
    groups = seen.arranged.groups
    for_groups(
        lambda part: found.fold(*found.rows, part, out, status),
        divided(groups, low, high, seen.threads) if found.is_anywhere else groups,
        seen.threads,
    )
    if found.order is None:
        return out, status, found.into
    into = None if found.into is None else found.into[:, found.order]
    return out[:, found.order], status[:, found.order], into


def write_ties(tied: Any, out: Any, status: Any) -> None:
    """Report a tie where rows that tie stand on both sides of a window's start."""
    is_tied = tied >= 0
    status[is_tied] = TIE
    out[is_tied] = tied[is_tied]


def pass_of(
    given: FoldInput | MultisetInput, seen: Visibility, clock: Clock, limits: Limits
) -> Pass:
    """The pass that folds these rows.

    Args:
        given: What is folded.
        seen: Where windows begin and end, and when rows are known.
        clock: What is compared with the moments that are asked.
        limits: What bounds the rows of each window.
    """
    if isinstance(given, MultisetInput):
        return _slide(given, seen, clock, limits)
    if sliding(given.functions) is not None:
        return _slide_counts(given, seen, clock, limits)
    if not _is_quick(given, seen, clock, limits):
        return _tree(given, seen, clock, limits)
    known = (seen.known(clock), seen.arranged.as_of, *seen.edges(limits, clock))
    if _is_newest(given) and not seen.arranged.has_ties:
        fold = compiled(newest_row, NEWEST)
        return Pass(fold, (given.valid, *known), given.out, is_anywhere=True)
    template = one_stack if _is_choice(given) else two_stacks
    rows = (given.valid, seen.arranged.alike, *known)
    return _made((template, STACKS), given, rows, seen.arranged.as_of)


def _is_quick(given: Any, seen: Visibility, clock: Clock, limits: Limits) -> bool:
    """Whether there are rows enough for a pass that asks for an order, and they have it."""
    return len(given.x) >= QUICK_FROM and _is_plain(seen, clock, limits)


def _is_choice(given: FoldInput) -> bool:
    """Whether a state is one row, so that merging chooses one of two."""
    functions: Any = given.functions
    wanted = prepare_position, lift_position, position
    return (functions.prepare, functions.lift, functions.result) == wanted


def _is_plain(seen: Visibility, clock: Clock, limits: Limits) -> bool:
    """Whether rows become known in event order, and no window starts before an earlier one."""
    return seen.follows_events(clock) and seen.starts_rise(limits, clock)


def _is_newest(given: FoldInput) -> bool:
    """Whether the result is the newest row itself."""
    functions: Any = given.functions
    is_newest = getattr(functions, "merge", None) is newest
    return is_newest and functions.result is newest_position and not given.also.names


def _tree(given: FoldInput, seen: Visibility, clock: Clock, limits: Limits) -> Pass:
    order, *questions = seen.questions(limits, clock)
    rows = (given.valid, seen.arranged.alike, *seen.changes(clock), *questions)
    as_of = seen.arranged.as_of
    if order is not None:
        as_of = np.empty_like(as_of)
        as_of[order] = seen.arranged.as_of
    return _made((activated_tree, TREE), given, rows, as_of, order)


def _slide(given: MultisetInput, seen: Visibility, clock: Clock, limits: Limits) -> Pass:
    asked = seen.arranged.as_of if seen.known_by is None else seen.known_by
    rows = (given.codes, *seen.changes(clock), asked, *seen.edges(limits, clock))
    return _made((sliding_multiset, MULTISET), given, rows, seen.arranged.as_of)


def _slide_counts(given: FoldInput, seen: Visibility, clock: Clock, limits: Limits) -> Pass:
    asked = seen.arranged.as_of if seen.known_by is None else seen.known_by
    rows = (given.valid, *seen.changes(clock), asked, *seen.edges(limits, clock))
    functions = sliding(given.functions) or given.functions
    given = replace(given, functions=functions)
    return _made((sliding_counts, COUNTS), given, rows, seen.arranged.as_of)


def _made(
    template: tuple[Any, str],
    given: FoldInput | MultisetInput,
    rows: tuple[Any, ...],
    as_of: Any,
    order: Any = None,
) -> Pass:
    """The pass over these rows, with what its functions are given besides.

    Args:
        template: It and its signature.
        given: What is folded.
        rows: The arguments after `x`, without groups and results.
        as_of: The moment of each spine row, in the order of the results.
        order: As in `Pass`.
    """
    also, into = given.also.asked(as_of, rows[-2].shape)
    types = template[1].format(x=given.x.dtype.name, out=given.out)
    fold = compiled(template[0], types, given.functions, given.also.names)
    is_anywhere = template[0] in (one_stack, two_stacks)
    return Pass(fold, (given.x, *also, *rows), given.out, order, into, is_anywhere)
