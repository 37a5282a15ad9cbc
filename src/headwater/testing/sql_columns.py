"""What words read of the rows that count, made of them in SQL: see `sql_words` for the names."""

from __future__ import annotations

_ALL = "(PARTITION BY j)"
_ORDER = "(PARTITION BY j ORDER BY t, s)"
_BACKWARDS = "(PARTITION BY j ORDER BY t DESC, s DESC)"
_NEWER = f"{_BACKWARDS[:-1]} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"


def with_columns(rows: str, *, is_number: bool) -> str:
    """The rows of a query with the columns that words read."""
    ordered = _select(
        rows,
        f"t - lag(t) OVER {_ORDER} AS gap",
        f"row_number() OVER {_BACKWARDS} = 1 AS is_newest",
        f"row_number() OVER {_ORDER} > 1 AND x IS DISTINCT FROM lag(x) OVER {_ORDER} AS is_change",
        f"max(t) OVER {_ALL} AS newest_t",
        f"max(t) OVER {_ALL} - min(t) OVER {_ALL} AS span",
        f"t - min(t) OVER {_ALL} AS since",
    )
    timed = _select(
        ordered,
        f"coalesce(sum(is_change::INTEGER) OVER {_NEWER}, 0) AS runs",
        f"avg(since::DOUBLE / nullif(span, 0)) OVER {_ALL} AS mean_v",
        "since::DOUBLE / nullif(span, 0) - mean_v AS v",
    )
    return _with_numbers(timed) if is_number else timed


def _with_numbers(rows: str) -> str:
    sized = _select(rows, f"{_size('x')} AS m", f"{_size('y')} AS y_m")
    scaled = _select(sized, "x::DOUBLE / m AS z", "y / y_m AS y_z")
    return _select(
        scaled,
        f"z - {_mean('z', 'isfinite(z)')} AS u",
        f"z - {_mean('z', 'isfinite(z) AND NOT is_newest')} AS b",
        f"y_z - {_mean('y_z', 'isfinite(y_z)')} AS w",
    )


def _size(column: str) -> str:
    """The largest finite size of a question's values; 1 where that is zero or there is none."""
    value = f"{column}::DOUBLE"
    largest = f"max(abs({value})) FILTER (WHERE isfinite({value})) OVER {_ALL}"
    return f"coalesce(nullif({largest}, 0), 1)"


def _mean(column: str, condition: str) -> str:
    return f"avg({column}) FILTER (WHERE {condition}) OVER {_ALL}"


def _select(rows: str, *columns: str) -> str:
    return f"SELECT *, {', '.join(columns)} FROM ({rows})"
