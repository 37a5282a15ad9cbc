"""pandas as a good user writes it: events and spine rows in one frame, rolling per entity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.agreement import EXACT
from bench.peers.base import main
from bench.task import WINDOWS, Task

_METHODS = {"rows": ("event", "count")}


def enrich(task: Task) -> None:
    """One concatenation and sort, then a rolling window for each length, open at its end."""
    events = pd.read_parquet(task.events, columns=["entity", "event_time", "amount"])
    spine = pd.read_parquet(task.spine).rename(columns={"as_of": "event_time"})
    both = pd.concat([events.assign(event=1), spine]).sort_values(
        ["entity", "event_time"], ignore_index=True
    )
    is_asked = both["row"].notna().to_numpy()
    found = {"row": both["row"][is_asked].astype("int64").to_numpy()}
    for window, seconds in WINDOWS.items():
        rolling = both.groupby("entity").rolling(
            pd.Timedelta(seconds=seconds), on="event_time", closed="left", min_periods=1
        )
        for word in task.words:
            column, method = _METHODS.get(word, ("amount", word))
            values = getattr(rolling[column], method)().to_numpy()[is_asked]
            found[f"{word}_{window}"] = np.nan_to_num(values) if word in EXACT else values
    pd.DataFrame(found).to_parquet(task.out)


if __name__ == "__main__":
    main(enrich, ("pandas",))
