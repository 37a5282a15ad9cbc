"""What the three forms in DuckDB share: the session, the two tables, the names of results."""

from __future__ import annotations

import duckdb

from bench.task import WINDOWS, Task

SETTINGS = (
    "SET threads={threads}",
    "SET memory_limit='10GB'",
    "SET preserve_insertion_order=false",
    "CREATE VIEW events AS SELECT entity, event_time, amount FROM '{events}'",
    "CREATE VIEW spine AS SELECT row, entity, as_of FROM '{spine}'",
)


def copy(task: Task, query: str) -> None:
    """Run a query over `events` and `spine` and write what it gives."""
    with duckdb.connect() as session:
        for setting in SETTINGS:
            session.execute(
                setting.format(threads=task.threads, events=task.events, spine=task.spine)
            )
        session.execute(f"COPY ({query}) TO '{task.out}' (FORMAT parquet)")


def before(window: str, moment: str = "as_of") -> str:
    """The start of a window that ends at a moment."""
    return f"{moment} - INTERVAL {WINDOWS[window]} SECOND"


def columns(words: tuple[str, ...], forms: dict[str, str]) -> str:
    """A column for each word and window, `{w}` in its form standing for the window."""
    return ", ".join(
        f"{forms[word].replace('{w}', window)} AS {word}_{window}"
        for word in words
        for window in WINDOWS
    )
