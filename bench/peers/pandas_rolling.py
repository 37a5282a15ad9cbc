"""pandas as a good user writes it: events and spine rows in one frame, rolling per entity."""

from __future__ import annotations

import pandas as pd

from bench.peers.base import main
from bench.task import WINDOWS, Task


def enrich(task: Task) -> None:
    """One concatenation and sort, then a rolling window for each length, open at its end."""
    events = pd.read_parquet(task.events, columns=["entity", "event_time", "amount"])
    spine = pd.read_parquet(task.spine).rename(columns={"as_of": "event_time"})
    both = pd.concat([events, spine]).sort_values(["entity", "event_time"], ignore_index=True)
    is_asked = both["row"].notna().to_numpy()
    found = {"row": both["row"][is_asked].astype("int64").to_numpy()}
    for window, seconds in WINDOWS.items():
        rolling = both.groupby("entity").rolling(
            pd.Timedelta(seconds=seconds), on="event_time", closed="left", min_periods=0
        )["amount"]
        for word in task.words:
            values = getattr(rolling, word)().to_numpy()[is_asked]
            found[f"{word}_{window}"] = values
    made = pd.DataFrame(found)
    for window in WINDOWS:
        # an empty window sums to 0.0 here
        if "sum" in task.words:
            made[f"sum_{window}"] = made[f"sum_{window}"].where(made[f"count_{window}"] > 0)
        if "count" in task.words:
            made[f"count_{window}"] = made[f"count_{window}"].astype("int64")
    made.to_parquet(task.out)


if __name__ == "__main__":
    main(enrich, ("pandas",))
