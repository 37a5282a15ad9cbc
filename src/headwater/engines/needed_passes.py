"""Which compiled passes a view needs, told without a row of its data and without compiling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from headwater.engines.arrangement import arrange
from headwater.engines.histories import Rows
from headwater.engines.multisets import MULTISET, MultisetInput
from headwater.engines.passes import COUNTS, NEWEST, QUICK_FROM, STACKS, TREE
from headwater.engines.state_passes import RESULTS, STATES, adds, sliding
from headwater.engines.values import FoldInput
from headwater.engines.visibility import Visibility
from headwater.engines.windows import Fold, folds
from headwater.kernel.compile import is_compiled
from headwater.kernel.passes import (
    activated_tree,
    newest_row,
    one_stack,
    prefix_states,
    sliding_multiset,
    two_stacks,
    window_results,
)
from headwater.kernel.positions import newest, position
from headwater.kernel.sliding_counts import sliding_counts
from headwater.plan.prediction import follows_events
from headwater.plan.views import ViewPlan

Needed = tuple[Any, str, Any, tuple[str, ...]]
"""The arguments of `headwater.kernel.compile.compiled`."""


def missing_passes(view: ViewPlan, history: int) -> list[Needed]:
    """The passes of a view that were never compiled on this machine, in the order of use.

    Those that all views share, such as sorting, are not among them.

    Args:
        view: What is to be folded.
        history: The rows of its source.
    """
    return [one for one in needed_passes(view, history) if not is_compiled(*one)]


def needed_passes(view: ViewPlan, history: int) -> list[Needed]:
    """The passes that fold a view, as far as can be told before its rows are read, in that order.

    Args:
        view: What is to be folded.
        history: The rows of its source.
    """
    event_time, found = view.source.source.event_time, list[Needed]()
    for fold in folds(view, _nothing_seen(view)):
        feature = fold.features[0]
        is_plain = follows_events(feature, event_time) and not feature.window.gap
        found += _needed(fold, is_quick=history >= QUICK_FROM and is_plain)
    return list(dict.fromkeys(found))


def _nothing_seen(view: ViewPlan) -> Visibility:
    """The view's source without a row, and nobody who asks."""
    schema = {name: view.source.schema[name] for name in _columns(view)}
    history, keys = (
        pl.DataFrame(schema=schema),
        pl.DataFrame(schema={key: schema[key] for key in view.view.keys}),
    )
    rows = Rows(view.source, history)
    return Visibility(rows, arrange(view, rows, keys, pl.Series([], dtype=pl.Int64)), 1)


def _columns(view: ViewPlan) -> list[str]:
    return [name for name in view.source.schema if name in view.columns]


def _needed(fold: Fold, *, is_quick: bool) -> Iterator[Needed]:
    given = fold.given
    functions: Any = given.functions
    names, x = given.also.names, given.x.dtype.name
    types = {"x": x, "out": given.out}
    if isinstance(given, MultisetInput):
        yield sliding_multiset, MULTISET.format(**types), functions, names
    elif sliding(functions) is not None:
        yield sliding_counts, COUNTS.format(**types), sliding(functions), names
    elif not is_quick:
        yield activated_tree, TREE.format(**types), functions, names
    elif adds(given):
        yield prefix_states, STATES.format(x=x), functions, tuple(given.also.arrays)
        yield window_results, RESULTS.format(**types), functions, names
    elif _is_newest(given):
        yield newest_row, NEWEST, None, ()
    else:
        is_choice = getattr(functions, "result", None) is position
        template = one_stack if is_choice else two_stacks
        yield template, STACKS.format(**types), functions, names


def _is_newest(given: FoldInput) -> bool:
    return getattr(given.functions, "merge", None) is newest and not given.also.names
