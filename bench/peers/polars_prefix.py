"""Polars as an expert writes it: running sums, an as-of join for each end of each window.

Differences of floating sums lose digits.
"""

from __future__ import annotations

import polars as pl

from bench.peers.base import main
from bench.task import WINDOWS, Task

_SUMS = ("n", "s", "q")


def enrich(task: Task) -> None:
    """One sorted frame of running sums, one join for each edge."""
    amount = pl.col("amount")
    running = (
        pl.scan_parquet(task.events)
        .select("entity", "event_time", "amount", squared=amount * amount)
        .sort("event_time")
        .with_columns(
            n=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("entity"),
            s=amount.cum_sum().over("entity"),
            q=pl.col("squared").cum_sum().over("entity"),
        )
        .drop("squared")
        .collect()
    )
    rows = pl.read_parquet(task.spine).sort("as_of")
    found = _at_edge(rows, running, "now", seconds=0, kept=(*_SUMS, "amount"))
    for window, seconds in WINDOWS.items():
        found = _at_edge(found, running, window, seconds=seconds, kept=_SUMS)
    features = [
        _form(word, window).alias(f"{word}_{window}") for word in task.words for window in WINDOWS
    ]
    found.lazy().select("row", *features).collect().write_parquet(task.out, compression="snappy")


def _at_edge(
    rows: pl.DataFrame, running: pl.DataFrame, edge: str, *, seconds: int, kept: tuple[str, ...]
) -> pl.DataFrame:
    """The running sums just before the edge; `rows` stay sorted, as a constant is subtracted."""
    moment = (pl.col("as_of") - pl.duration(seconds=seconds)).set_sorted().alias("moment")
    sums = running.select(
        "entity", "event_time", *(pl.col(name).alias(f"{name}_at_{edge}") for name in kept)
    )
    return (
        rows.with_columns(moment)
        .join_asof(
            sums,
            left_on="moment",
            right_on="event_time",
            by="entity",
            allow_exact_matches=False,
            coalesce=False,
            check_sortedness=False,
        )
        .drop("event_time")
    )


def _within(name: str, window: str) -> pl.Expr:
    return pl.col(f"{name}_at_now").fill_null(0) - pl.col(f"{name}_at_{window}").fill_null(0)


def _form(word: str, window: str) -> pl.Expr:
    n, s, q = (_within(name, window) for name in _SUMS)
    forms = {
        "rows": n,
        "count": n,
        "sum": pl.when(n > 0).then(s),
        "mean": pl.when(n > 0).then(s / n),
        "std": pl.when(n > 1).then(((q - s * s / n) / (n - 1)).clip(lower_bound=0.0).sqrt()),
        "last": pl.when(n > 0).then(pl.col("amount_at_now")),
    }
    return forms[word]


if __name__ == "__main__":
    main(enrich, ("polars",))
