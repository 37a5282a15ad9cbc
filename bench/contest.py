"""Who takes part, with what, and how far its floats may lie from Headwater's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MOMENTS = ("rows", "count", "sum", "mean", "std", "last")
EVERY = (*MOMENTS, "min", "max")
DIRECT = 1e-9
ONLINE = 1e-6
"""A rolling sum to which values are added and from which they are subtracted."""
DIFFERENCES = 1e-2
"""Running sums of floats lose digits when subtracted, most for the spread of few values."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A peer, or Headwater under a condition.

    Args:
        name: How it is chosen on the command line.
        title: How the table calls it.
        module: Its file in `bench/peers`.
        words: The aggregations that it can express.
        tolerance: For floats, relative where they are at least one.
        is_peer: Whether it belongs in the table of peers.
        rival: The Headwater that computes the same features.
        threads: How many it gets.
        clock: The column that says when an event was known.
        folder: Which workload: `many` entities or `one`.
        is_cold: Whether it starts without compiled modules.
    """

    name: str
    title: str
    module: str
    words: tuple[str, ...] = EVERY
    tolerance: float = DIRECT
    is_peer: bool = True
    rival: str = "headwater"
    threads: int = 2
    clock: str = "event_time"
    folder: str = "many"
    is_cold: bool = False


HEADWATER = "headwater"
SAME = "same_features"


def _on_running_sums(name: str, title: str) -> Contestant:
    return Contestant(name, title, name, MOMENTS, DIFFERENCES, rival=SAME)


def _condition(name: str, title: str, **given: Any) -> Contestant:
    return Contestant(
        name, f"Headwater, {title}", "headwater_enrich", is_peer=False, rival=name, **given
    )


CONTESTANTS = (
    Contestant(HEADWATER, "Headwater", "headwater_enrich"),
    Contestant("duckdb_join", "DuckDB, range join", "duckdb_join"),
    Contestant("duckdb_windows", "DuckDB, range windows", "duckdb_windows"),
    Contestant("pandas_rolling", "pandas, rolling per entity", "pandas_rolling", tolerance=ONLINE),
    Contestant(
        SAME, "Headwater, what running sums express", "headwater_enrich", MOMENTS, rival=SAME
    ),
    _on_running_sums("duckdb_prefix", "DuckDB, running sums and one as-of join (expert)"),
    _on_running_sums("polars_prefix", "Polars, running sums and as-of joins (expert)"),
    _on_running_sums("numpy_prefix", "NumPy, one sorted key and running sums (expert)"),
    _condition("cold", "nothing compiled before", is_cold=True),
    _condition("one_thread", "one thread", threads=1),
    _condition("row_clock", "a clock of each row", clock="known_time"),
    _condition("one_entity", "one thread, one entity with all events", threads=1, folder="one"),
)
