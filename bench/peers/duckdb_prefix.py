"""DuckDB as an expert writes it: running sums, looked up at both ends of each window.

The running sums are sorted once, and all ends are looked up in one as-of join: a join for each
window took more than twice the time. Differences of floating sums lose digits.
"""

from __future__ import annotations

from bench.peers.base import main
from bench.peers.duckdb_queries import before, columns, copy
from bench.task import WINDOWS, Task

FORMS = {
    "rows": "n_{w}",
    "count": "n_{w}",
    "sum": "CASE WHEN n_{w} > 0 THEN s_{w} END",
    "mean": "CASE WHEN n_{w} > 0 THEN s_{w} / n_{w} END",
    "std": "CASE WHEN n_{w} > 1 THEN sqrt(greatest(0, (q_{w} - s_{w} * s_{w} / n_{w})"
    " / (n_{w} - 1))) END",
    "last": "CASE WHEN n_{w} > 0 THEN newest END",
}
_SUMS = ("n", "s", "q")


def enrich(task: Task) -> None:
    """One running sum, one as-of join, one grouping."""
    copy(task, query(task.words))


def query(words: tuple[str, ...]) -> str:
    """The whole of it; `edge` is the window whose start is looked up, 'now' for their end."""
    edges = " UNION ALL ".join(
        f"SELECT row, entity, {before(edge) if edge in WINDOWS else 'as_of'} AS moment, "
        f"'{edge}' AS edge FROM spine"
        for edge in ("now", *WINDOWS)
    )
    at_edges = ", ".join(
        f"coalesce(max({name}) FILTER (edge = '{edge}'), 0) AS {name}_at_{edge}"
        for edge in ("now", *WINDOWS)
        for name in _SUMS
    )
    within = ", ".join(
        f"{name}_at_now - {name}_at_{window} AS {name}_{window}"
        for window in WINDOWS
        for name in _SUMS
    )
    return f"""
        WITH running AS (
            SELECT entity, event_time, amount, count(*) OVER past AS n, sum(amount) OVER past AS s,
                   sum(amount * amount) OVER past AS q
            FROM events
            WINDOW past AS (PARTITION BY entity ORDER BY event_time ROWS UNBOUNDED PRECEDING)),
        found AS (
            SELECT edges.row, edge, n, s, q, amount
            FROM ({edges}) AS edges ASOF LEFT JOIN running
              ON running.entity = edges.entity AND running.event_time < edges.moment),
        pivoted AS (
            SELECT row, {at_edges}, max(amount) FILTER (edge = 'now') AS newest
            FROM found GROUP BY row),
        within AS (SELECT row, newest, {within} FROM pivoted)
        SELECT row, {columns(words, FORMS)} FROM within"""


if __name__ == "__main__":
    main(enrich, ("duckdb",))
