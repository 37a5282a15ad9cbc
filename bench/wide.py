"""A wide table: a million rows with ten columns each, and the moments that look at it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl

_START = 1_735_689_600_000_000  # 2025-01-01 in microseconds
_YEAR = 365 * 86_400_000_000
_TIME = pl.Datetime("us", "UTC")


def write(folder: Path, *, events: int = 1_000_000, rows: int = 100_000) -> None:
    """Write `events.parquet` and `spine.parquet`; no moment is that of an event."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(20250102)
    entities = max(1, events // 50)
    times = _START + np.sort(random.choice(_YEAR // 10, events, replace=False)) * 10
    columns = {f"x{number}": random.normal(size=events) for number in range(10)}
    history = {"entity": random.integers(0, entities, events), "event_time": pl.Series(times)}
    pl.DataFrame(history | columns).cast({"event_time": _TIME}).write_parquet(
        folder / "events.parquet"
    )
    moments = _START + random.integers(0, _YEAR // 10, rows) * 10 + 5
    asked = {"entity": random.integers(0, entities, rows), "as_of": pl.Series(moments)}
    spine = pl.DataFrame({"row": np.arange(rows), **asked}).cast({"as_of": _TIME})
    spine.write_parquet(folder / "spine.parquet")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
