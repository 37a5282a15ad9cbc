"""pandas as a good user writes it: events and spine rows in one frame, rolling per entity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.peers.base import main
from bench.task import WINDOWS, Task

_METHODS = {"count_distinct": ("merchant", "nunique")}


def enrich(task: Task) -> None:
    """One concatenation and sort, then a rolling window for each length, open at its end."""
    events = pd.read_parquet(task.events, columns=_columns(task))
    spine = pd.read_parquet(task.spine).rename(columns={"as_of": "event_time"})
    both = pd.concat([events, spine]).sort_values(["entity", "event_time"], ignore_index=True)
    is_asked = both["row"].notna().to_numpy()
    found = {"row": both["row"][is_asked].astype("int64").to_numpy()}
    for window, seconds in WINDOWS.items():
        rolling = both.groupby("entity").rolling(
            pd.Timedelta(seconds=seconds), on="event_time", closed="left", min_periods=1
        )
        for word in task.words:
            column, method = _METHODS.get(word, ("amount", word))
            values = getattr(rolling[column], method)().to_numpy()[is_asked]
            found[f"{word}_{window}"] = np.nan_to_num(values) if "count" in word else values
    pd.DataFrame(found).to_parquet(task.out)


def _columns(task: Task) -> list[str]:
    wanted = ["merchant"] if "count_distinct" in task.words else []
    return ["entity", "event_time", "amount", *wanted]


if __name__ == "__main__":
    main(enrich, ("pandas",))
