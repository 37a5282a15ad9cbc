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

from headwater.aggregations.base import OVERFLOW, TIE, VALUE, Aggregation
from headwater.engines.arrangement import Arranged, arrange
from headwater.engines.composites import composed, folded
from headwater.engines.computed import computed
from headwater.engines.edges import Limits, limits_of
from headwater.engines.histories import Rows
from headwater.engines.multisets import MultisetInput, multiset_input
from headwater.engines.passes import Asked, run_passes
from headwater.engines.refusals import AnswerRefused
from headwater.engines.values import FoldInput, Values, fold_input, from_results
from headwater.engines.visibility import Visibility
from headwater.kernel.passes import NEVER
from headwater.kernel.pool import default_threads
from headwater.plan.kinds import instead_of_overflow
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
    threads = threads or default_threads()
    history = replace(history, frame=history.frame.rechunk())
    arranged = arrange(view, history, keys, as_of, threads=threads)
    asked = asked_by(arranged, None if known_by is None else known_by.fill_null(BEFORE_ALL))
    seen = Visibility(history, arranged, threads, asked)
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
        limits: Those.
        given: The values of all arranged rows.
        is_last: Whether those that follow fold other values.
    """

    features: list[FeaturePlan]
    limits: Limits
    given: FoldInput | MultisetInput
    is_last: bool


def folds(view: ViewPlan, seen: Visibility) -> Iterator[Fold]:
    """What has to be folded for the features of a view, one after the other."""
    arranged, known = seen.arranged, dict[Any, Limits]()
    for shared in _by_values(folded(view.features)):
        found = _values(shared[0], seen.history)
        values = Values(
            found,
            arranged.rows,
            has_ties=arranged.has_ties,
            time=arranged.time,
            threads=seen.threads,
        )
        together = _alike(shared)
        for features in together:
            limits = _limits(features, values, arranged, known)
            given = _given(features[0].aggregation, values, arranged)
            yield Fold(features, limits, given, features is together[-1])


def answers(
    parts: Iterable[Fold], view: ViewPlan, seen: Visibility, keys: pl.DataFrame
) -> list[pl.Series]:
    """One column per feature of the view, one row per row of `keys`, in order.

    Raises:
        DataError: As `window_features`.
    """
    columns: dict[str, pl.Series] = {}
    for together in _of_same_rows(parts):
        asked = [Asked(part.given, part.features[0].mask, part.limits) for part in together]
        found = run_passes(asked, seen)
        for part in together:
            columns |= _answer(part, next(found), view, seen, keys)
    return composed(view.features, columns)


def _of_same_rows(parts: Iterable[Fold]) -> Iterator[list[Fold]]:
    """Folds of the same values together; some can share a pass."""
    together: list[Fold] = []
    for part in parts:
        together.append(part)
        if part.is_last:
            yield together
            together = []


def _by_values(features: Iterable[FeaturePlan]) -> list[list[FeaturePlan]]:
    """Features of the same values and condition together: these are computed once."""
    shared: dict[tuple[Any, ...], list[FeaturePlan]] = {}
    for feature in features:
        key = tuple(map(_key, (feature.value, feature.where, feature.other)))
        shared.setdefault(key, []).append(feature)
    return list(shared.values())


def _key(expression: Any) -> Any:
    """The same for expressions that say the same."""
    return expression.meta.serialize() if isinstance(expression, pl.Expr) else id(expression)


def _alike(features: Iterable[FeaturePlan]) -> list[list[FeaturePlan]]:
    """Features that differ in their window only, together; they share a pass."""
    shared: dict[tuple[Any, ...], list[FeaturePlan]] = {}
    for feature in features:
        earlier = feature.window if feature.window.is_earlier else None  # which end earlier, too
        key = id(feature.aggregation), str(feature.mask), earlier
        shared.setdefault(key, []).append(feature)
    return list(shared.values())


def _limits(
    features: list[FeaturePlan], values: Values, arranged: Arranged, known: dict[Any, Limits]
) -> Limits:
    """The limits of features that share a pass; the same for other folds of the same rows."""
    windows = tuple(feature.window for feature in features)
    key = windows, _key(features[0].where)
    if arranged.has_ties or key not in known:  # where rows tie, their values are asked
        known[key] = limits_of(windows, values.frame, arranged.rows, arranged.ties)
    return known[key]


def _given(
    aggregation: Aggregation, values: Values, arranged: Arranged
) -> FoldInput | MultisetInput:
    """What an aggregation folds of these values."""
    if aggregation.folds == "values":
        return multiset_input(aggregation, values, arranged.codes)
    return fold_input(aggregation, values)


def _answer(
    part: Fold,
    found: tuple[Any, Any, Any],
    view: ViewPlan,
    seen: Visibility,
    keys: pl.DataFrame,
) -> dict[str, pl.Series]:
    """The columns of features that differ in their window only."""
    features, given, arranged = part.features, part.given, seen.arranged
    out, status, into = found
    _refuse(out, status, features, view, arranged, keys)
    values: pl.Series | None = given.values
    if features[0].aggregation.returns == "row" and isinstance(given, FoldInput):
        taken = given.taken(out)
        if taken is not None:
            out, values = taken, None
    spread, filled, items = (
        None if one is None else arranged.in_order_of_data(one, keys.height, seen.threads)
        for one in (out, status, into)
    )
    columns = from_results(features, spread, filled, values=values, rows=arranged.rows, into=items)
    return {column.name: column for column in columns}


def _values(feature: FeaturePlan, history: Rows) -> pl.DataFrame:
    """The value and the condition of each history row."""
    value = pl.lit(1, pl.Int8) if feature.value is None else feature.value
    where = pl.lit(True) if feature.where is None else feature.where
    given = {"value": value, "where": where}
    if feature.other is not None:
        given["other"] = feature.other
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
        place, row = features[w].aggregation.place, int(arranged.spine[j])
        turn = (*_turn(view, features[0]), code == OVERFLOW, int(w))
        if code == OVERFLOW:
            word = features[w].aggregation.word.replace("_", " ")
            raise AnswerRefused(
                "HW407",
                f"the {word} {features[w].column!r} of {key} does not fit 64 bits",
                turn=turn,
                row=row,
                place=place,
                hint=instead_of_overflow(features[w].value_type),
            )
        moment = pl.Series([arranged.time[int(out[w, j])]]).cast(pl.Datetime("us", "UTC"))[0]
        raise AnswerRefused(
            "HW404",
            f"rows of {key} at {moment.isoformat()} tie with different values, and "
            f"{features[w].column!r} depends on their order",
            turn=turn,
            row=row,
            place=place,
            hint=f"declare sequence= in source {view.source.source.name!r}",
        )


def _turn(view: ViewPlan, first: FeaturePlan) -> tuple[int, ...]:
    """When, among the folds of a view, that comes whose first feature is this."""
    every = [group for shared in _by_values(folded(view.features)) for group in _alike(shared)]
    return tuple(turn for turn, group in enumerate(every) if group[0] is first)
