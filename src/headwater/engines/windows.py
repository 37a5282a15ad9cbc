"""Window features of one view for the rows of a spine, on one machine.

Rows are arranged once per view: those of an entity together, in event order. Each pass then folds
one aggregation of one value over all its windows, for all entities, in our own threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from headwater.aggregations.base import NULL, OVERFLOW, TIE, VALUE, Aggregation
from headwater.engines.arrangement import Arranged, arrange
from headwater.engines.computed import computed
from headwater.engines.histories import Rows
from headwater.engines.multisets import MultisetInput, multiset_input
from headwater.engines.passes import run_pass
from headwater.engines.values import FoldInput, Values, fold_input, from_results
from headwater.engines.visibility import Visibility
from headwater.errors import DataError
from headwater.kernel.passes import NEVER
from headwater.kernel.pool import default_threads
from headwater.plan.views import FeaturePlan, ViewPlan

BEFORE_ALL = -NEVER - 1
"""When clocks are asked where nothing is known by then."""


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
    asked = asked_by(arranged, None if known_by is None else known_by.fill_null(BEFORE_ALL))
    seen = Visibility(history, arranged, threads or default_threads(), asked)
    return pl.DataFrame(answers(folds(view, seen), view, seen, keys))


def asked_by(arranged: Arranged, known_by: pl.Series | None) -> Any:
    """When clocks are asked, in the kernel's order; None where this is `as_of`.

    Args:
        arranged: With the spine rows that ask.
        known_by: Of all spine rows, `BEFORE_ALL` for null.
    """
    if known_by is None:
        return None
    asked = known_by.to_numpy()[arranged.spine]
    return None if np.array_equal(asked, arranged.as_of) else asked


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Features that share a pass, with what it folds, whatever is asked.

    Args:
        features: They differ in their window only.
        windows: Those.
        given: The values of all arranged rows.
    """

    features: list[FeaturePlan]
    windows: tuple[int, ...]
    given: FoldInput | MultisetInput


def folds(view: ViewPlan, seen: Visibility) -> Iterator[Fold]:
    """What has to be folded for the features of a view, one after the other."""
    arranged = seen.arranged
    for shared in _by_values(view.features):
        found = _values(shared[0], seen.history)
        values = Values(found, arranged.rows, has_ties=arranged.has_ties)
        for features in _alike(shared):
            windows = tuple(feature.window for feature in features)
            yield Fold(features, windows, _given(features[0].aggregation, values, arranged))


def answers(
    parts: Iterable[Fold], view: ViewPlan, seen: Visibility, keys: pl.DataFrame
) -> list[pl.Series]:
    """One column per feature of the view, one row per row of `keys`, in order.

    Raises:
        DataError: As `window_features`.
    """
    columns: dict[str, pl.Series] = {}
    for part in parts:
        columns |= _answer(part, view, seen, keys)
    return [columns[feature.column] for feature in view.features]


def _by_values(features: Iterable[FeaturePlan]) -> list[list[FeaturePlan]]:
    """Features of the same values and condition together: these are computed once."""
    shared: dict[tuple[Any, Any], list[FeaturePlan]] = {}
    for feature in features:
        shared.setdefault((_key(feature.value), _key(feature.where)), []).append(feature)
    return list(shared.values())


def _key(expression: Any) -> Any:
    """The same for expressions that say the same."""
    return expression.meta.serialize() if isinstance(expression, pl.Expr) else id(expression)


def _alike(features: Iterable[FeaturePlan]) -> list[list[FeaturePlan]]:
    """Features that differ in their window only, together; they share a pass."""
    shared: dict[tuple[int, str], list[FeaturePlan]] = {}
    for feature in features:
        shared.setdefault((id(feature.aggregation), str(feature.mask)), []).append(feature)
    return list(shared.values())


def _given(
    aggregation: Aggregation, values: Values, arranged: Arranged
) -> FoldInput | MultisetInput:
    """What an aggregation folds of these values."""
    if aggregation.folds == "values":
        return multiset_input(aggregation, values, arranged.codes)
    return fold_input(aggregation, values)


def _answer(
    part: Fold, view: ViewPlan, seen: Visibility, keys: pl.DataFrame
) -> dict[str, pl.Series]:
    """The columns of features that share a pass."""
    features, given, arranged = part.features, part.given, seen.arranged
    out, status = run_pass(given, seen, features[0].mask, part.windows)
    _refuse(out, status, features, view, arranged, keys)
    filled = np.full((len(features), keys.height), NULL, np.uint8)
    filled[:, arranged.spine] = status
    spread = np.zeros((len(features), keys.height), out.dtype)
    spread[:, arranged.spine] = out
    columns = from_results(features, spread, filled, values=given.values, rows=arranged.rows)
    return {column.name: column for column in columns}


def _values(feature: FeaturePlan, history: Rows) -> pl.DataFrame:
    """The value and the condition of each history row."""
    value = pl.lit(1, pl.Int64) if feature.value is None else feature.value
    where = pl.lit(True) if feature.where is None else feature.where
    given = {"value": value, "where": where}
    return computed(history.frame, given, place=feature.aggregation.place)


def _refuse(
    out: Any,
    status: Any,
    features: list[FeaturePlan],
    view: ViewPlan,
    arranged: Arranged,
    keys: pl.DataFrame,
) -> None:
    """Raise for a tie or overflow: of the first window that has one, the first spine row."""
    if not (status > VALUE).any():
        return
    for code in (TIE, OVERFLOW):
        windows, positions = np.nonzero(status == code)
        if not len(windows):
            continue
        w = windows[0]
        j = min(positions[windows == w], key=lambda one: int(arranged.spine[one]))
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
