"""Timeline: how many rows there are and how many come true, bucket by bucket of time, per part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from headwater.stores.artifacts import Artifact

MOST_BUCKETS = 400
LEAST_ROWS = 8
"""How many rows a bucket should hold on average; with fewer one sees luck only."""
_BUCKETS = {
    **{"1s": 1, "10s": 10, "1m": 60, "5m": 300, "15m": 900, "1h": 3_600, "6h": 21_600},
    **{"1d": 86_400, "1w": 604_800, "1mo": 2_629_746, "3mo": 7_889_238, "1y": 31_556_952},
    **{"10y": 315_569_520, "100y": 3_155_695_200},
}
"""Lengths of a bucket with their seconds; of months and years, as they are on average."""
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAG_SHARES = (0.5, 0.95)


def timeline(artifact: Artifact) -> dict[str, Any]:
    """The rows of a training set over time, as plain values.

    Returns:
        `every`: the length of a bucket, such as "1d", the shortest of round lengths that gives at
        most 400 and fills them; `buckets`: for each that holds rows its `start` in UTC, `part`,
        `rows` and `prevalence`; `label_lag`: how long after `as_of` labels became known, in seconds
        (`0.5`, `0.95`), or None where they always were.
    """
    columns = artifact.manifest["columns"]
    frames = [
        artifact.to_polars(part).select(
            "as_of",
            pl.lit(part).alias("part"),
            pl.col(columns["label"]).cast(pl.Float64).alias("label"),
            (pl.col("label_known_time") - pl.col("as_of")).alias("lag"),
        )
        for part in artifact.parts
    ]
    rows = pl.concat(frames)
    every = _every(rows["as_of"])
    order = {part: number for number, part in enumerate(artifact.parts)}
    grouped = (
        rows.group_by(_start(every).alias("start"), "part")
        .agg(pl.len().alias("rows"), pl.col("label").mean().alias("prevalence"))
        .sort("start", pl.col("part").replace_strict(order))
    )
    buckets = [
        {**bucket, "start": bucket["start"].isoformat()} for bucket in grouped.iter_rows(named=True)
    ]
    return {"every": every, "buckets": buckets, "label_lag": _lags(rows["lag"])}


def _start(every: str) -> pl.Expr:
    """The start of a bucket; that of the very first would be a year that a date cannot have."""
    return pl.max_horizontal(pl.col("as_of").dt.truncate(every), pl.lit(_FIRST))


def _every(moments: pl.Series) -> str:
    """The shortest round length that cuts the time of these moments in few enough buckets."""
    ends = pl.Series([moments.min(), moments.max()], dtype=moments.dtype)
    most = max(1, min(MOST_BUCKETS, len(moments) // LEAST_ROWS))
    for every, seconds in _BUCKETS.items():
        first, last = ends.dt.truncate(every).dt.epoch("s")
        if (last - first) / seconds < most:
            return every
    return "100y"  # all that a moment can be lies within 3,000 of them


def _lags(lags: pl.Series) -> dict[str, float] | None:
    known = lags.drop_nulls().dt.total_microseconds()
    if known.is_empty():
        return None
    return {f"{share:g}": float(known.quantile(share) or 0.0) / 1e6 for share in _LAG_SHARES}
