"""Who takes part, with what, and how far its floats may lie from Headwater's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

MOMENTS = ("rows", "count", "sum", "mean", "std", "last")
EVERY = (*MOMENTS, "min", "max")
DIRECT = 1e-9
ONLINE = 1e-6
"""A rolling sum to which values are added and from which they are subtracted."""
LONG_ONLINE = 1e-4
"""The same over ten times as many rows: what was added and subtracted leaves more behind."""
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
        most: How often it is run at most; a peer that takes minutes is run once.
        judge: Whose values it has to equal.
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
    most: int = 1_000
    judge: str = "headwater"


HEADWATER = "headwater"
SAME = "same_features"


def _on_running_sums(name: str, title: str) -> Contestant:
    return Contestant(name, title, name, MOMENTS, DIFFERENCES, rival=SAME)


def _condition(name: str, title: str, **given: Any) -> Contestant:
    return Contestant(
        name, f"Headwater, {title}", "headwater_enrich", is_peer=False, rival=name, **given
    )


_OURS = Contestant(HEADWATER, "Headwater", "headwater_enrich")
_SAME = Contestant(
    SAME, "Headwater, what running sums express", "headwater_enrich", MOMENTS, rival=SAME
)
_PREFIX = _on_running_sums("duckdb_prefix", "DuckDB, running sums and one as-of join (expert)")
_WINDOWS = Contestant("duckdb_windows", "DuckDB, range windows", "duckdb_windows")
_PANDAS = Contestant(
    "pandas_rolling", "pandas, rolling per entity", "pandas_rolling", tolerance=ONLINE
)
_CONDITIONS = (
    _condition("one_thread", "one thread", threads=1),
    _condition("row_clock", "a clock of each row", clock="known_time"),
    _condition("one_entity", "one thread, one entity with all events", threads=1, folder="one"),
)
CONTESTANTS = (
    _OURS,
    Contestant("duckdb_join", "DuckDB, range join", "duckdb_join"),
    _WINDOWS,
    _PANDAS,
    _SAME,
    _PREFIX,
    _on_running_sums("polars_prefix", "Polars, running sums and as-of joins (expert)"),
    _on_running_sums("numpy_prefix", "NumPy, one sorted key and running sums (expert)"),
    _condition("cold", "nothing compiled before", is_cold=True, most=1),
    *_CONDITIONS,
)
"""Who takes part at a million events."""
LATEST = "latest"
LARGE = (
    _OURS,
    Contestant("floor", "read, sort and write alone (Polars)", "floor"),
    replace(_WINDOWS, most=1),
    replace(_PANDAS, most=1, tolerance=LONG_ONLINE),
    _SAME,
    _PREFIX,
    Contestant(
        LATEST, "Headwater, the latest value of all history", "headwater_latest", ("last",),
        rival=LATEST, judge=LATEST,
    ),
    Contestant(
        "duckdb_asof", "DuckDB, as-of join", "duckdb_asof", ("last",), rival=LATEST, judge=LATEST
    ),
    *_CONDITIONS,
)  # fmt: skip
"""Who takes part at ten million."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a run is held against.

    Args:
        words: As the table says it.
        left: The contestant above the line of the ratio.
        right: The one below.
        bound: What the ratio has to reach, or must not pass.
        is_least: Whether it has to be reached.
        of: What is compared: "process" and "again", or "kernel".
    """

    words: str
    left: str
    right: str
    bound: float
    is_least: bool = True
    of: tuple[str, ...] = ("process", "again")


def _passes(words: str, left: str, right: str, bound: float, *, is_least: bool) -> Goal:
    return Goal(f"in the passes, {words}", left, right, bound, is_least, ("kernel",))


def _goals(prefix: float, windows: float, pandas: float, two: float, one: float, row: float) -> Any:
    return (
        Goal(
            f"{prefix:g} times faster than expert running sums on DuckDB",
            "duckdb_prefix",
            SAME,
            prefix,
        ),
        Goal(
            f"{windows:g} times faster than range windows on DuckDB",
            "duckdb_windows",
            HEADWATER,
            windows,
        ),
        Goal(f"{pandas:g} times faster than pandas", "pandas_rolling", HEADWATER, pandas),
        _passes(
            f"two threads {two:g} times faster than one",
            "one_thread",
            HEADWATER,
            two,
            is_least=True,
        ),
        Goal(
            f"one entity with all events costs at most {one:g} times many",
            "one_entity",
            "one_thread",
            one,
            is_least=False,
        ),
        _passes(
            f"one entity with all events costs at most {one:g} times many",
            "one_entity",
            "one_thread",
            one,
            is_least=False,
        ),
        _passes(
            f"a clock of each row at most {row:g} times event time",
            "row_clock",
            HEADWATER,
            row,
            is_least=False,
        ),
    )


GOALS = _goals(2, 15, 50, 1.7, 2, 5)
MEMORY_MB = 600
LARGE_GOALS = (
    Goal("at most 1.2 times read, sort and write alone", HEADWATER, "floor", 1.2, is_least=False),
    *_goals(3, 50, 150, 1.8, 1.5, 4),
    Goal(
        "the latest value at most 1.2 times DuckDB's as-of join",
        LATEST,
        "duckdb_asof",
        1.2,
        is_least=False,
    ),
)
LARGE_MEMORY_MB = 1_300
