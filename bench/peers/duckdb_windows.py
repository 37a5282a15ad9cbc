"""DuckDB: range windows over events and spine rows in one table."""

from __future__ import annotations

from bench.peers.base import main
from bench.peers.duckdb_queries import columns, copy
from bench.task import WINDOWS, Task

FORMS = {
    "rows": "count(event) OVER in_{w}",
    "count": "count(amount) OVER in_{w}",
    "sum": "sum(amount) OVER in_{w}",
    "mean": "avg(amount) OVER in_{w}",
    "std": "stddev_samp(amount) OVER in_{w}",
    "last": "last_value(amount IGNORE NULLS) OVER in_{w}",
    "min": "min(amount) OVER in_{w}",
    "max": "max(amount) OVER in_{w}",
}


def enrich(task: Task) -> None:
    """One union and one window for each length."""
    copy(task, query(task.words))


def query(words: tuple[str, ...]) -> str:
    """The whole of it; a time is a whole number of microseconds, so one less is before."""
    windows = ", ".join(
        f"in_{window} AS (PARTITION BY entity ORDER BY moment RANGE BETWEEN "
        f"INTERVAL {seconds} SECOND PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING)"
        for window, seconds in WINDOWS.items()
    )
    return f"""
        SELECT * EXCLUDE (entity, moment, amount, event) FROM (
            SELECT *, {columns(words, FORMS)} FROM (
                SELECT entity, event_time AS moment, amount, 1 AS event, NULL::BIGINT AS row
                FROM events
                UNION ALL SELECT entity, as_of, NULL, NULL, row FROM spine)
            WINDOW {windows})
        WHERE row IS NOT NULL"""


if __name__ == "__main__":
    main(enrich, ("duckdb",))
