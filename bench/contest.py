"""Who takes part, with what, and how far its floats may lie from Headwater's."""

from __future__ import annotations

from dataclasses import dataclass

MOMENTS = ("count", "sum", "mean", "std", "last")
EVERY = (*MOMENTS, "min", "max", "count_distinct")
DIRECT = 1e-9
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
    threads: int = 2
    clock: str = "event_time"
    folder: str = "many"
    is_cold: bool = False


HEADWATER = "headwater"
CONTESTANTS = (
    Contestant(HEADWATER, "Headwater", "headwater_enrich"),
    Contestant("duckdb_prefix", "DuckDB, running sums and one as-of join (expert)",
               "duckdb_prefix", MOMENTS, DIFFERENCES),
    Contestant("duckdb_join", "DuckDB, range join", "duckdb_join"),
    Contestant("duckdb_windows", "DuckDB, range windows", "duckdb_windows"),
    Contestant("polars_prefix", "Polars, running sums and as-of joins (expert)",
               "polars_prefix", MOMENTS, DIFFERENCES),
    Contestant("numpy_prefix", "NumPy, one sorted key and running sums (expert)",
               "numpy_prefix", MOMENTS, DIFFERENCES),
    Contestant("pandas_rolling", "pandas, rolling per entity",
               "pandas_rolling", (*MOMENTS, "min", "max"), 1e-6),
    Contestant("cold", "Headwater, nothing compiled before", "headwater_enrich",
               is_peer=False, is_cold=True),
    Contestant("one_thread", "Headwater, one thread", "headwater_enrich", is_peer=False, threads=1),
    Contestant("row_clock", "Headwater, a clock of each row", "headwater_enrich",
               is_peer=False, clock="known_time"),
    Contestant("one_entity", "Headwater, one thread, one entity with all events",
               "headwater_enrich", is_peer=False, threads=1, folder="one"),
)  # fmt: skip
