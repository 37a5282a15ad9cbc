"""Distributions: what each input looks like in each part, and how far it moved since training.

Every figure of a later part is taken in the bins of the training part, so that parts compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headwater.stores.artifacts import Artifact

Counts = NDArray[np.int64]

BINS = 24
_DECILES = np.linspace(0.1, 0.9, 9)
_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_TOP = 8
_MOST = 8e307  # the distance of two such numbers is still a float
_COMPARED = 50  # with more values two samples of one population seem to differ
_LEAST = 0.5  # rows that an empty bin counts as in a PSI, which takes logarithms


def distributions(artifact: Artifact) -> list[dict[str, Any]]:
    """One entry for each raw input of a training set, kept columns first, as plain values.

    Numbers have `edges` of bins that hold the middle 99 % of the training rows (the outermost take
    what lies beyond) or, where there are few, of one bin for each of `values`, which is else None.
    Categories have the most common `values` of the training part, one bin for each and then, where
    there are more, one for all others.

    Each part has `rows`, `nulls`, `counts` in those bins, `quantiles` for numbers (by share, of
    finite values) or `unseen` for categories (rows with a value that training never had), and
    except for training `psi` (population stability index) and `moved` (total variation: the share
    of rows that would have to change their bin).
    """
    columns = artifact.manifest["columns"]
    frames = {part: artifact.to_polars(part) for part in artifact.parts}
    return [
        distribution(name, {part: frame[name] for part, frame in frames.items()})
        for name in (*columns["kept"], *columns["features"])
    ]


def distribution(name: str, parts: Mapping[str, pl.Series]) -> dict[str, Any]:
    """The entry of one input; the first part is what the others are compared with."""
    if next(iter(parts.values())).dtype == pl.Duration:
        seconds = {part: values.dt.total_microseconds() / 1e6 for part, values in parts.items()}
        return {"name": name, "kind": "number", **_numbers(_as_numbers(seconds))}
    if next(iter(parts.values())).dtype.is_numeric():
        return {"name": name, "kind": "number", **_numbers(_as_numbers(parts))}
    words = {part: values.cast(pl.String) for part, values in parts.items()}
    return {"name": name, "kind": "category", **_categories(words)}


def _as_numbers(parts: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """Floats; NaN and infinities have no place on an axis and become null."""
    whole = {part: values.cast(pl.Float64) for part, values in parts.items()}
    return {
        part: values.set(~values.is_finite().fill_null(True), None).clip(-_MOST, _MOST)
        for part, values in whole.items()
    }


def _numbers(parts: Mapping[str, pl.Series]) -> dict[str, Any]:
    finite = {part: values.drop_nulls().to_numpy() for part, values in parts.items()}
    train = next(iter(finite.values()))
    edges, deciles = _edges(train), np.unique(np.quantile(train, _DECILES) if len(train) else [])
    first = np.empty(0, dtype=np.int64)
    found: dict[str, dict[str, Any]] = {}
    for part, values in finite.items():
        nulls = len(parts[part]) - len(values)
        rough = np.append(_binned(values, deciles), nulls)
        first = first if found else rough
        found[part] = {
            "rows": len(parts[part]),
            "nulls": nulls,
            "counts": _binned(values, edges[1:-1]).tolist(),
            "quantiles": _quantiles(values),
            **_moves(first, rough, is_first=not found),
        }
    single = np.unique(train)
    few = single.tolist() if 0 < len(single) <= BINS else None
    return {"edges": edges.tolist(), "values": few, "parts": found}


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ends of bins: around each value where there are few, else of equal width."""
    if not len(values):
        return np.array([0.0, 1.0])
    single = np.unique(values)
    if len(single) <= BINS:
        between = [(low + high) / 2 for low, high in pairwise(single)]
        ends = _ends(single)
        return np.array([ends[0], *between, ends[1]])
    low, high = np.quantile(values, [0.005, 0.995])
    if low == high:
        low, high = single[0], single[-1]
    return np.linspace(low, high, BINS + 1)


def _ends(single: NDArray[np.float64]) -> tuple[float, float]:
    """As far outside of the outermost values as the nearest bin's end lies inside."""
    if len(single) == 1:
        half = max(0.5, abs(float(single[0])) / 1e6)
        return float(single[0]) - half, float(single[0]) + half
    first, last = (single[1] - single[0]) / 2, (single[-1] - single[-2]) / 2
    return float(single[0] - first), float(single[-1] + last)


def _binned(values: NDArray[np.float64], inner: NDArray[np.float64]) -> Counts:
    """Rows in the bins between inner edges; a value on an edge is in the bin above it."""
    place = np.searchsorted(inner, values, side="right")
    return np.bincount(place, minlength=len(inner) + 1)


def _quantiles(values: NDArray[np.float64]) -> dict[str, float]:
    if not len(values):
        return {}
    asked = np.quantile(values, [0, *_QUANTILES, 1])
    names = ("least", *(f"{share:g}" for share in _QUANTILES), "most")
    return {name: float(value) for name, value in zip(names, asked, strict=True)}


def _categories(words: Mapping[str, pl.Series]) -> dict[str, Any]:
    tables = {part: _tallied(values) for part, values in words.items()}
    train = next(iter(tables.values()))
    common = sorted(train, key=lambda value: (-train[value], value))
    others = any(len(set(table) - set(common[:_TOP])) for table in tables.values())
    bins = len(common[:_TOP]) + others
    compared = common[:_COMPARED]
    first = np.empty(0, dtype=np.int64)
    found: dict[str, dict[str, Any]] = {}
    for part, table in tables.items():
        nulls = int(words[part].null_count())
        full = np.append(_in_order(table, compared), nulls)
        first = first if found else full
        found[part] = {
            "rows": len(words[part]),
            "nulls": nulls,
            "counts": _in_order(table, common[:_TOP])[:bins].tolist(),
            "unseen": int(_in_order(table, common)[-1]),
            **_moves(first, full, is_first=not found),
        }
    return {"values": common[:_TOP], "distinct": len(common), "parts": found}


def _tallied(words: pl.Series) -> dict[str, int]:
    table = words.drop_nulls().value_counts()
    return dict(zip(*table.get_columns(), strict=True))


def _in_order(table: Mapping[str, int], values: Sequence[str]) -> Counts:
    """Rows of each of these values, and last of all others."""
    counts = [table.get(value, 0) for value in values]
    return np.array([*counts, sum(table.values()) - sum(counts)], dtype=np.int64)


def _moves(first: Counts, other: Counts, *, is_first: bool) -> dict[str, float | None]:
    if is_first:
        return {}
    if not (first.sum() and other.sum()):
        return {"psi": None, "moved": None}
    held = first + other > 0
    before, after = (_shares(counts[held], least=_LEAST) for counts in (first, other))
    psi = float(np.sum((after - before) * np.log(after / before)))
    before, after = _shares(first), _shares(other)
    return {"psi": psi, "moved": float(np.abs(before - after).sum() / 2)}


def _shares(counts: Counts, *, least: float = 0.0) -> NDArray[np.float64]:
    raised = np.maximum(counts.astype(np.float64), least)
    shares: NDArray[np.float64] = raised / raised.sum()
    return shares
