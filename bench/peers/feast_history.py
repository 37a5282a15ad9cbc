"""Feast on its own job: the latest values of ten columns as of each row, from its file store.

Runs in an environment of its own (`bench/peers/feast.txt`). The table has a time of creation, as
Feast asks for; entities, times and values are those of `bench.others`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.types import Float64

from bench.peers.base import main
from bench.task import Task

COLUMNS = tuple(f"x{number}" for number in range(10))
_CONFIG = """\
project: bench
registry: {folder}/registry.db
provider: local
offline_store:
    type: file
online_store:
    type: sqlite
    path: {folder}/online.db
entity_key_serialization_version: 3
"""


def enrich(task: Task) -> None:
    """Apply the definitions, ask for the rows of the spine, write."""
    with tempfile.TemporaryDirectory() as folder:
        found = _store(task, Path(folder)).get_historical_features(
            entity_df=pd.read_parquet(task.spine).rename(columns={"as_of": "event_timestamp"}),
            features=[f"wide:{column}" for column in COLUMNS],
        )
        frame = found.to_df()
    rows = pd.read_parquet(task.spine, columns=["row"])  # Feast leaves rows without history out
    whole = rows.merge(frame[["row", *COLUMNS]], on="row", how="left")
    whole.to_parquet(task.out, compression="snappy", index=False)


def _store(task: Task, folder: Path) -> Any:
    (folder / "feature_store.yaml").write_text(_CONFIG.format(folder=folder), encoding="utf-8")
    store = FeatureStore(repo_path=str(folder))
    entity = Entity(name="entity", join_keys=["entity"], value_type=ValueType.INT64)
    source = FileSource(path=str(task.events), timestamp_field="event_time")
    view = FeatureView(
        name="wide", entities=[entity], source=source,
        schema=[Field(name=column, dtype=Float64) for column in COLUMNS],
    )  # fmt: skip
    store.apply([entity, view])
    return store


if __name__ == "__main__":
    main(enrich, ("feast", "pandas", "dask"))
