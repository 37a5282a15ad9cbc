"""DuckDB: join each spine row with the events of its longest window, filter for the shorter."""

from __future__ import annotations

from bench.peers.base import main
from bench.peers.duckdb_queries import before, columns, copy
from bench.task import WINDOWS, Task

FORMS = {
    "count": "count(e.amount) {f}",
    "sum": "sum(e.amount) {f}",
    "mean": "avg(e.amount) {f}",
    "std": "stddev_samp(e.amount) {f}",
    "last": "arg_max(e.amount, e.event_time) {f}",
    "min": "min(e.amount) {f}",
    "max": "max(e.amount) {f}",
    "count_distinct": "count(DISTINCT e.merchant) {f}",
}


def enrich(task: Task) -> None:
    """One join and one grouping."""
    copy(task, query(task.words))


def query(words: tuple[str, ...]) -> str:
    """The whole of it."""
    made = columns(words, {word: form.replace("{f}", "FILTER (in_{w})") for word, form in FORMS.items()})
    for window in WINDOWS:
        made = made.replace(f"(in_{window})", f"(e.event_time >= {before(window, 's.as_of')})")
    return f"""
        SELECT s.row, {made}
        FROM spine s LEFT JOIN events e
          ON e.entity = s.entity
         AND e.event_time < s.as_of
         AND e.event_time >= {before(list(WINDOWS)[-1], "s.as_of")}
        GROUP BY s.row"""


if __name__ == "__main__":
    main(enrich, ("duckdb",))
