"""Featuretools: deep feature synthesis with cutoff times, one training window after the other.

Runs in an environment of its own (`bench/peers/featuretools.txt`). A training window excludes its
start and includes the cutoff, so the moments are moved by a microsecond and the values agree.
"""

from __future__ import annotations

import warnings
from typing import Any

import featuretools as ft
import pandas as pd

from bench.peers.base import main
from bench.task import WINDOWS, Task


def enrich(task: Task) -> None:
    """One call for each window; rows without events are left to it."""
    warnings.simplefilter("ignore")
    events = pd.read_parquet(task.events, columns=["entity", "event_time", "amount"])
    spine = pd.read_parquet(task.spine)
    events["number"] = range(len(events))
    entities = pd.DataFrame({"entity": sorted({*events["entity"], *spine["entity"]})})
    found = spine[["row"]].copy()
    for name, seconds in WINDOWS.items():
        answers = _within(events, entities, spine, seconds)
        for word in task.words:
            column = (
                "COUNT(events)" if word in ("rows", "count") else f"{word.upper()}(events.amount)"
            )
            values = pd.Series(answers[column].to_numpy())
            count = pd.Series(answers["COUNT(events)"].to_numpy()).fillna(0)
            # it gives 0 for the sum of nothing
            found[f"{word}_{name}"] = count if "COUNT" in column else values.where(count > 0)
    found.to_parquet(task.out, compression="snappy")


def _within(events: Any, entities: Any, spine: Any, seconds: int) -> Any:
    tables = ft.EntitySet("shop")
    tables.add_dataframe(entities, "entities", index="entity")
    tables.add_dataframe(events, "events", index="number", time_index="event_time")
    tables.add_relationship("entities", "entity", "events", "entity")
    moved = pd.Timedelta(microseconds=1)
    cutoffs = pd.DataFrame({"entity": spine["entity"], "time": spine["as_of"] - moved})
    answers, _ = ft.dfs(
        entityset=tables, target_dataframe_name="entities", cutoff_time=cutoffs,
        training_window=ft.Timedelta(seconds, "s"),
        agg_primitives=["count", "sum", "mean", "std", "last", "min", "max"],
        trans_primitives=[], max_depth=1, cutoff_time_in_index=True,
    )  # fmt: skip
    return answers.loc[list(zip(cutoffs["entity"], cutoffs["time"], strict=True))]


if __name__ == "__main__":
    main(enrich, ("featuretools", "pandas"))
