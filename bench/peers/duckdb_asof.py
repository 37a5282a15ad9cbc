"""DuckDB: the latest amount as of each moment, by its as-of join."""

from __future__ import annotations

from bench.peers.base import main
from bench.peers.duckdb_queries import copy
from bench.task import Task

QUERY = """
    SELECT spine.row, events.amount AS last_all
    FROM spine ASOF LEFT JOIN events
      ON spine.entity = events.entity AND events.event_time < spine.as_of"""


def enrich(task: Task) -> None:
    """One as-of join."""
    copy(task, QUERY)


if __name__ == "__main__":
    main(enrich, ("duckdb",))
