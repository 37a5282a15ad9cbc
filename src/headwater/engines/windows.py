"""Window features of one view for the rows of a spine, on one machine.

Rows are arranged once per view: those of an entity together, in event order. Each pass then folds
one aggregation of one value over all its windows, for all entities, in our own threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import NULL, OVERFLOW, TIE
from headwater.engines.histories import Rows
from headwater.engines.values import FoldInput, fold_input, from_results
from headwater.errors import DataError
from headwater.kernel.compile import compiled
from headwater.kernel.passes import activated_tree, bounds
from headwater.kernel.pool import default_threads, for_groups
from headwater.plan.views import FeaturePlan, ViewPlan
from headwater.spec.evaluation import evaluate

BOUNDS = (
    "void(const int64[::1], const int64[::1], const int64[:,::1], const int64[::1], "
    "int64[:,::1], int64[::1])"
)
TREE = (
    "void(const {x}[::1], const boolean[::1], const int64[::1], const int64[::1], "
    "const int64[::1], const int64[::1], const int64[:,::1], const int64[::1], "
    "const int64[:,::1], {out}[:,::1], uint8[:,::1])"
)
_NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000}


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """History and spine in the kernel's order.

    Args:
        rows: Positions in the history, `order[i]` is the i-th in event order.
        codes: Entity of each history row in event order.
        time: Event time of each history row in event order.
        rank: The first position with the same entity, event time and sequence.
        spine: Positions in the spine, `spine[j]` is the j-th; rows without key or moment left out.
        as_of: The moment of each of them.
        groups: `(history start, history stop, spine start, spine stop)` per entity.
    """

    rows: Any
    codes: Any
    time: Any
    rank: Any
    spine: Any
    as_of: Any
    groups: Any


def window_features(
    view: ViewPlan,
    history: Rows,
    keys: pl.DataFrame,
    *,
    as_of: pl.Series,
    threads: int | None = None,
) -> pl.DataFrame:
    """One column per feature of the view, one row per row of `keys`, in order.

    Args:
        view: What to compute.
        history: The view's columns of its source.
        keys: The entity's columns, by the view's names.
        as_of: Int64 microseconds; a null gives the empty result.
        threads: By default the processors at hand; the values do not depend on it.

    Raises:
        DataError: HW403 an undeclared null clock, HW404 a tie, HW407 an integer overflow.
    """
    arranged = arrange(view, history, keys, as_of)
    columns: dict[str, pl.Series] = {}
    for features in _alike(view.features):
        columns |= _fold(features, view, history, arranged, (keys, threads or default_threads()))
    return pl.DataFrame([columns[feature.column] for feature in view.features])


def arrange(view: ViewPlan, history: Rows, keys: pl.DataFrame, as_of: pl.Series) -> Arranged:
    """Sort history and spine by entity and time; only entities that the spine asks for stay."""
    events, asked = entity_codes(history.frame, keys, view.view.keys)
    times = history.event_times().to_numpy()
    sequence = _sequence(view, history)
    rows = np.flatnonzero(events >= 0)
    rows = rows[np.lexsort((sequence[rows], times[rows], events[rows]))]
    codes, time, order = events[rows], times[rows], sequence[rows]
    is_first = np.ones(len(rows), np.bool_)
    is_first[1:] = (np.diff(codes) != 0) | (np.diff(time) != 0) | (np.diff(order) != 0)
    rank = np.maximum.accumulate(np.where(is_first, np.arange(len(rows)), 0)) if len(rows) else rows
    moments = as_of.fill_null(0).to_numpy()
    spine = np.flatnonzero((asked >= 0) & as_of.is_not_null().to_numpy())
    spine = spine[np.lexsort((moments[spine], asked[spine]))]
    groups = _groups(codes, asked[spine])
    return Arranged(rows, codes, time, rank, spine, np.ascontiguousarray(moments[spine]), groups)


def entity_codes(
    history: pl.DataFrame, spine: pl.DataFrame, keys: Sequence[str]
) -> tuple[Any, Any]:
    """Dense codes of the spine's entities, for both frames; -1 for null keys and strangers."""
    ours = _comparable(spine, keys)
    known = ours.drop_nulls().unique(maintain_order=True).with_row_index("code")
    return _codes(_comparable(history, keys), known), _codes(ours, known)


def _codes(frame: pl.DataFrame, known: pl.DataFrame) -> Any:
    codes = frame.join(known, on=frame.columns, how="left", maintain_order="left")["code"]
    return codes.cast(pl.Int64).fill_null(-1).to_numpy()


def _comparable(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The keys by position, in types that join: whole numbers of one width, text as text."""
    return frame.select(
        _in_one_type(pl.col(key), frame.schema[key]).alias(f"key {i}") for i, key in enumerate(keys)
    )


def _in_one_type(key: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_integer():
        return key.cast(pl.Int128)
    if dtype in (pl.Categorical, pl.Enum):
        return key.cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        return key.to_physical().cast(pl.Int128) * _NANOSECONDS[dtype.time_unit]
    return key


def _sequence(view: ViewPlan, history: Rows) -> Any:
    """The order of rows of one event time: dense ranks, nulls first; zeros without a sequence."""
    sequence = view.source.source.sequence
    if sequence is None:
        return np.zeros(history.frame.height, np.int64)
    ranks = history.frame[sequence].rank("dense").cast(pl.Int64).fill_null(0)
    return ranks.to_numpy()


def _groups(events: Any, asked: Any) -> Any:
    """Ranges of both sorted code arrays for each code that the spine asks for."""
    codes = np.unique(asked)
    edges = [
        np.searchsorted(array, codes, side)
        for array in (events, asked)
        for side in ("left", "right")
    ]
    return np.ascontiguousarray(np.stack(edges, axis=1).astype(np.int64))


def _alike(features: Iterable[FeaturePlan]) -> list[list[FeaturePlan]]:
    """Features that differ in their window only, together; they share a pass."""
    shared: dict[tuple[int, str], list[FeaturePlan]] = {}
    for feature in features:
        shared.setdefault((id(feature.aggregation), str(feature.clock)), []).append(feature)
    return list(shared.values())


def _fold(
    features: list[FeaturePlan],
    view: ViewPlan,
    history: Rows,
    arranged: Arranged,
    asked: tuple[pl.DataFrame, int],
) -> dict[str, pl.Series]:
    keys, threads = asked
    feature = features[0]
    values = _values(feature, history)
    given = fold_input(feature.aggregation, values, arranged.rows, has_ties=_has_ties(arranged))
    windows = np.array([one.window for one in features], np.int64)
    out, status = _run(
        given, history.known_times(feature.clock)[arranged.rows], windows, (arranged, threads)
    )
    _refuse(out, status, features, view, arranged, keys)
    filled = np.full((len(features), keys.height), NULL, np.uint8)
    filled[:, arranged.spine] = status
    spread = np.zeros((len(features), keys.height), out.dtype)
    spread[:, arranged.spine] = out
    return {
        one.column: from_results(
            one, spread[w], filled[w], values=values["value"], rows=arranged.rows
        )
        for w, one in enumerate(features)
    }


def _values(feature: FeaturePlan, history: Rows) -> pl.DataFrame:
    """The value and the condition of each history row."""
    value = pl.lit(1, pl.Int64) if feature.value is None else feature.value
    where = pl.lit(True) if feature.where is None else feature.where
    return evaluate(history.frame, {"value": value, "where": where})


def _has_ties(arranged: Arranged) -> bool:
    return bool((arranged.rank != np.arange(len(arranged.rank))).any())


def _run(given: FoldInput, known: Any, windows: Any, on: tuple[Arranged, int]) -> tuple[Any, Any]:
    arranged, threads = on
    size = len(arranged.spine)
    low = np.empty((len(windows), size), np.int64)
    high = np.empty(size, np.int64)
    out = np.zeros((len(windows), size), given.out)
    status = np.zeros((len(windows), size), np.uint8)
    activation = np.lexsort((known, arranged.codes))
    find = compiled(bounds, BOUNDS)
    fold = compiled(
        activated_tree, TREE.format(x=given.x.dtype.name, out=given.out), given.functions
    )

    def run(groups: Any) -> None:
        find(arranged.time, arranged.as_of, groups, windows, low, high)
        fold(
            given.x,
            given.valid,
            arranged.rank,
            known,
            activation,
            arranged.as_of,
            low,
            high,
            groups,
            out,
            status,
        )

    for_groups(run, arranged.groups, threads)
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
