"""A build out of core that is killed goes on at the partition; a full disk leaves none behind."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

SMALL = 'name = "shop"\nseed = 5\nmemory = "80KB"\n'
RESULTS = 4
"""Rows, two views, artifact: each appears by one rename."""
EMPTIED = {".headwater/cache/partitions": "folder"}
"""All that is left of where views were while they were computed."""
BEFORE = 2
"""So do the name of whose partitions they are and the history in partitions."""


def partitions(folder: Path) -> list[str]:
    """What is there of views out of core."""
    found = (folder / ".headwater" / "cache" / "partitions").glob("*/*")
    return sorted(path.name for path in found if not path.name.startswith(".staging"))


@pytest.mark.parametrize("answered", [0, 2])
def test_a_killed_build_goes_on_at_the_partition(builds: Any, answered: int) -> None:
    builds.run()
    whole = builds.results()
    builds.forget()
    (builds.folder / "headwater.toml").write_text(SMALL)
    renames = builds.run().renames
    assert renames > RESULTS + 2 * (BEFORE + 3)  # three partitions of each view at least
    assert builds.results() == whole | EMPTIED
    builds.forget()
    stopped = builds.run("kill", rename=BEFORE + answered, moment="before")
    assert stopped.code == -signal.SIGKILL
    there = partitions(builds.folder)
    assert sum(name.startswith("answers-") for name in there) == answered
    again = builds.run()
    assert again.renames == renames - BEFORE - answered  # what was there is not made again
    assert builds.results() == whole | EMPTIED
    assert partitions(builds.folder) == []


def test_what_other_data_left_is_removed(builds: Any, other_orders: Any) -> None:
    (builds.folder / "headwater.toml").write_text(SMALL)
    builds.run("kill", rename=BEFORE + 1, moment="before")
    assert partitions(builds.folder) != []
    other_orders.write_parquet(builds.folder / "orders.parquet")
    assert builds.run().error is None
    assert partitions(builds.folder) == []


@pytest.mark.parametrize("limit", [0, 600, 4_000])
def test_a_disk_that_is_full_of_partitions_is_a_coded_error(builds: Any, limit: int) -> None:
    (builds.folder / "headwater.toml").write_text(SMALL)
    outcome = builds.run("full", limit=limit)
    assert outcome.error is not None
    assert outcome.error.startswith("[HW502]")
    assert partitions(builds.folder) == []
    assert not any("staging" in path or "artifacts" in path for path in builds.digests())
    assert builds.run().error is None
