"""Window features of one view for the rows of a spine, on one machine.

Rows are arranged once per view: those of an entity together, in event order. Each pass then folds
one aggregation of one value over all its windows, for all entities, in our own threads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import NULL, OVERFLOW, TIE
from headwater.engines.arrangement import Arranged, arrange
from headwater.engines.computed import computed
from headwater.engines.histories import Rows
from headwater.engines.multisets import MULTISET, MultisetInput, multiset_input
from headwater.engines.values import FoldInput, fold_input, from_results
from headwater.engines.visibility import Visibility
from headwater.errors import DataError
from headwater.kernel.compile import compiled
from headwater.kernel.moments import add_words
from headwater.kernel.passes import NEVER, activated_tree, prefix_states, sliding_multiset
from headwater.kernel.pool import default_threads, for_groups
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.schema.clocks import Clock

TREE = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], "
    "const int64[::1], const int64[::1], const int64[:,::1], const int64[::1], "
    "const int64[:,::1], {out}[:,::1], uint8[:,::1])"
)
PREFIX = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], "
    "const int64[:,::1], const int64[::1], const int64[:,::1], {out}[:,::1], uint8[:,::1])"
)

_BEFORE_ALL = -NEVER - 1
PREFIX_FROM = 500_000
"""History rows from which a second compiled pass is worth its second of compiling."""


def window_features(
    view: ViewPlan,
    history: Rows,
    keys: pl.DataFrame,
    *,
    as_of: pl.Series,
    known_by: pl.Series | None = None,
    threads: int | None = None,
) -> pl.DataFrame:
    """One column per feature of the view, one row per row of `keys`, in order.

    Args:
        view: What to compute.
        history: The view's columns of its source.
        keys: The entity's columns, by the view's names.
        as_of: Int64 microseconds; a null gives the empty result.
        known_by: Int64 microseconds, never later than `as_of`: only what counted by then is seen.
            By default `as_of`; at a null nothing is.
        threads: By default the processors at hand; the values do not depend on it.

    Raises:
        DataError: HW403 an undeclared null clock, HW404 a tie, HW407 an integer overflow.
    """
    arranged = arrange(view, history, keys, as_of)
    # in one chunk, or each row expression would copy the frame
    history = replace(history, frame=history.frame.rechunk())
    asked = _asked(arranged, known_by)
    seen = Visibility(history, arranged, threads or default_threads(), asked)
    columns: dict[str, pl.Series] = {}
    for features in _alike(view.features):
        columns |= _fold(features, view, seen, keys)
    return pl.DataFrame([columns[feature.column] for feature in view.features])


def _asked(arranged: Arranged, known_by: pl.Series | None) -> Any:
    """When clocks are asked, in the kernel's order; None where this is `as_of`."""
    if known_by is None:
        return None
    asked = known_by.fill_null(_BEFORE_ALL).to_numpy()[arranged.spine]
    return None if np.array_equal(asked, arranged.as_of) else asked


def _alike(features: Iterable[FeaturePlan]) -> list[list[FeaturePlan]]:
    """Features that differ in their window only, together; they share a pass."""
    shared: dict[tuple[int, str], list[FeaturePlan]] = {}
    for feature in features:
        shared.setdefault((id(feature.aggregation), str(feature.mask)), []).append(feature)
    return list(shared.values())


def _fold(
    features: list[FeaturePlan], view: ViewPlan, seen: Visibility, keys: pl.DataFrame
) -> dict[str, pl.Series]:
    feature, arranged = features[0], seen.arranged
    values, windows = _values(feature, seen.history), tuple(one.window for one in features)
    if feature.aggregation.folds == "values":
        held = multiset_input(feature.aggregation, values, arranged.rows, arranged.codes)
        taken, (out, status) = held.values, _slide(held, seen, feature.mask, windows)
    else:
        given = fold_input(feature.aggregation, values, arranged.rows, has_ties=_has_ties(arranged))
        taken, (out, status) = given.values, _run(given, seen, feature.mask, windows)
    _refuse(out, status, features, view, arranged, keys)
    filled = np.full((len(features), keys.height), NULL, np.uint8)
    filled[:, arranged.spine] = status
    spread = np.zeros((len(features), keys.height), out.dtype)
    spread[:, arranged.spine] = out
    return {
        one.column: from_results(one, spread[w], filled[w], values=taken, rows=arranged.rows)
        for w, one in enumerate(features)
    }


def _values(feature: FeaturePlan, history: Rows) -> pl.DataFrame:
    """The value and the condition of each history row."""
    value = pl.lit(1, pl.Int64) if feature.value is None else feature.value
    where = pl.lit(True) if feature.where is None else feature.where
    given = {"value": value, "where": where}
    return computed(history.frame, given, place=feature.aggregation.place)


def _has_ties(arranged: Arranged) -> bool:
    return bool((arranged.rank != np.arange(len(arranged.rank))).any())


def _run(
    given: FoldInput, seen: Visibility, clock: Clock, windows: tuple[int, ...]
) -> tuple[Any, Any]:
    """The results and their status, a row for each window, in the order of the kernel."""
    low, high = seen.edges(windows)
    out = np.zeros(low.shape, given.out)
    status = np.zeros(low.shape, np.uint8)
    names = {"x": given.x.dtype.name, "out": given.out}
    rows: tuple[Any, ...] = (given.x, given.valid)
    is_additive = getattr(given.functions, "merge", None) is add_words
    order = None
    if is_additive and len(given.x) >= PREFIX_FROM and seen.follows_events(clock):
        fold = compiled(prefix_states, PREFIX.format(**names), given.functions)
        rows = (*rows, seen.known(clock), seen.arranged.as_of, low, high)
    else:
        fold = compiled(activated_tree, TREE.format(**names), given.functions)
        order, asked, low, high = seen.questions(windows)
        rows = (*rows, seen.arranged.rank, *seen.changes(clock), asked, low, high)
    for_groups(lambda groups: fold(*rows, groups, out, status), seen.arranged.groups, seen.threads)
    return (out, status) if order is None else (out[:, order], status[:, order])


def _slide(
    given: MultisetInput, seen: Visibility, clock: Clock, windows: tuple[int, ...]
) -> tuple[Any, Any]:
    """The same for a fold over the values in sight."""
    low, high = seen.edges(windows)
    out = np.zeros(low.shape, given.out)
    status = np.zeros(low.shape, np.uint8)
    signature = MULTISET.format(x=given.x.dtype.name, out=given.out)
    fold = compiled(sliding_multiset, signature, given.functions)
    asked = seen.arranged.as_of if seen.known_by is None else seen.known_by
    rows = (given.x, given.codes, *seen.changes(clock), asked, low, high)
    for_groups(lambda groups: fold(*rows, groups, out, status), seen.arranged.groups, seen.threads)
    return out, status


def _refuse(
    out: Any,
    status: Any,
    features: list[FeaturePlan],
    view: ViewPlan,
    arranged: Arranged,
    keys: pl.DataFrame,
) -> None:
    """Raise for the first tie or overflow."""
    for code in (TIE, OVERFLOW):
        windows, positions = np.nonzero(status == code)
        if not len(windows):
            continue
        w, j = windows[0], positions[0]
        key = dict(zip(keys.columns, keys.row(int(arranged.spine[j])), strict=True))
        place = features[w].aggregation.place
        if code == OVERFLOW:
            raise DataError(
                "HW407",
                f"the sum {features[w].column!r} of {key} does not fit 64 bits",
                place=place,
                hint="sum a float, or a smaller unit",
            )
        moment = pl.Series([arranged.time[out[w, j]]]).cast(pl.Datetime("us", "UTC"))[0]
        raise DataError(
            "HW404",
            f"rows of {key} at {moment.isoformat()} tie with different values, and "
            f"{features[w].column!r} depends on their order",
            place=place,
            hint=f"declare sequence= in source {view.source.source.name!r}",
        )
