"""Importance: what a score loses when one input is shuffled among the rows.

The raw input is shuffled and the row prepared anew, so that the answer speaks of what a reader
knows, not of the columns that preparation made. Inputs that tell the same story stand in for each
other, and each alone looks unimportant: so whole views are shuffled as well.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headwater.models.metrics import Floats, roc_auc
from headwater.models.resampling import bootstrap

MOST_ROWS = 10_000
RESAMPLES = 200


def importance(
    scored: Callable[[pl.DataFrame], Floats],
    rows: pl.DataFrame,
    *,
    label: NDArray[Any],
    inputs: Mapping[Hashable, Sequence[str]],
    groups: NDArray[Any] | None,
    generator: np.random.Generator,
) -> dict[str, Any]:
    """The ROC-AUC lost by shuffling each named set of columns, as plain values.

    Args:
        scored: The model, from raw rows to scores.
        rows: Raw rows that it did not learn from; at most `MOST_ROWS` of them are drawn.
        label: Zeros and ones, one a row.
        inputs: Name -> the columns that are shuffled together.
        groups: What is drawn when intervals are made; None for rows.
        generator: Decides the draw, the shuffle and the resamples.

    Returns:
        `rows` that were asked, their `roc_auc`, and `drops` by name: `drop`, `low` and `high`, the
        ends of its paired 95 % interval, None where there is none. Or `undefined`, the reason.

    Reference:
        Fisher, Rudin and Dominici, All Models are Wrong, but Many are Useful, 2019.
    """
    drawn = _drawn(len(label), generator)
    asked, truth = rows[drawn], label[drawn]
    given = None if groups is None else groups[drawn]
    shuffled = generator.permutation(len(drawn))
    own = scored(asked)
    whole = roc_auc(truth, own)
    if whole is None:
        return {"undefined": "the rows hold a single class" if len(truth) else "there are no rows"}
    seed = int(generator.integers(2**63))
    drops = {}
    for name, columns in inputs.items():
        mixed = asked[shuffled].select(columns)
        other = scored(asked.with_columns(mixed.get_columns()))
        drops[name] = _drop(truth, own, other, given, np.random.default_rng(seed))
    return {"rows": len(drawn), "roc_auc": whole, "drops": drops}


def _drawn(rows: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Row numbers in order: all of them, or as many as are enough."""
    if rows <= MOST_ROWS:
        return np.arange(rows, dtype=np.int64)
    return np.sort(generator.choice(rows, MOST_ROWS, replace=False))


def _drop(
    label: NDArray[Any],
    own: Floats,
    other: Floats,
    groups: NDArray[Any] | None,
    generator: np.random.Generator,
) -> dict[str, float | None]:
    whole, left = roc_auc(label, own), roc_auc(label, other)
    drop = 0.0 if whole is None or left is None else whole - left
    scores = {"own": own, "other": other}
    draws = bootstrap(label, scores, groups=groups, resamples=RESAMPLES, generator=generator)
    low, high = draws.difference("own", "other") or (None, None)
    return {"drop": drop, "low": low, "high": high}
