"""DuckDB: join each spine row with the events of its longest window, filter for the shorter."""

from __future__ import annotations

from bench.peers.base import main
from bench.peers.duckdb_queries import before, columns, copy
from bench.task import WINDOWS, Task

FORMS = {
    "rows": "count(e.event_time) IN {w}",
    "count": "count(e.amount) IN {w}",
    "sum": "sum(e.amount) IN {w}",
    "mean": "avg(e.amount) IN {w}",
    "std": "stddev_samp(e.amount) IN {w}",
    "last": "arg_max(e.amount, e.event_time) IN {w}",
    "min": "min(e.amount) IN {w}",
    "max": "max(e.amount) IN {w}",
}


def enrich(task: Task) -> None:
    """One join and one grouping."""
    copy(task, query(task.words))


def query(words: tuple[str, ...]) -> str:
    """The whole of it."""
    made = columns(words, FORMS)
    for window in WINDOWS:
        inside = f"FILTER (e.event_time >= {before(window, 's.as_of')})"
        made = made.replace(f"IN {window}", inside)
    return f"""
        SELECT s.row, {made}
        FROM spine s LEFT JOIN events e
          ON e.entity = s.entity
         AND e.event_time < s.as_of
         AND e.event_time >= {before(list(WINDOWS)[-1], "s.as_of")}
        GROUP BY s.row"""


if __name__ == "__main__":
    main(enrich, ("duckdb",))
